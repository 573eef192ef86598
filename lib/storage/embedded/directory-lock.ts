/**
 * Restricts a store to the processes of one PID namespace: one machine or one container.
 *
 * LMDB identifies processes by their ids, which repeat in every container: a second process with
 * the same id blocks for seconds and fails. So each process listens on a socket in the directory, named after
 * its namespace. Processes of other namespaces can connect to it, and the kernel closes it with the process.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import { StorageUnavailableError } from '../storage.js';

export type ReleaseLock = () => void;

/** A process of another container has the directory locked. */
export class DirectoryInUseError extends StorageUnavailableError {}

const SUFFIX = '.sock';

/**
 * Locks an existing directory for the namespace of this process.
 *
 * @returns synchronously, unless sockets of other namespaces have to be tried; rejects with
 *   {@link DirectoryInUseError} while a process of another namespace uses the directory
 */
export function lockDirectory(directory: string): ReleaseLock | Promise<ReleaseLock> {
  const namespace = pidNamespace();
  if (namespace === undefined) return () => undefined;
  if (socketsOfOthers(directory, namespace).length === 0) return listenIn(directory, namespace);
  return livingSockets(directory, socketsOfOthers(directory, namespace)).then((others) => {
    if (others.length > 0) throw inUse(directory);
    return listenIn(directory, namespace);
  });
}

/** The number of the PID namespace, unique among existing ones. Only Linux has them. */
function pidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}

function socketsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.endsWith(SUFFIX));
}

function socketsOfOthers(directory: string, namespace: string): string[] {
  return socketsIn(directory).filter((name) => !name.startsWith(`${namespace}-`));
}

/** The sockets whose process is alive; deletes the others. */
async function livingSockets(directory: string, names: readonly string[]): Promise<string[]> {
  const living: string[] = [];
  for (const name of names) {
    if (await isAlive(directory, name)) living.push(name);
    else rmSync(join(directory, name), { force: true });
  }
  return living;
}

function isAlive(directory: string, name: string): Promise<boolean> {
  const { path, close } = shortPath(directory, name);
  return new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
    socket.once('close', close);
    socket.on('connect', () => socket.destroy());
  });
}

function listenIn(directory: string, namespace: string): ReleaseLock | Promise<ReleaseLock> {
  const name = `${namespace}-${randomBytes(6).toString('hex')}${SUFFIX}`;
  const unfinished = `${name}.new`;
  const { path, close } = shortPath(directory, unfinished);
  const server = createServer((socket) => socket.destroy());
  // A file system without sockets: other namespaces cannot be detected.
  server.on('error', () => undefined).unref();
  // It listens synchronously; `exclusive` creates the socket in this cluster worker, not in the primary.
  server.listen({ path, exclusive: true });
  close();
  const release = (): void => {
    rmSync(join(directory, name), { force: true });
    server.close();
  };
  try {
    chmodSync(join(directory, unfinished), 0o600);
    // Under its final name it is ready for connections.
    renameSync(join(directory, unfinished), join(directory, name));
  } catch {
    return release;
  }
  if (socketsOfOthers(directory, namespace).length === 0) {
    // Deletes sockets of killed processes of this namespace.
    livingSockets(directory, socketsIn(directory)).catch(() => undefined);
    return release;
  }
  // Two namespaces at the same moment: both withdraw.
  release();
  return Promise.reject(inUse(directory));
}

/** A path shorter than the limit of a socket address, about 100 bytes, for a directory of any depth. */
function shortPath(directory: string, name: string): { path: string; close: () => void } {
  const handle = openSync(directory, 'r');
  return { path: `/proc/self/fd/${handle}/${name}`, close: () => closeSync(handle) };
}

function inUse(directory: string): DirectoryInUseError {
  return new DirectoryInUseError(
    `the store in ${directory} is in use by a process of another container (PID namespace). An ` +
      'embedded store belongs to one container at a time: this process takes over without a restart ' +
      'when the other has ended. To run several containers use redisStorage().',
  );
}
