/**
 * What is remembered until there is no room, the longest unused forgotten first.
 *
 * Made at first use: an LRU cache lays out all its room when it is made, which a server that has just
 * started would pay for a dozen times over before its first request.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

/** Part of a `Map`, bounded. */
export interface BoundedMap<V extends object | string | boolean> {
  get(key: string): V | undefined;
  /** @param size of the value, where sizes count; a value larger than the bound is not kept */
  set(key: string, value: V, size?: number): void;
  has(key: string): boolean;
  delete(key: string): void;
  clear(): void;
}

/**
 * @param max entries
 * @param maxSize of all entries together; left out: sizes do not count
 */
export function boundedMap<V extends object | string | boolean>(
  max: number,
  maxSize?: number,
): BoundedMap<V> {
  let entries: LRUCache<string, V> | undefined;
  return {
    get: (key) => entries?.get(key),
    set(key, value, size) {
      entries ??= new LRUCache<string, V>({ max, ...(maxSize !== undefined && { maxSize }) });
      entries.set(key, value, size === undefined ? {} : { size });
    },
    has: (key) => entries?.has(key) === true,
    delete: (key) => void entries?.delete(key),
    clear: () => entries?.clear(),
  };
}
