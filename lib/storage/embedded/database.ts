/**
 * The database of an embedded store: records with an expiry in LMDB.
 *
 * LMDB is a memory-mapped B-tree with one writer at a time across all processes and readers that
 * never wait. A transaction is on disk completely or not at all, also after a crash or a power failure.
 * LMDB has no expiry: each record begins with its expiry, and a second table lists the records by it. Every
 * write deletes a few expired ones, so that no timer is needed and the file does not grow.
 */
import { hash } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { processWide } from '../../process-wide.js';
import { StorageUnavailableError } from '../storage.js';
import { makePrivateDirectory, notWritable } from './directory.js';
import { lockDirectory, type ReleaseLock } from './directory-lock.js';

const FILE = 'data.mdb';
const FILE_MODE = 0o600;

/** Write transactions between two checks for dead readers, which prevent pages from being reused. */
const WRITES_PER_READER_CHECK = 1000;

type Lmdb = typeof import('lmdb');
type LmdbTable = import('lmdb').Database<Buffer, Buffer>;

/** A table from bytes to bytes. */
type Table = Pick<
  LmdbTable,
  'getBinary' | 'getRange' | 'getKeys' | 'putSync' | 'removeSync' | 'resetReadTxn'
>;

/** An open LMDB environment with its two tables. */
interface Database {
  /** Record key → expiry and value. */
  records: Table;
  /** Expiry and record key → nothing: the records in the order in which they expire. */
  expiries: Table;
  /** Runs `change` exclusively among all processes, and resolves once its result is on disk. */
  write<T>(change: () => T): Promise<T>;
  close(): Promise<void>;
}

/** A database as one store of this process uses it. */
export interface SharedDatabase extends Database {
  /** Whether the opened file is still at its path. */
  isInPlace(): boolean;
}

/** An open file, and the number of stores of this process that use it. */
interface OpenFile {
  readonly database: Database & {
    /** Resolves when no write is in flight. */
    settled(): Promise<void>;
  };
  users: number;
}

/** Open in this process, by device and inode. */
const openFiles = processWide('open files', () => new Map<string, OpenFile>());

/**
 * Opens the database in `directory` and creates both if necessary. Several processes of one container may have
 * it open. One process opens it once: opening blocks the thread until the writer's lock is free, which would
 * be a deadlock if the writer waited for the same thread.
 *
 * @throws StorageUnavailableError lmdb cannot be loaded, the directory cannot be used, or
 *   {@link DirectoryInUseError} another container uses it
 */
export async function openDatabase(directory: string): Promise<SharedDatabase> {
  const file = join(directory, FILE);
  const lmdb = await loadLmdb();
  makePrivateDirectory(directory);
  const known = openFiles.get(identityOf(file) ?? '');
  if (known !== undefined) return share(known, file);
  const release = await lockDirectory(directory);
  // Another store of this process may have opened it while this one waited.
  const meanwhile = openFiles.get(identityOf(file) ?? '');
  if (meanwhile !== undefined) release();
  return share(meanwhile ?? { database: openFile(lmdb, directory, release), users: 0 }, file);
}

function share(open: OpenFile, file: string): SharedDatabase {
  const identity = identityOf(file) ?? file;
  open.users += 1;
  openFiles.set(identity, open);
  let isClosed = false;
  return {
    ...open.database,
    isInPlace: () => identityOf(file) === identity,
    async close() {
      if (isClosed) return;
      isClosed = true;
      open.users -= 1;
      // Shared until its writes are done: opening it anew would wait for their lock, see above.
      await open.database.settled();
      if (open.users > 0 || openFiles.get(identity) !== open) return;
      openFiles.delete(identity);
      await open.database.close();
    },
  };
}

/** Not the path: several paths may lead to one file, and a file deleted and created again is another. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // Absent or not accessible: opening it reports which.
    return undefined;
  }
}

/** Loaded when a store is opened: apps with Redis do not need it, and it is native code. */
async function loadLmdb(): Promise<Lmdb> {
  try {
    return await import('lmdb');
  } catch (cause) {
    throw new StorageUnavailableError(
      'embeddedStorage() needs the package "lmdb", an optional dependency that did not load. ' +
        'Install it with "npm install lmdb" (npm omits it with --omit=optional and on ' +
        'platforms without a build). In a bundled app, exclude "lmdb" from the bundle and deploy it ' +
        'beside it. Or use redisStorage().',
      { cause },
    );
  }
}

function openFile(lmdb: Lmdb, directory: string, release: ReleaseLock): OpenFile['database'] {
  try {
    return openTables(lmdb, join(directory, FILE), release);
  } catch (error) {
    release();
    throw notWritable(directory, error);
  }
}

