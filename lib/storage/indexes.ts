/**
 * Sets of record ids by a field that the records share: user, client or session, under a keyed hash of its value.
 *
 * An entry is a hint: its record may be gone, or no longer match.
 */
import { mac } from '../keys/key-ring.js';
import type { SealedStorage } from './collection.js';

/** A field and its value; undefined where a record has none. */
export type IndexEntry = readonly [field: string, value: string | undefined];

interface Indexes {
  /** @param ttlSeconds after which the record is gone */
  add(id: string, entries: readonly IndexEntry[], ttlSeconds: number): Promise<void>;
  remove(id: string, entries: readonly IndexEntry[]): Promise<void>;
  /** Ids under one value; none for undefined. */
  find(entry: IndexEntry): Promise<readonly string[]>;
}

/** @param kind of the records, in the names of the sets */
export function createIndexes(
  { storage, nameKeys, namespace }: SealedStorage,
  kind: string,
): Indexes {
  const namesOf = ([field, value]: IndexEntry): string[] =>
    value === undefined
      ? []
      : nameKeys.map((key) => {
          const hash = mac(key, `${kind}-by`, field, value).toString('base64url');
          return `${namespace}:${kind}-by-${field}:${hash}`;
        });
  return {
    async add(id, entries, ttlSeconds) {
      const newest = entries.flatMap((entry) => namesOf(entry).slice(0, 1));
      await Promise.all(newest.map((name) => storage.addMember(name, id, ttlSeconds)));
    },
    async remove(id, entries) {
      const names = entries.flatMap(namesOf);
      await Promise.all(names.map((name) => storage.removeMember(name, id)));
    },
    async find(entry) {
      const members = await Promise.all(namesOf(entry).map((name) => storage.members(name)));
      return [...new Set(members.flat())];
    },
  };
}
