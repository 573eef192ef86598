/**
 * Sets of ids, under keyed hashes of what their records share: a person, a client, a session.
 *
 * A membership is a hint and no more: the record it leads to may be gone, and decides.
 *
 * @module
 */
import { mac } from '../keys/key-ring.js';
import type { SealedStorage } from '../storage/collection.js';

/** A field and the value that records share; undefined where a record has none. */
export type IndexEntry = readonly [field: string, value: string | undefined];

/** See {@link createIndexes}. */
export interface Indexes {
  add(id: string, entries: readonly IndexEntry[]): Promise<void>;
  remove(id: string, entries: readonly IndexEntry[]): Promise<void>;
  /** Ids under one value; none for undefined. */
  find(entry: IndexEntry): Promise<readonly string[]>;
}

interface IndexesDeps extends Pick<SealedStorage, 'storage' | 'nameKeys' | 'namespace'> {
  /** What is indexed, in the names of the sets. */
  readonly of: string;
  /** Seconds after which no record can be left. */
  readonly ttlSeconds: number;
}

export function createIndexes(deps: IndexesDeps): Indexes {
  const { storage, nameKeys, namespace, of, ttlSeconds } = deps;
  const namesOf = ([field, value]: IndexEntry): string[] =>
    value === undefined
      ? []
      : nameKeys.map((key) => {
          const hash = mac(key, `${of}-by`, field, value).toString('base64url');
          return `${namespace}:${of}-by-${field}:${hash}`;
        });
  return {
    async add(id, entries) {
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
