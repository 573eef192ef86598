/**
 * From ids to key names, and from records to sealed bytes and back.
 *
 * @module
 */
import { mac } from '../keys/key-ring.js';
import type { Sealer } from '../keys/seal.js';
import { boundedMap } from './bounded-map.js';
import { deeplyFrozen } from './deeply-frozen.js';
import { createOpenedRecords } from './opened-records.js';
import { ownBytes } from './own-bytes.js';
import { createPack, unpack } from './packing.js';
import type { Storage } from './storage.js';

/** Names remembered per kind: some 3 MB. */
const MAX_NAMES = 10_000;

/** What a collection needs, the same for all of them. */
export interface CollectionDeps {
  storage: Storage;
  sealer: Sealer;
  /** Keys that turn ids into key names: the first writes, all are looked up. At least one. */
  nameKeys: readonly Uint8Array[];
  /** Keeps issuers and Auth0 applications apart that share a store. */
  namespace: string;
  /** Told the kind of a record that is there and does not open. The record counts as absent. */
  onUnreadable(kind: string): void;
}

/** How the records of one kind are named and sealed. */
export interface RecordCodec<T> {
  nameUnder(key: Uint8Array, id: string): string;
  seal(name: string, value: T): Buffer;
  /** Keeps at hand what has just been written, frozen: most records are asked for again. */
  remember(name: string, bytes: Uint8Array, value: T): void;
  /** Lets go of a record that has ended: nobody will ask for it again. */
  forget(name: string): void;
  /** The record, or undefined for bytes that do not open; `onUnreadable` hears of those. */
  open(name: string, bytes: Uint8Array | undefined): T | undefined;
}

export function createRecordCodec<T>(
  { storage, sealer, nameKeys, namespace, onUnreadable }: CollectionDeps,
  kind: string,
): RecordCodec<T> {
  const opened = createOpenedRecords<T>();
  const names = boundedMap<string>(MAX_NAMES);
  const [writeKey] = nameKeys;
  const pack = createPack(storage);
  const nameOf = (key: Uint8Array, id: string): string =>
    `${namespace}:${kind}:${mac(key, kind, id).toString('base64url')}`;

  function openAnew(name: string, bytes: Uint8Array): T | undefined {
    const plaintext = sealer.open(bytes, name);
    if (plaintext === undefined) return undefined;
    try {
      // What opens was sealed here, as a record of this kind: the name is part of the seal.
      return deeplyFrozen(unpack(plaintext) as T);
    } catch {
      // A later version may have sealed it.
      return undefined;
    }
  }

  return {
    /** The newest key's names are remembered: the hash costs more than the look at most stores. */
    nameUnder(key: Uint8Array, id: string): string {
      if (key !== writeKey) return nameOf(key, id);
      const known = names.get(id);
      if (known !== undefined) return known;
      const name = nameOf(key, id);
      names.set(id, name);
      return name;
    },
    seal: (name: string, value: T): Buffer => ownBytes(sealer.seal(pack(value), name)),
    remember: (name, bytes, value) => void opened.remember(name, bytes, value),
    forget: opened.forget,
    open(name: string, bytes: Uint8Array | undefined): T | undefined {
      if (bytes === undefined) {
        // It has ended, here or in another process.
        opened.forget(name);
        return undefined;
      }
      const known = opened.find(name, bytes);
      if (known !== undefined) return known;
      const value = openAnew(name, bytes);
      if (value === undefined) onUnreadable(kind);
      return value === undefined ? undefined : opened.remember(name, bytes, value);
    },
  };
}