function openTables(lmdb: Lmdb, path: string, release: ReleaseLock): OpenFile['database'] {
  const options = {
    path,
    permissionsMode: FILE_MODE,
    maxDbs: 2,
    // A commit resolves after it is flushed, so that a token that was sent survives a power failure.
    overlappingSync: false,
    // When a commit fails, lmdb's own promise of a batch rejects unhandled, which would end the process.
    eventTurnBatching: false,
  };
  const root = lmdb.open<Buffer, Buffer>(options);
  const table = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const records = root.openDB<Buffer, Buffer>('records', table);
  const expiries = root.openDB<Buffer, Buffer>('expiries', table);
  // `permissionsMode` applies to new files only.
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
    // A failure is reported to the writer.
    settled: async () => void (await Promise.resolve(root.flushed).catch(() => undefined)),
    async close() {
      await root.close();
      release();
    },
  };
}

/** lmdb rejects a second promise, `commitError`, with the system's error; unhandled, it would end the process. */
async function failedCommit(error: unknown): Promise<never> {
  const commitError = (error as { commitError?: Promise<never> } | null)?.commitError;
  if (commitError === undefined) throw error;
  const reason = commitError.catch((cause: unknown) => cause);
  // It rejects in the same turn, or never.
  throw await Promise.race([reason, new Promise((resolve) => setImmediate(resolve, error))]);
}

/** A time is unix milliseconds in big-endian bytes, which sort by time. */
const TIME_BYTES = 8;

/**
 * Expired records deleted by one write. Anything above one catches up; a small number keeps the write
 * short.
 */
const SWEEP_BATCH = 8;

const VALUE = Buffer.of(1);
const MEMBER = Buffer.of(2);
const AFTER_ALL_HASHES = Buffer.alloc(33, 0xff);

const NOTHING = Buffer.alloc(0);

/** Operations on records. Those that change are called inside `Database.write` only. */
export interface RecordTable {
  /** The payload of a record that has not expired. */
  read(key: Buffer): Buffer | undefined;
  /** As {@link read}, from the newest commit of any process; outside of a write only. */
  readCommitted(key: Buffer): Buffer | undefined;
  /** The payloads of all records between two keys that have not expired, from the newest commit. */
  readRange(range: { start: Buffer; end: Buffer }): Buffer[];
  put(key: Buffer, payload: Uint8Array, ttlSeconds: number): void;
  delete(key: Buffer): void;
  /** Deletes a few expired records. */
  sweep(): void;
}

/** The key of a value. Hashed: LMDB keys have a limit of 1,978 bytes, and ours may be any string. */
export function valueKey(key: string): Buffer {
  return Buffer.concat([VALUE, sha256(key)]);
}

/** The key of a membership; those of one index are adjacent. */
export function memberKey(index: string, member: string): Buffer {
  return Buffer.concat([MEMBER, sha256(index), sha256(member)]);
}

/** The keys of all memberships of an index. */
export function memberRange(index: string): { start: Buffer; end: Buffer } {
  const prefix = Buffer.concat([MEMBER, sha256(index)]);
  return { start: prefix, end: Buffer.concat([prefix, AFTER_ALL_HASHES]) };
}

/** @param nowMs the time in unix milliseconds */
export function createRecordTable(database: Database, nowMs: () => number): RecordTable {
  const { records, expiries } = database;

  function deleteRecord(key: Buffer): void {
    const record = records.getBinary(key);
    if (record === undefined) return;
    expiries.removeSync(Buffer.concat([record.subarray(0, TIME_BYTES), key]));
    records.removeSync(key);
  }

  function payloadOf(record: Buffer | undefined): Buffer | undefined {
    if (record === undefined || timeAt(record) <= nowMs()) return undefined;
    return record.subarray(TIME_BYTES);
  }

  const read = (key: Buffer): Buffer | undefined => payloadOf(records.getBinary(key));

  return {
    read,
    readCommitted(key) {
      // lmdb reuses a snapshot within a turn of the event loop, and misses commits of other processes.
      records.resetReadTxn();
      return read(key);
    },
    readRange(range) {
      records.resetReadTxn();
      return [...records.getRange(range)].flatMap(({ value }) => payloadOf(value) ?? []);
    },
    put(key, payload, ttlSeconds) {
      deleteRecord(key);
      const expiry = timeBytes(nowMs() + ttlSeconds * 1000);
      records.putSync(key, Buffer.concat([expiry, payload]));
      expiries.putSync(Buffer.concat([expiry, key]), NOTHING);
    },
    delete: deleteRecord,
    sweep() {
      const expired = expiries.getKeys({ end: timeBytes(nowMs()), limit: SWEEP_BATCH });
      for (const entry of [...expired]) deleteRecord(entry.subarray(TIME_BYTES));
    },
  };
}

function timeBytes(timeMs: number): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeBigUInt64BE(BigInt(Math.floor(timeMs)));
  return bytes;
}

function timeAt(record: Buffer): number {
  // Without a BigInt: it runs in every read.
  return record.readUInt32BE(0) * 2 ** 32 + record.readUInt32BE(4);
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
