import { randomBytes } from 'node:crypto';

import { builtInStorage } from './checked-storage.js';
import { checkedTtl, type Storage, StorageUnavailableError } from './storage.js';

/** Some 75 MB of grants, 25,000 of them. */
const DEFAULT_MAX_ENTRIES = 100_000;

/** Settings of {@link memoryStorage}. */
export interface MemoryStorageOptions {
  /** Maximum number of keys and memberships together. Default: 100,000. */
  maxEntries?: number;
  /** The time in unix seconds, with fractions. Default: the system clock. */
  now?: () => number;
}

/**
 * A store in the memory of this process, for tests and demonstrations: its records end with the process.
 *
 * It is bounded. When full it deletes expired entries and otherwise refuses to write: evicting a live
 * grant would log out a user to let an unauthenticated client in, whereas a refusal is a temporary 503.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { maxEntries = DEFAULT_MAX_ENTRIES, now = () => Date.now() / 1000 } = options;
  const secret = new Uint8Array(randomBytes(32));
  const records = new ExpiringMap<Uint8Array>(now);
  /** Keys are index and member; a second map finds the members of an index. */
  const memberships = new ExpiringMap<true>(now, (key) => unlink(key));
  const membersOf = new Map<string, Set<string>>();
  /** Deleting expired entries reads all of them: at most once a second, and only when full. */
  let nextSweepAt = 0;

  function unlink(key: string): void {
    const [index, member] = JSON.parse(key) as [string, string];
    const members = membersOf.get(index);
    members?.delete(member);
    if (members?.size === 0) membersOf.delete(index);
  }

  function requireCapacity(isNew: boolean): void {
    if (!isNew || records.size + memberships.size < maxEntries) return;
    if (now() >= nextSweepAt) {
      nextSweepAt = now() + 1;
      records.deleteExpired();
      memberships.deleteExpired();
    }
    if (records.size + memberships.size >= maxEntries) throw full(maxEntries);
  }

  function write(key: string, value: Uint8Array, ttlSeconds: number): void {
    const expiresAt = now() + checkedTtl(ttlSeconds);
    requireCapacity(records.get(key) === undefined);
    records.set(key, copyOf(value), expiresAt);
  }

  function read(key: string): Uint8Array | undefined {
    const value = records.get(key);
    return value && copyOf(value);
  }

  const membershipKey = (index: string, member: string): string => JSON.stringify([index, member]);

  return builtInStorage({
    description: 'memory of this process, lost when it ends',
    // Lives as long as the records: until the process ends.
    localSecret: () => secret,
    get: async (key) => read(key),
    set: async (key, value, ttlSeconds) => write(key, value, ttlSeconds),
    async add(key, value, ttlSeconds) {
      if (records.get(key) !== undefined) return false;
      write(key, value, ttlSeconds);
      return true;
    },
    async take(key) {
      const value = read(key);
      records.delete(key);
      return value;
    },
    async update(key, expected, next, ttlSeconds) {
      checkedTtl(ttlSeconds);
      const current = records.get(key);
      if (current === undefined || Buffer.compare(current, expected) !== 0) return false;
      write(key, next, ttlSeconds);
      return true;
    },
    delete: async (key) => records.delete(key),
    async addMember(index, member, ttlSeconds) {
      const key = membershipKey(index, member);
      const expiresAt = now() + checkedTtl(ttlSeconds);
      requireCapacity(memberships.get(key) === undefined);
      memberships.set(key, true, expiresAt);
      membersOf.set(index, (membersOf.get(index) ?? new Set()).add(member));
    },
    removeMember: async (index, member) => memberships.delete(membershipKey(index, member)),
    members: async (index) =>
      [...(membersOf.get(index) ?? [])].filter(
        (member) => memberships.get(membershipKey(index, member)) !== undefined,
      ),
  });
}

/** A map whose entries expire. */
class ExpiringMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly expiresAt: number }>();
  readonly #now: () => number;
  readonly #onDelete: (key: string) => void;

  constructor(now: () => number, onDelete: (key: string) => void = () => undefined) {
    this.#now = now;
    this.#onDelete = onDelete;
  }

  /** Includes expired entries that are not deleted yet. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > this.#now()) return entry?.value;
    this.delete(key);
    return undefined;
  }

  set(key: string, value: V, expiresAt: number): void {
    this.#entries.set(key, { value, expiresAt });
  }

  delete(key: string): void {
    if (this.#entries.delete(key)) this.#onDelete(key);
  }

  deleteExpired(): void {
    const time = this.#now();
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= time) this.delete(key);
  }
}

/** `Buffer.from()` would retain 8 kB of Node's shared pool for each small record. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return Buffer.allocUnsafeSlow(bytes.length).fill(bytes);
}

function full(maxEntries: number): StorageUnavailableError {
  return new StorageUnavailableError(
    `memoryStorage() is full: ${maxEntries} entries have not expired. Raise maxEntries, or use ` +
      'embeddedStorage() or redisStorage(), which keep records on disk or on a server.',
  );
}
