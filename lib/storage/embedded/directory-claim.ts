/**
 * Keeps a store to the processes of one PID namespace: one machine or one container.
 *
 * LMDB tells its processes apart by their process ids, which repeat in every container; the second one with
 * the same id blocks for seconds and fails. So each process listens on a socket in the directory, named after
 * its namespace. It accepts connections from every namespace, and the kernel closes it with the process.
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

import type { AtOnce } from '../at-once.js';
import { StorageUnavailableError } from '../storage.js';

/** Ends the claim. */
export type Release = () => void;

const SUFFIX = '.sock';

/**
 * Claims a directory that exists for the namespace of this process. At once, unless sockets of other
 * namespaces have to be tried.
 *
 * @returns rejects with StorageUnavailableError while a process of another namespace uses the directory
 */
export function claimDirectory(directory: string): AtOnce<Release> {
  const namespace = pidNamespace();
  if (namespace === undefined) return () => undefined;
  if (socketsOfOthers(directory, namespace).length === 0) return listenIn(directory, namespace);
  return living(directory, socketsOfOthers(directory, namespace)).then((others) => {
    if (others.length > 0) throw inUse(directory);
    return listenIn(directory, namespace);
  });
}

/** The number of the namespace, which no other living one has. Only Linux has them. */
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

/** Those whose process lives; the others are removed. */
async function living(directory: string, names: readonly string[]): Promise<string[]> {
  const alive: string[] = [];
  for (const name of names) {
    if (await isAlive(directory, name)) alive.push(name);
    else rmSync(join(directory, name), { force: true });
  }
  return alive;
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

function listenIn(directory: string, namespace: string): AtOnce<Release> {
  const name = `${namespace}-${randomBytes(6).toString('hex')}${SUFFIX}`;
  const unfinished = `${name}.new`;
  const { path, close } = shortPath(directory, unfinished);
  const server = createServer((socket) => socket.destroy());
  // A file system without sockets: then nothing is known of other namespaces.
  server.on('error', () => undefined).unref();
  // Listens when it returns; `exclusive` keeps the socket in this worker of a cluster.
  server.listen({ path, exclusive: true });
  close();
  const release = (): void => {
    rmSync(join(directory, name), { force: true });
    server.close();
  };
  try {
    chmodSync(join(directory, unfinished), 0o600);
    // Under its final name it can be connected to.
    renameSync(join(directory, unfinished), join(directory, name));
  } catch {
    return release;
  }
  if (socketsOfOthers(directory, namespace).length === 0) {
    // Those that processes of this namespace left behind when they were killed.
    living(directory, socketsIn(directory)).catch(() => undefined);
    return release;
  }
  // Two namespaces at the same moment: both step back.
  release();
  return Promise.reject(inUse(directory));
}

/** A path below the limit of a socket's address, some 100 bytes, however deep the directory is. */
function shortPath(directory: string, name: string): { path: string; close: () => void } {
  const handle = openSync(directory, 'r');
  return { path: `/proc/self/fd/${handle}/${name}`, close: () => closeSync(handle) };
}

function inUse(directory: string): StorageUnavailableError {
  return new StorageUnavailableError(
    `the store in ${directory} is in use by a process of another container (PID namespace). An ` +
      'embedded store belongs to one container at a time: this process takes over by itself when the ' +
      'other has ended. To run several containers use redisStorage().',
  );
}
