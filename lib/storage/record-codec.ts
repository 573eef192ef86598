/**
 * From ids to key names, and from records to sealed bytes and back.
 *
 * @module
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

import { mac } from '../keys/key-ring.js';
import type { Sealer } from '../keys/seal.js';
import { boundedMap } from './bounded-map.js';
import { createOpenedRecords } from './opened-records.js';
import type { Storage } from './storage.js';

/** Names remembered per kind: some 3 MB. */
const MAX_NAMES = 10_000;

/** About as small as the best a record gets, in half the time; its window holds any record. */
const COMPRESSION = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 12 },
};

const COMPRESSED = {
  pack: (text: string): Buffer => brotliCompressSync(text, COMPRESSION),
  unpack: (bytes: Buffer): Buffer => brotliDecompressSync(bytes),
};
const AS_IT_IS: typeof COMPRESSED = {
  pack: (text) => Buffer.from(text),
  unpack: (bytes) => bytes,
};

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
  /** Keeps at hand what has just been stored: most records are asked for again. Freezes it. */
  stored(name: string, bytes: Uint8Array, value: T): void;
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
  const { pack, unpack } = storage.isInProcess === true ? AS_IT_IS : COMPRESSED;
  const nameOf = (key: Uint8Array, id: string): string =>
    `${namespace}:${kind}:${mac(key, kind, id).toString('base64url')}`;
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
    seal: (name: string, value: T): Buffer => sealer.seal(pack(JSON.stringify(value)), name),
    stored: (name, bytes, value) => void opened.remember(name, bytes, value),
    open(name: string, bytes: Uint8Array | undefined): T | undefined {
      if (bytes === undefined) return undefined;
      const known = opened.find(name, bytes);
      if (known !== undefined) return known;
      const plaintext = sealer.open(bytes, name);
      if (plaintext === undefined) {
        onUnreadable(kind);
        return undefined;
      }
      // What opens was sealed here, as JSON of this kind: the name is part of the seal.
      const value = JSON.parse(unpack(plaintext).toString('utf8')) as T;
      return opened.remember(name, bytes, value);
    },
  };
}
