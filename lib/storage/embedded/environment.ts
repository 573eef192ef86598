/**
 * One LMDB environment on disk, and the single way to change it.
 *
 * LMDB is a memory-mapped B-tree with one writer at a time across all processes and readers that
 * never wait. A transaction is on disk or it never was, whenever the process or the power ends.
 *
 * @module
 */
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { loadPackage } from '../../load-package.js';
import { type AtOnce, whenThere } from '../at-once.js';
import { StorageUnavailableError } from '../storage.js';
import { claimDirectory, type Release } from './directory-claim.js';
import { makePrivateDirectory, notWritable } from './file-system.js';

const FILE = 'data.mdb';
const FILE_MODE = 0o600;

/** Write transactions between two looks for readers that died, which keep pages from being reused. */
const WRITES_PER_READER_CHECK = 1000;

// Loaded by `require` below, so its types for `require`: those for `import` do not compile.
type Lmdb = typeof import('lmdb', { with: { 'resolution-mode': 'require' }});
type Database = import('lmdb', { with: { 'resolution-mode': 'require' }}).Database<Buffer, Buffer>;

/** A table from bytes to bytes. */
export type Table = Pick<
  Database,
  'getBinary' | 'getRange' | 'getKeys' | 'putSync' | 'removeSync' | 'resetReadTxn'
>;

/** An open environment with its two tables. */
export interface Environment {
  /** Record key → expiry and value. */
  records: Table;
  /** Expiry and record key → nothing: the records in the order in which they end. */
  expiries: Table;
  /** Runs `change` alone among all processes, and resolves once its outcome is on disk. */
  write<T>(change: () => T): Promise<T>;
  /** Whether the file is still where it was opened. */
  isThere(): boolean;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Open in this process, by the file's own number, each with so many users. */
const opened = new Map<string, { environment: Environment; users: number }>();

/**
 * Opens the environment in `directory`, made if need be. Several processes of one container may. Within one it
 * is opened once for all who ask: opening takes the writer's lock, and blocks this thread until it is free. If
 * it were the same thread that the holder of the lock waits for, that would be for ever.
 *
 * @throws StorageUnavailableError when lmdb cannot be loaded or the directory cannot be used
 * @returns rejects with StorageUnavailableError while another container uses it
 */
export function openEnvironment(directory: string): AtOnce<Environment> {
  const file = join(directory, FILE);
  const lmdb = loadLmdb();
  makePrivateDirectory(directory);
  const known = opened.get(identityOf(file) ?? '');
  if (known !== undefined) return share(known, file);
  return whenThere(claimDirectory(directory), (release) => {
    // Opened while the claim was waited for.
    const meanwhile = opened.get(identityOf(file) ?? '');
    if (meanwhile !== undefined) release();
    return share(meanwhile ?? { environment: openAnew(lmdb, directory, release), users: 0 }, file);
  });
}

function share(shared: { environment: Environment; users: number }, file: string): Environment {
  const identity = identityOf(file) ?? file;
  shared.users += 1;
  opened.set(identity, shared);
  let isClosed = false;
  return {
    ...shared.environment,
    isThere: () => identityOf(file) === identity,
    async close() {
      if (isClosed) return;
      isClosed = true;
      shared.users -= 1;
      // While it still writes it can be had again, see above; after that closing waits for nothing.
      await shared.environment.settled();
      if (shared.users > 0 || opened.get(identity) !== shared) return;
      opened.delete(identity);
      await shared.environment.close();
    },
  };
}

/** Not the path: several may lead here, and a file that was deleted meanwhile is another one. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // Not there yet, or not to be had: opening it says which.
    return undefined;
  }
}

function openAnew(lmdb: Lmdb, directory: string, release: Release): Environment {
  const file = join(directory, FILE);
  try {
    return openFile(lmdb, file, release);
  } catch (error) {
    release();
    throw notWritable(directory, error);
  }
}

function loadLmdb(): Lmdb {
  try {
    // Loaded here and not at the top: who uses Redis does without it, and it has native code.
    return loadPackage('lmdb') as Lmdb;
  } catch (cause) {
    throw new StorageUnavailableError(
      'embeddedStorage() needs the package "lmdb", an optional dependency that did not load. ' +
        'Install it with "npm install lmdb" (npm leaves it out under --omit=optional and on ' +
        'platforms without a build), or use redisStorage().',
      { cause },
    );
  }
}

function openFile(lmdb: Lmdb, path: string, release: Release): Environment {
  const options = {
    path,
    permissionsMode: FILE_MODE,
    maxDbs: 2,
    // A commit is flushed before it counts, so that what a client was told survives a power cut.
    overlappingSync: false,
    // Its batches are promises of lmdb's own: when a commit fails, their rejection would end the process.
    eventTurnBatching: false,
  };
  const root = lmdb.open<Buffer, Buffer>(options);
  const table = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const records = root.openDB<Buffer, Buffer>('records', table);
  const expiries = root.openDB<Buffer, Buffer>('expiries', table);
  // The mode above is for new files only.
  for (const file of [path, `${path}-lock`]) chmodSync(file, FILE_MODE);
  let writes = 0;
  return {
    records,
    expiries,
    write(change) {
      writes += 1;
      if (writes % WRITES_PER_READER_CHECK === 0) root.readerCheck();
      return root.transaction(change).catch(failedCommit);
    },
    isThere: () => true,
    // Whether it failed is told to those who wrote.
    settled: async () => void (await Promise.resolve(root.flushed).catch(() => undefined)),
    async close() {
      await root.close();
      release();
    },
  };
}

/** lmdb rejects a promise beside the error, with what the system said; unhandled, it would end the process. */
async function failedCommit(error: unknown): Promise<never> {
  const said = (error as { commitError?: Promise<never> } | null)?.commitError;
  if (said === undefined) throw error;
  const reason = said.catch((cause: unknown) => cause);
  // It is rejected in the same turn, if at all.
  throw await Promise.race([reason, new Promise((resolve) => setImmediate(resolve, error))]);
}
