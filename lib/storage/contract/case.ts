/**
 * What the cases of the contract are made of.
 *
 * @module
 */
import assert from 'node:assert/strict';

import type { Storage } from '../storage.js';

/** What holds, and the check of it with a key that nobody else uses. */
export type Case = readonly [title: string, check: (store: Storage, key: string) => Promise<void>];

/** Longer than a request takes, so that only the cases about expiry see one. */
export const TTL_SECONDS = 60;

/** The bytes of a text. */
export function bytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/** Compares content, whatever the class of the bytes. */
export function assertBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert.ok(actual !== undefined, 'the value is absent');
  assert.equal(Buffer.compare(actual, expected), 0, 'the value has other bytes');
}
