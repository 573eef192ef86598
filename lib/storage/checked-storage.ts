/** The storage as the library uses it: every verb measured, every failure a `StorageUnavailableError`. */
import { processWide } from '../process-wide.js';
import { errorType, record } from '../telemetry.js';
import { checkedTtl, type Storage, StorageUnavailableError } from './storage.js';

/** The verbs of one key or index, which every store has. */
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

/** Position of `ttlSeconds` among the arguments of a verb. */
const TTL_AT: Readonly<Partial<Record<StorageVerb, number>>> = {
  set: 2,
  add: 2,
  update: 3,
  addMember: 2,
};

/** Stores of this library, by identity: a copy with other verbs is the app's. */
const BUILT_IN = processWide('built-in storages', () => new WeakSet<Storage>());

/** Marks a store that throws `StorageUnavailableError` itself, so that any other error of it is a bug. */
export function builtInStorage(storage: Storage): Storage {
  BUILT_IN.add(storage);
  return storage;
}

/** Any error of an app's own store becomes the cause of a `StorageUnavailableError`. */
export function checkedStorage(storage: Storage): Storage {
  const verbs = new Map<string | symbol, unknown>(
    STORAGE_VERBS.map((verb) => [verb, checkedVerb(storage, verb)]),
  );
  // Over an empty object: a proxy of a frozen object may not return other values.
  return new Proxy({} as Storage, {
    has: (_target, name) => name in storage,
    get(_target, name) {
      const verb = verbs.get(name);
      if (verb !== undefined) return verb;
      const value: unknown = Reflect.get(storage, name, storage);
      // An app's class may have private members, which only the object itself can access.
      return typeof value === 'function' ? value.bind(storage) : value;
    },
  });
}

function checkedVerb(storage: Storage, verb: StorageVerb): unknown {
  const ttlAt = TTL_AT[verb];
  const isBuiltIn = BUILT_IN.has(storage);
  return async function checked(...args: unknown[]): Promise<unknown> {
    // A wrong TTL is a bug in this library, not an outage.
    if (ttlAt !== undefined) checkedTtl(args[ttlAt] as number);
    const startedAtMs = performance.now();
    let type: string | undefined;
    try {
      return await Reflect.apply(storage[verb], storage, args);
    } catch (cause) {
      const error = isBuiltIn ? cause : asUnavailable(verb, cause);
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
