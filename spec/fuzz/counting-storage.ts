/** A store that knows how much is in it, and how often it was asked. */
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';

export interface CountingStorage extends Storage {
  /** Keys and memberships written and not deleted since; expiry is not looked at. */
  readonly size: number;
  /** Records of one kind among them. */
  sizeOf(kind: string): number;
  /** Calls of any verb. */
  readonly calls: number;
}

export function countingStorage(inner: Storage = memoryStorage()): CountingStorage {
  const keys = new Set<string>();
  let calls = 0;
  const called = <T>(result: T): T => {
    calls += 1;
    return result;
  };
  return {
    ...inner,
    get size() {
      return keys.size;
    },
    get calls() {
      return calls;
    },
    sizeOf: (kind) => [...keys].filter((key) => key.includes(`:${kind}:`)).length,
    get: (key) => called(inner.get(key)),
    async set(key, value, ttl) {
      await called(inner.set(key, value, ttl));
      keys.add(key);
    },
    async add(key, value, ttl) {
      const isNew = await called(inner.add(key, value, ttl));
      keys.add(key);
      return isNew;
    },
    async take(key) {
      keys.delete(key);
      return called(inner.take(key));
    },
    update: (key, expected, next, ttl) => called(inner.update(key, expected, next, ttl)),
    async delete(key) {
      keys.delete(key);
      await called(inner.delete(key));
    },
    async addMember(index, member, ttl) {
      await called(inner.addMember(index, member, ttl));
      keys.add(`${index} ${member}`);
    },
    async removeMember(index, member) {
      keys.delete(`${index} ${member}`);
      await called(inner.removeMember(index, member));
    },
    members: (index) => called(inner.members(index)),
  };
}
