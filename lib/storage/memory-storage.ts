/**
 * The store for tests and demonstrations: everything ends with the process.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import { IN_PROCESS } from './packing.js';
import { type Storage, StorageUnavailable } from './storage.js';
import { checkedTtl } from './ttl.js';

/** Some 100 MB of grants, 25,000 of them: more than a test needs, less than a process dies of. */
const DEFAULT_MAX_ENTRIES = 100_000;

/** Settings of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** Most keys and memberships held at once. Default: 100,000. */
  maxEntries?: number;
  /** The time in unix seconds, fractions included. Default: the system clock. */
  now?: () => number;
}

/** A table whose rows end by themselves. */
interface ExpiringTable {
  /** The row's own bytes: not to be changed. */
  read(row: string): Uint8Array | undefined;
  write(row: string, value: Uint8Array, ttlSeconds: number): void;
  drop(row: string): void;
}

/** What the rows of memberships begin with, and no key does. */
const MEMBER = '\u0000';

/** Memberships are rows without a value. */
const NOTHING = new Uint8Array(0);

/**
 * A store in the memory of this process, gone with it.
 *
 * It is bounded. When full it drops what has expired and then refuses to write: throwing out a live
 * grant would log somebody out to let a stranger in, whereas a refusal is a 503 that passes.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { maxEntries = DEFAULT_MAX_ENTRIES, now = () => Date.now() / 1000 } = options;
  const secret = new Uint8Array(randomBytes(32));
  const indexes = new Map<string, Set<string>>();
  const rows = createTable(maxEntries, now, (row) => {
    if (!row.startsWith(MEMBER)) return;
    const [index = '', member = ''] = JSON.parse(row.slice(MEMBER.length)) as string[];
    const members = indexes.get(index);
    members?.delete(member);
    if (members?.size === 0) indexes.delete(index);
  });
  const memberRow = (index: string, member: string): string =>
    MEMBER + JSON.stringify([index, member]);

  const storage: Storage & { readonly [IN_PROCESS]: true } = {
    [IN_PROCESS]: true,
    description: 'memory of this process, lost when it ends',
    // Lives as long as what it signs: both end with the process.
    localSecret: () => secret,
    get: async (key) => copyOf(rows.read(key)),
    look: (key) => rows.read(key),
    set: async (key, value, ttlSeconds) => rows.write(key, value, ttlSeconds),
    async add(key, value, ttlSeconds) {
      if (rows.read(key) !== undefined) return false;
      rows.write(key, value, ttlSeconds);
      return true;
    },
    async take(key) {
      const value = rows.read(key);
      rows.drop(key);
      return copyOf(value);
    },
    async update(key, expected, next, ttlSeconds) {
      checkedTtl(ttlSeconds);
      const current = rows.read(key);
      if (current === undefined || Buffer.compare(current, expected) !== 0) return false;
      rows.write(key, next, ttlSeconds);
      return true;
    },
    delete: async (key) => rows.drop(key),
    async addMember(index, member, ttlSeconds) {
      rows.write(memberRow(index, member), NOTHING, ttlSeconds);
      indexes.set(index, (indexes.get(index) ?? new Set()).add(member));
    },
    removeMember: async (index, member) => rows.drop(memberRow(index, member)),
    members: async (index) =>
      [...(indexes.get(index) ?? [])].filter(
        (member) => rows.read(memberRow(index, member)) !== undefined,
      ),
  };
  return storage;
}

function createTable(
  maxRows: number,
  now: () => number,
  onDrop: (row: string) => void,
): ExpiringTable {
  const rows = new Map<string, { value: Uint8Array; expiresAt: number }>();
  let nextSweepAt = 0;

  function drop(row: string): void {
    if (rows.delete(row)) onDrop(row);
  }

  /** One pass over everything, and none again before something can have expired. */
  function sweep(): void {
    const time = now();
    if (time < nextSweepAt) return;
    nextSweepAt = Number.POSITIVE_INFINITY;
    for (const [row, { expiresAt }] of rows) {
      if (expiresAt <= time) drop(row);
      else nextSweepAt = Math.min(nextSweepAt, expiresAt);
    }
  }

  return {
    read(row) {
      const found = rows.get(row);
      if (found === undefined) return undefined;
      if (found.expiresAt > now()) return found.value;
      drop(row);
      return undefined;
    },
    write(row, value, ttlSeconds) {
      const expiresAt = now() + checkedTtl(ttlSeconds);
      if (!rows.has(row) && rows.size >= maxRows) sweep();
      if (!rows.has(row) && rows.size >= maxRows) throw full(maxRows);
      // Memory of its own: a `Buffer` would be a piece of Node's pool, and keep 8 kB of it alive.
      rows.set(row, { value: new Uint8Array(value), expiresAt });
      nextSweepAt = Math.min(nextSweepAt, expiresAt);
    },
    drop,
  };
}

function copyOf(value: Uint8Array | undefined): Uint8Array | undefined {
  return value && Buffer.from(value);
}

function full(maxRows: number): StorageUnavailable {
  return new StorageUnavailable(
    `memoryStorage() is full: ${maxRows} entries are alive. Raise maxEntries, or use ` +
      'embeddedStorage() or redisStorage(), which keep records on disk or on a server.',
  );
}
