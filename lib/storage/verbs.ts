/**
 * The verbs of a {@link Storage}, and how to put others in their place.
 *
 * @module
 */
import type { Storage } from './storage.js';

/** Those of one key or index, which every store has: what requests wait for. */
export const STORAGE_VERBS = [
  'get',
  'set',
  'add',
  'take',
  'update',
  'delete',
  'addMember',
  'removeMember',
  'members',
] as const;

export type StorageVerb = (typeof STORAGE_VERBS)[number];

/** The same storage with other members in the place of some. What is not replaced is the storage's own. */
export function withMembers(
  storage: Storage,
  replaced: ReadonlyMap<string | symbol, unknown>,
): Storage {
  // Over an empty object: a proxy of a frozen one may not give anything else than that has.
  return new Proxy({} as Storage, {
    has: (_target, name) => name in storage,
    get(_target, name) {
      const own = replaced.get(name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(storage, name, storage);
      // A class of the operator's may have private members, which only the object itself has.
      return typeof value === 'function' ? value.bind(storage) : value;
    },
  });
}
