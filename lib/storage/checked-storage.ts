/** The storage as the library uses it: every verb measured, every failure a `StorageUnavailableError`. */
import { errorType, record } from '../telemetry.js';
import { type Storage, StorageUnavailableError } from './storage.js';
import { checkedTtl } from './ttl.js';

/** The verbs of one key or index, which every store has: what requests wait for. */
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

/** Where a verb takes a lifetime. */
const TTL_AT: Readonly<Partial<Record<StorageVerb, number>>> = {
  set: 2,
  add: 2,
  update: 3,
  addMember: 2,
};

/** Our own stores, by identity: a copy with verbs of the app's own is the app's. */
const OURS = new WeakSet<Storage>();

/** Notes that this store throws `StorageUnavailableError` by itself. @returns the same */
export function ownStorage(storage: Storage): Storage {
  OURS.add(storage);
  return storage;
}

/** A store of the app may fail with any error: it becomes the cause of a `StorageUnavailableError`. */
export function checkedStorage(storage: Storage): Storage {
  const verbs = new Map<string | symbol, unknown>(
    STORAGE_VERBS.map((verb) => [verb, checkedVerb(storage, verb)]),
  );
  // Over an empty object: a proxy of a frozen one may not return anything else than that has.
  return new Proxy({} as Storage, {
    has: (_target, name) => name in storage,
    get(_target, name) {
      const verb = verbs.get(name);
      if (verb !== undefined) return verb;
      const value: unknown = Reflect.get(storage, name, storage);
      // A class of the operator's may have private members, which only the object itself has.
      return typeof value === 'function' ? value.bind(storage) : value;
    },
  });
}

function checkedVerb(storage: Storage, verb: StorageVerb): unknown {
  const ttlAt = TTL_AT[verb];
  const isOurs = OURS.has(storage);
  return async function checked(...args: unknown[]): Promise<unknown> {
    // A wrong lifetime is a bug in this library, not an outage.
    if (ttlAt !== undefined) checkedTtl(args[ttlAt] as number);
    const startedAtMs = performance.now();
    let type: string | undefined;
    try {
      return await Reflect.apply(storage[verb], storage, args);
    } catch (cause) {
      const error = isOurs ? cause : asUnavailable(verb, cause);
      type = errorType(error);
      throw error;
    } finally {
      record('auth0_mcp.storage.duration', startedAtMs, {
        'auth0_mcp.operation': verb,
        ...(type !== undefined && { 'error.type': type }),
      });
    }
  };
}

function asUnavailable(verb: string, cause: unknown): StorageUnavailableError {
  if (cause instanceof StorageUnavailableError) return cause;
  return new StorageUnavailableError(`the storage given to auth0Mcp() failed in ${verb}()`, {
    cause,
  });
}
