/**
 * Sealed records of one kind: the layer between the domain and a {@link Storage}.
 *
 * A store sees key names that are keyed hashes and values that are sealed with the name as associated
 * data: a copy of the store tells how many records there are and when they expire, and nothing else.
 *
 * Key rotation: a record is found under the name that any key gives it. It keeps the name it was created
 * under, and is sealed afresh under the newest key at each write.
 */
import { mac } from '../keys/key-ring.js';
import type { Sealer } from '../keys/seal.js';
import { deeplyFrozen } from './deeply-frozen.js';
import { type Storage, StorageUnavailableError } from './storage.js';

/**
 * Rounds of compare-and-set before giving up. Each lost round is another writer's success, so that
 * many in a row means a store that compares wrongly.
 */
const MAX_ROUNDS = 1000;

/** What a collection needs, the same for all of them. */
export interface CollectionDeps {
  storage: Storage;
  sealer: Sealer;
  /** Keys that turn ids into key names: the first writes, all are looked up. At least one. */
  nameKeys: readonly Uint8Array[];
  /** Separates issuers and Auth0 applications that share a store. */
  namespace: string;
  /** Called with the kind of a record that does not open. The record counts as absent. */
  onUnreadable(kind: string): void;
}

/** Records of one kind, by id. `T` is whatever JSON can hold; records come out frozen. */
export interface Collection<T> {
  /** The record, or `undefined` once it has expired or never was. */
  get(id: string): Promise<T | undefined>;
  /** Writes whatever was there before. */
  set(id: string, value: T, ttlSeconds: number): Promise<void>;
  /** Writes only where nothing is, not even an unreadable record; `true` if it did. */
  add(id: string, value: T, ttlSeconds: number): Promise<boolean>;
  /** Reads and deletes in one step: of parallel callers exactly one gets the record. */
  take(id: string): Promise<T | undefined>;
  /**
   * Changes the record by compare-and-set. `change` is pure and may run several times, each time
   * with the record as it is then; it returns the next record with its TTL, or `undefined` to
   * leave the record as it is. Resolves to what is stored now, `undefined` for no such record.
   *
   * @param from the record as `get` or `update` returned it: tried first, which saves a read
   */
  update(id: string, change: Change<T>, from?: T): Promise<T | undefined>;
  /** Deletes; no error where nothing is. */
  delete(id: string): Promise<void>;
}

/** From the record as it is to the next one, or `undefined` for no change. */
export type Change<T> = (current: T) => { value: T; ttlSeconds: number } | undefined;

/** A record as it was read: under which name, as which bytes. */
interface Stored<T> {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * Opens the records of one kind. Cheap: nothing is read until a verb is called.
 *
 * @param kind part of the key name and of the hash: an id of one kind finds nothing in another
 * @throws RangeError without a name key
 */
export function openCollection<T>(deps: CollectionDeps, kind: string): Collection<T> {
  const { storage, nameKeys } = deps;
  const [writeKey, ...olderKeys] = nameKeys;
  if (writeKey === undefined) throw new RangeError('a collection needs at least one name key');
  /** Where a record came from, so that an update of it need not read it again. */
  const origins = new WeakMap<object, Stored<T>>();

  const { nameUnder, seal, open } = createRecordCodec<T>(deps, kind);

  function noteOrigin(stored: Stored<T>): Stored<T> {
    if (typeof stored.value === 'object' && stored.value !== null)
      origins.set(stored.value, stored);
    return stored;
  }

  async function find(id: string): Promise<Stored<T> | undefined> {
    for (const key of nameKeys) {
      const name = nameUnder(key, id);
      const bytes = await storage.get(name);
      const value = open(name, bytes);
      if (bytes !== undefined && value !== undefined) return noteOrigin({ id, name, bytes, value });
    }
    return undefined;
  }

  async function isTakenUnder(keys: readonly Uint8Array[], id: string): Promise<boolean> {
    for (const key of keys) {
      if ((await storage.get(nameUnder(key, id))) !== undefined) return true;
    }
    return false;
  }

  async function deleteUnder(keys: readonly Uint8Array[], id: string): Promise<void> {
    for (const key of keys) await storage.delete(nameUnder(key, id));
  }

  return {
    get: async (id) => (await find(id))?.value,
    async set(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      await storage.set(name, seal(name, value), ttlSeconds);
      await deleteUnder(olderKeys, id);
    },
    async add(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      if (await isTakenUnder(olderKeys, id)) return false;
      if (!(await storage.add(name, seal(name, value), ttlSeconds))) return false;
      // An instance still on the older key order may have added meanwhile, under its own name. Both
      // look again after writing, so at least one of them sees the other and steps back.
      if (await isTakenUnder(olderKeys, id)) {
        await storage.delete(name);
        return false;
      }
      return true;
    },
    async take(id) {
      for (const key of nameKeys) {
        const name = nameUnder(key, id);
        const value = open(name, await storage.take(name));
        if (value !== undefined) return value;
      }
      return undefined;
    },
    async update(id, change, from) {
      const origin = typeof from === 'object' && from !== null ? origins.get(from) : undefined;
      let known = origin?.id === id ? origin : undefined;
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const found = known ?? (await find(id));
        if (found === undefined) return undefined;
        const next = change(found.value);
        if (next !== undefined) {
          const { name } = found;
          const bytes = seal(name, next.value);
          if (await storage.update(name, found.bytes, bytes, next.ttlSeconds)) {
            return noteOrigin({ id, name, bytes, value: deeplyFrozen(next.value) }).value;
          }
        } else if (known === undefined) {
          return found.value;
        }
        // The caller's record may be old: only a record that was just read is left as it is.
        known = undefined;
      }
      throw new StorageUnavailableError(
        `a record of kind "${kind}" could not be changed: every compare-and-set failed`,
      );
    },
    delete: (id) => deleteUnder(nameKeys, id),
  };
}

/** Ids as key names, and records as sealed bytes and back. */
function createRecordCodec<T>({ sealer, namespace, onUnreadable }: CollectionDeps, kind: string) {
  return {
    nameUnder: (key: Uint8Array, id: string): string =>
      `${namespace}:${kind}:${mac(key, kind, id).toString('base64url')}`,
    seal: (name: string, value: T): Buffer => sealer.seal(Buffer.from(JSON.stringify(value)), name),
    open(name: string, bytes: Uint8Array | undefined): T | undefined {
      if (bytes === undefined) return undefined;
      try {
        // What opens was sealed here, as a record of this kind: the name is part of the seal.
        const plaintext = sealer.open(bytes, name);
        if (plaintext !== undefined) return deeplyFrozen(JSON.parse(plaintext.toString()) as T);
      } catch {
        // A later version may have sealed something that is not JSON.
      }
      onUnreadable(kind);
      return undefined;
    },
  };
}
