/**
 * Sealed records of one kind: the layer between the domain and a {@link Storage}.
 *
 * A store sees key names that are keyed hashes and values that are sealed with the name as
 * associated data (`keys/seal.ts`). Whoever copies the store learns how many records there are and
 * when they expire; nothing else.
 *
 * Records that leave the process are compressed first: a grant is mostly base64url and field names,
 * and a quarter smaller for some ten microseconds. Sealed bytes do not compress afterwards.
 *
 * Rotation: a record is found under the name every key gives it. It keeps the name it was made
 * under for life and is sealed afresh, under the newest key, at each write.
 *
 * @module
 */
import { type AtOnce, whenThere } from './at-once.js';
import { deeplyFrozen } from './deeply-frozen.js';
import { type CollectionDeps, createRecordCodec, type RecordCodec } from './record-codec.js';
import { createRecordsInHand, type Found, type RecordsInHand } from './records-in-hand.js';
import { type Storage, StorageUnavailable } from './storage.js';

export type { CollectionDeps } from './record-codec.js';

/**
 * Rounds of compare-and-set before giving up. Each lost round is another writer's success, so that
 * many in a row means a store that lies about its comparison.
 */
const MAX_ROUNDS = 1000;

/** Records of one kind, by id. `T` is whatever JSON can hold. */
export interface Collection<T> {
  /** The record, or `undefined` once it has expired or never was. */
  get(id: string): Promise<T | undefined>;
  /** As {@link Collection.get}, but may be a second old: for what is asked on every request. */
  look(id: string): AtOnce<T | undefined>;
  /** Writes whatever was there before. The value stays the caller's, who may go on changing it. */
  set(id: string, value: T, ttlSeconds: number): Promise<void>;
  /**
   * Writes only where nothing is, not even an unreadable record; `true` if it did. The value is kept at
   * hand then, frozen.
   */
  add(id: string, value: T, ttlSeconds: number): Promise<boolean>;
  /** Reads and deletes in one step: of parallel callers exactly one gets the record. */
  take(id: string): Promise<T | undefined>;
  /**
   * Changes the record by compare-and-set. `change` is pure and may run several times, each time
   * with the record as it is then; it returns the next record with its TTL, or `undefined` to
   * leave things as they are. Resolves to what is stored now, frozen, `undefined` for no such record.
   *
   * @param from the record as `get` or `update` gave it: tried first, which spares the store a look
   */
  update(id: string, change: Change<T>, from?: T): Promise<T | undefined>;
  /** Deletes; no error where nothing is. */
  delete(id: string): Promise<void>;
}

/** From the record as it is to the next one, or `undefined` for no change. */
export type Change<T> = (current: T) => { value: T; ttlSeconds: number } | undefined;

/**
 * Opens the records of one kind. Cheap: nothing is read until a verb is called.
 *
 * @param kind part of the key name and of the hash: an id of one kind says nothing in another
 * @throws RangeError without a name key
 */
export function openCollection<T>(deps: CollectionDeps, kind: string): Collection<T> {
  const { storage, nameKeys } = deps;
  const [newestKey, ...olderKeys] = nameKeys;
  if (newestKey === undefined) throw new RangeError('a collection needs at least one name key');
  // A constant of its own, so that functions know it is there.
  const writeKey = newestKey;
  const { nameUnder, seal, remember, forget, open } = createRecordCodec<T>(deps, kind);
  const inHand = createRecordsInHand<T>();

  async function find(id: string): Promise<Found<T> | undefined> {
    for (const key of nameKeys) {
      const name = nameUnder(key, id);
      const bytes = await storage.get(name);
      const value = open(name, bytes);
      if (bytes !== undefined && value !== undefined)
        return inHand.note({ id, name, bytes, value });
    }
    return undefined;
  }

  function look(id: string): AtOnce<T | undefined> {
    const ask = async (): Promise<T | undefined> => (await find(id))?.value;
    if (storage.look === undefined) return ask();
    const name = nameUnder(writeKey, id);
    return whenThere(storage.look(name), (bytes) => {
      const value = open(name, bytes);
      // During a rotation of keys a record may be under an older name.
      return value === undefined && olderKeys.length > 0 ? ask() : value;
    });
  }

  async function isTakenUnder(keys: readonly Uint8Array[], id: string): Promise<boolean> {
    for (const key of keys) {
      if ((await storage.get(nameUnder(key, id))) !== undefined) return true;
    }
    return false;
  }

  async function deleteUnder(keys: readonly Uint8Array[], id: string): Promise<void> {
    for (const key of keys) {
      const name = nameUnder(key, id);
      await storage.delete(name);
      forget(name);
    }
  }

  return {
    get: async (id) => (await find(id))?.value,
    look,
    async set(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      await storage.set(name, seal(name, value), ttlSeconds);
      await deleteUnder(olderKeys, id);
    },
    async add(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      if (await isTakenUnder(olderKeys, id)) return false;
      // Before the store is waited for: what is at hand afterwards is what was sealed.
      const sealed = seal(name, deeplyFrozen(value));
      if (!(await storage.add(name, sealed, ttlSeconds))) return false;
      // An instance still on the older key order may have added meanwhile, under its own name. Both
      // look again after writing, so at least one of them sees the other and steps back.
      if (await isTakenUnder(olderKeys, id)) {
        await storage.delete(name);
        return false;
      }
      remember(name, sealed, value);
      return true;
    },
    async take(id) {
      for (const key of nameKeys) {
        const name = nameUnder(key, id);
        const value = open(name, await storage.take(name));
        forget(name);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    update: (id, change, from) =>
      update({ storage, find, seal, remember, inHand, kind }, id, change, from),
    delete: (id) => deleteUnder(nameKeys, id),
  };
}

/** What an update works with. */
interface UpdateDeps<T> extends Pick<RecordCodec<T>, 'seal' | 'remember'> {
  readonly storage: Pick<Storage, 'update'>;
  readonly find: (id: string) => Promise<Found<T> | undefined>;
  readonly inHand: RecordsInHand<T>;
  readonly kind: string;
}

/** See {@link Collection.update}. */
async function update<T>(
  { storage, find, seal, remember, inHand, kind }: UpdateDeps<T>,
  id: string,
  change: Change<T>,
  from: T | undefined,
): Promise<T | undefined> {
  let known = inHand.originOf(from, id);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = known ?? (await find(id));
    if (found === undefined) return undefined;
    const next = change(found.value);
    if (next !== undefined) {
      const sealed = seal(found.name, deeplyFrozen(next.value));
      if (await storage.update(found.name, found.bytes, sealed, next.ttlSeconds)) {
        remember(found.name, sealed, next.value);
        return inHand.note({ ...found, bytes: sealed, value: next.value }).value;
      }
    } else if (known === undefined) {
      return found.value;
    }
    // What was in hand may be old: only what has just been read is left as it is.
    known = undefined;
  }
  throw new StorageUnavailable(
    `a record of kind "${kind}" could not be changed: every compare-and-set failed`,
  );
}
