/**
 * The store for tests and demonstrations: everything ends with the process.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import { ownStorage } from './foreign-storage.js';
import { createMemberships, createRecords, type Expiring, type Now } from './memory-tables.js';
import { ownBytes } from './own-bytes.js';
import { IN_PROCESS } from './packing.js';
import { type Storage, StorageUnavailable } from './storage.js';
import { checkedTtl } from './ttl.js';

/** Some 75 MB of grants, 25,000 of them: more than a test needs, less than a process dies of. */
const DEFAULT_MAX_ENTRIES = 100_000;

/** Settings of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** Most keys and memberships held at once. Default: 100,000. */
  maxEntries?: number;
  /** The time in unix seconds, fractions included. Default: the system clock. */
  now?: () => number;
}

/**
 * A store in the memory of this process, gone with it.
 *
 * It is bounded. When full it drops what has expired and then refuses to write: throwing out a live
 * grant would log somebody out to let a stranger in, whereas a refusal is a 503 that passes.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { maxEntries = DEFAULT_MAX_ENTRIES, now = () => Date.now() / 1000 } = options;
  const secret = new Uint8Array(randomBytes(32));
  const records = createRecords(now);
  const memberships = createMemberships(now);
  const admit = createAdmission([records, memberships], maxEntries, now);

  function write(key: string, value: Uint8Array, ttlSeconds: number): void {
    const expiresAt = admit(ttlSeconds, records.has(key));
    records.write(key, value, expiresAt);
  }

  const storage: Storage & { readonly [IN_PROCESS]: true } = {
    [IN_PROCESS]: true,
    description: 'memory of this process, lost when it ends',
    // Lives as long as what it signs: both end with the process.
    localSecret: () => secret,
    get: async (key) => copyOf(records.read(key)),
    look: records.read,
    set: async (key, value, ttlSeconds) => write(key, value, ttlSeconds),
    async add(key, value, ttlSeconds) {
      if (records.read(key) !== undefined) return false;
      write(key, value, ttlSeconds);
      return true;
    },
    async take(key) {
      const value = records.read(key);
      records.drop(key);
      return copyOf(value);
    },
    async update(key, expected, next, ttlSeconds) {
      checkedTtl(ttlSeconds);
      const current = records.read(key);
      if (current === undefined || Buffer.compare(current, expected) !== 0) return false;
      write(key, next, ttlSeconds);
      return true;
    },
    delete: async (key) => records.drop(key),
    async addMember(index, member, ttlSeconds) {
      const expiresAt = admit(ttlSeconds, memberships.has(index, member));
      memberships.write(index, member, expiresAt);
    },
    removeMember: async (index, member) => memberships.drop(index, member),
    members: async (index) => memberships.of(index),
  };
  return ownStorage(storage);
}

/**
 * Lets an entry in, and says when it will end. It throws `StorageUnavailable` where the entry is new and
 * there is no room for it.
 */
function createAdmission(tables: readonly Expiring[], maxEntries: number, now: Now) {
  /** Before that nothing has ended, or the last pass is less than a second ago. */
  let nextPassAt = Number.POSITIVE_INFINITY;
  const isFull = (): boolean => tables.reduce((sum, table) => sum + table.size(), 0) >= maxEntries;
  return function admit(ttlSeconds: number, isThere: boolean): number {
    const time = now();
    const expiresAt = time + checkedTtl(ttlSeconds);
    if (!isThere && isFull()) {
      // A pass goes over everything: once a second at most, however many write to a full store.
      if (time >= nextPassAt) {
        const nextEnd = Math.min(...tables.map((table) => table.dropExpired()));
        nextPassAt = Math.max(nextEnd, time + 1);
      }
      if (isFull()) throw full(maxEntries);
    }
    nextPassAt = Math.min(nextPassAt, expiresAt);
    return expiresAt;
  };
}

function copyOf(value: Uint8Array | undefined): Uint8Array | undefined {
  return value && ownBytes(value);
}

function full(maxEntries: number): StorageUnavailable {
  return new StorageUnavailable(
    `memoryStorage() is full: ${maxEntries} entries are alive. Raise maxEntries, or use ` +
      'embeddedStorage() or redisStorage(), which keep records on disk or on a server.',
  );
}
