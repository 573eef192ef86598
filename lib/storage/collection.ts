/**
 * Sealed records of one kind: the layer between the domain and a {@link Storage}.
 *
 * Key names are keyed hashes, values are sealed with the name as associated data: a copy of the store
 * shows how many records exist and when they expire, and nothing else.
 *
 * Key rotation: a record is looked up under the names that all keys give it. It keeps the name it was created
 * under, and each write seals it under the newest key.
 */
import type { KeyObject } from 'node:crypto';

import { mac } from '../keys/key-ring.js';
import type { Sealer } from '../keys/seal.js';
import { type Storage, StorageUnavailableError } from './storage.js';

/**
 * Rounds of compare-and-set before giving up. Each lost round is another writer's success, so that
 * many in a row means a store that compares wrongly.
 */
const MAX_ROUNDS = 1000;

/** A storage with the keys that seal records and hash their names. */
export interface SealedStorage {
  storage: Storage;
  sealer: Sealer;
  /** Keys that turn ids into key names: writes use the first, reads try all. At least one. */
  nameKeys: readonly KeyObject[];
  /** Separates issuers and Auth0 applications that share a store. */
  namespace: string;
  /** Called with the kind of a record that cannot be opened. The record counts as absent. */
  onUnreadable(kind: string): void;
}

/** Records of one kind, by id. `T` is a JSON value; a record is frozen at its top level. */
export interface Collection<T> {
  /**
   * The record, or `undefined` once it has expired or if it never existed.
   *
   * @param from the record as it was read before: returned again while it is stored unchanged, without opening it
   */
  get(id: string, from?: T): Promise<T | undefined>;
  /** Writes, over any earlier record. */
  set(id: string, value: T, ttlSeconds: number): Promise<void>;
  /** Writes only if there is no record, not even an unreadable one; `true` if it did. */
  add(id: string, value: T, ttlSeconds: number): Promise<boolean>;
  /** Reads and deletes in one step: of parallel callers exactly one gets the record. */
  take(id: string): Promise<T | undefined>;
  /**
   * Changes the record by compare-and-set. `change` is pure and may run several times, each time
   * with the current record; it returns the next record with its TTL, or `undefined` for no change.
   * Resolves to the stored record, `undefined` if there is none.
   *
   * @param from the record as `get` or `update` returned it: compared first, which saves a read
   */
  update(id: string, change: Change<T>, from?: T): Promise<T | undefined>;
  /** Deletes; no error if there is no record. */
  delete(id: string): Promise<void>;
}

/** From the current record to the next one, or `undefined` for no change. */
export type Change<T> = (current: T) => { value: T; ttlSeconds: number } | undefined;

/** A record as it was read or written, with its key name and its bytes. */
interface Stored<T> {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
}

/**
 * Opens the records of one kind. Does no I/O.
 *
 * @param kind part of the key name and of the hash: an id of one kind matches no record of another
 * @throws RangeError without a name key
 */
export function openCollection<T>(sealed: SealedStorage, kind: string): Collection<T> {
  const { storage, nameKeys } = sealed;
  const [writeKey, ...olderKeys] = nameKeys;
  if (writeKey === undefined) throw new RangeError('a collection needs at least one name key');
  /** How a record was read, so that an update of it need not read it again. */
  const origins = new WeakMap<object, Stored<T>>();

  const { nameUnder, seal, open } = createRecordCodec<T>(sealed, kind);

  function noteOrigin(stored: Stored<T>): T {
    const { value } = stored;
    if (typeof value === 'object' && value !== null) origins.set(value, stored);
    return value;
  }

  function originOf(id: string, from: T | undefined): Stored<T> | undefined {
    const origin = typeof from === 'object' && from !== null ? origins.get(from) : undefined;
    return origin?.id === id ? origin : undefined;
  }

  async function find(id: string, from?: T): Promise<Stored<T> | undefined> {
    const known = originOf(id, from);
    if (known !== undefined) {
      const bytes = await storage.get(known.name);
      // Each write seals anew, so equal bytes are the same write.
      if (bytes !== undefined && Buffer.compare(bytes, known.bytes) === 0) return known;
    }
    for (const key of nameKeys) {
      const name = nameUnder(key, id);
      const bytes = await storage.get(name);
      const value = open(name, bytes);
      if (bytes !== undefined && value !== undefined) return { id, name, bytes, value };
    }
    return undefined;
  }

  async function isTakenUnder(keys: readonly KeyObject[], id: string): Promise<boolean> {
    for (const key of keys) {
      if ((await storage.get(nameUnder(key, id))) !== undefined) return true;
    }
    return false;
  }

  async function deleteUnder(keys: readonly KeyObject[], id: string): Promise<void> {
    for (const key of keys) await storage.delete(nameUnder(key, id));
  }

  return {
    async get(id, from) {
      const found = await find(id, from);
      return found && noteOrigin(found);
    },
    async set(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      await storage.set(name, seal(name, value), ttlSeconds);
      await deleteUnder(olderKeys, id);
    },
    async add(id, value, ttlSeconds) {
      const name = nameUnder(writeKey, id);
      if (await isTakenUnder(olderKeys, id)) return false;
      if (!(await storage.add(name, seal(name, value), ttlSeconds))) return false;
      // During a key rotation another instance may have added it meanwhile under an older key. Both
      // check again after writing, so at least one of them sees the other and withdraws.
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
      let known = originOf(id, from);
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const found = known ?? (await find(id));
        if (found === undefined) return undefined;
        const next = change(found.value);
        if (next !== undefined) {
          const { name } = found;
          const bytes = seal(name, next.value);
          if (await storage.update(name, found.bytes, bytes, next.ttlSeconds)) {
            return noteOrigin({ id, name, bytes, value: Object.freeze(next.value) });
          }
        } else if (known === undefined) {
          return noteOrigin(found);
        }
        // The caller's record may be stale: "no change" is decided on a fresh one.
        known = undefined;
      }
      throw new StorageUnavailableError(
        `a record of kind "${kind}" could not be changed: every compare-and-set failed`,
      );
    },
    delete: (id) => deleteUnder(nameKeys, id),
  };
}

/** Turns ids into key names, and records into sealed bytes and back. */
function createRecordCodec<T>({ sealer, namespace, onUnreadable }: SealedStorage, kind: string) {
  return {
    nameUnder: (key: KeyObject, id: string): string =>
      `${namespace}:${kind}:${mac(key, kind, id).toString('base64url')}`,
    seal: (name: string, value: T): Buffer => sealer.seal(Buffer.from(JSON.stringify(value)), name),
    open(name: string, bytes: Uint8Array | undefined): T | undefined {
      if (bytes === undefined) return undefined;
      try {
        // The seal includes the name, so bytes that open were sealed as this record.
        const plaintext = sealer.open(bytes, name);
        if (plaintext !== undefined) return Object.freeze(JSON.parse(plaintext.toString()) as T);
      } catch {
        // A later version may have sealed a value that is not JSON.
      }
      onUnreadable(kind);
      return undefined;
    },
  };
}
