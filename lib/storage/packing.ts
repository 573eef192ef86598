/**
 * Records as bytes: JSON, compressed where they leave the process. A byte in front says which, so that
 * both are read wherever they are met.
 *
 * @module
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

import type { Storage } from './storage.js';

const PLAIN = 0;
const COMPRESSED = 1;

/** About as small as the best a record gets, in half the time; its window holds any record. */
const BROTLI = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 12 },
};

/** Marks a store whose values stay in the memory of this process, where compression saves nothing. */
export const IN_PROCESS: unique symbol = Symbol('stays in this process');

/** @returns packs records for `storage` */
export function createPack(storage: Storage): (value: unknown) => Buffer {
  return IN_PROCESS in storage ? packPlain : packCompressed;
}

function packPlain(value: unknown): Buffer {
  return Buffer.from(String.fromCharCode(PLAIN) + JSON.stringify(value));
}

function packCompressed(value: unknown): Buffer {
  const text = brotliCompressSync(JSON.stringify(value), BROTLI);
  return Buffer.concat([Buffer.of(COMPRESSED), text]);
}

/** @throws Error for bytes that were packed in another way */
export function unpack(bytes: Buffer): unknown {
  const [format] = bytes;
  const text = bytes.subarray(1);
  if (format === PLAIN) return JSON.parse(text.toString());
  if (format === COMPRESSED) return JSON.parse(brotliDecompressSync(text).toString());
  throw new Error('a record of a format that is not known');
}
