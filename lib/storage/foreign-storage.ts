/**
 * A storage of the app's own, which may fail in any way it likes: an outage of it is told as one.
 *
 * @module
 */
import { type Storage, StorageUnavailable } from './storage.js';
import { checkedTtl } from './ttl.js';
import { STORAGE_VERBS, type StorageVerb, withMembers } from './verbs.js';

/** Stores of ours. The object itself and no mark on it: a copy with verbs of the app's is the app's. */
const OURS = new WeakSet<Storage>();

/** Notes that this store throws `StorageUnavailable` by itself. @returns the same */
export function ownStorage(storage: Storage): Storage {
  OURS.add(storage);
  return storage;
}

/** Where a verb takes a lifetime. */
const TTL_AT: Readonly<Partial<Record<StorageVerb, number>>> = {
  set: 2,
  add: 2,
  update: 3,
  addMember: 2,
};

/**
 * The storage with every failure of a verb as `StorageUnavailable`, the original as its cause; a store
 * of ours as it is.
 */
export function withKnownFailures(storage: Storage): Storage {
  if (OURS.has(storage)) return storage;
  const replaced = new Map<string, unknown>(
    STORAGE_VERBS.map((verb) => [verb, guarded(storage, verb)]),
  );
  return withMembers(storage, replaced);
}

function guarded(storage: Storage, verb: StorageVerb): unknown {
  const ttlAt = TTL_AT[verb];
  return async function guard(...args: unknown[]): Promise<unknown> {
    // A mistake of ours, and no outage. Whatever comes from the storage is one: a `fetch` that
    // reaches nobody is a TypeError too.
    if (ttlAt !== undefined) checkedTtl(args[ttlAt] as number);
    try {
      return await Reflect.apply(storage[verb], storage, args);
    } catch (error) {
      throw asUnavailable(verb, error);
    }
  };
}

function asUnavailable(verb: string, cause: unknown): StorageUnavailable {
  if (cause instanceof StorageUnavailable) return cause;
  return new StorageUnavailable(`the storage given to auth0Mcp() failed in ${verb}()`, { cause });
}
