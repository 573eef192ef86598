/**
 * Cases about one value under one key.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { assertBytes, bytes, type Case, TTL_SECONDS } from './case.js';

const MEGABYTE = 1024 * 1024;

/** Keys that a careless driver mixes up, cuts short or refuses. */
const AWKWARD_KEYS: readonly string[] = [
  '',
  ' ',
  'a\0b',
  'a\0c',
  'line\nbreak\r\n',
  'tab\t"quote" \'quote\' \\ back',
  'grüße/日本語/👩‍🚀',
  '{brace}*?[x]',
  '../../etc/passwd',
  `${'k'.repeat(2048)}1`,
  `${'k'.repeat(2048)}2`,
];

/** Reading, writing, comparing, deleting; sizes, keys and lifetimes. */
export const VALUES: readonly Case[] = [
  [
    'get is undefined for a key that was never written',
    async (store, key) => assert.equal(await store.get(key), undefined),
  ],
  [
    'set writes bytes as they are, over whatever was there',
    async (store, key) => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await store.set(key, bytes('before'), TTL_SECONDS);
      await store.set(key, everyByte, TTL_SECONDS);
      assertBytes(await store.get(key), everyByte);
    },
  ],
  [
    'what a caller does to its bytes afterwards changes nothing in the store',
    async (store, key) => {
      const value = bytes('kept');
      await store.set(key, value, TTL_SECONDS);
      value.fill(0);
      assertBytes(await store.get(key), bytes('kept'));
    },
  ],
  [
    'add writes where nothing is, and only there',
    async (store, key) => {
      assert.equal(await store.add(key, bytes('first'), TTL_SECONDS), true);
      assert.equal(await store.add(key, bytes('second'), TTL_SECONDS), false);
      assertBytes(await store.get(key), bytes('first'));
    },
  ],
  [
    'take gives the value once',
    async (store, key) => {
      await store.set(key, bytes('once'), TTL_SECONDS);
      assertBytes(await store.take(key), bytes('once'));
      assert.equal(await store.take(key), undefined);
      assert.equal(await store.get(key), undefined);
    },
  ],
  [
    'update writes only if the stored bytes are the expected ones',
    async (store, key) => {
      assert.equal(await store.update(key, bytes('a'), bytes('b'), TTL_SECONDS), false);
      await store.set(key, bytes('a'), TTL_SECONDS);
      assert.equal(await store.update(key, bytes('x'), bytes('b'), TTL_SECONDS), false);
      assert.equal(await store.update(key, bytes('a'), bytes('b'), TTL_SECONDS), true);
      assertBytes(await store.get(key), bytes('b'));
    },
  ],
  [
    'delete removes a value and does not mind a missing one',
    async (store, key) => {
      await store.set(key, bytes('gone'), TTL_SECONDS);
      await store.delete(key);
      await store.delete(key);
      assert.equal(await store.get(key), undefined);
    },
  ],
  [
    'a value may have a megabyte',
    async (store, key) => {
      const large = randomBytes(MEGABYTE);
      const larger = randomBytes(MEGABYTE);
      await store.set(key, large, TTL_SECONDS);
      assertBytes(await store.get(key), large);
      assert.equal(await store.update(key, large, larger, TTL_SECONDS), true);
      assertBytes(await store.take(key), larger);
    },
  ],
  [
    'a key, an index and a member may be any text, of 2 kB and more',
    async (store, key) => {
      const keys = AWKWARD_KEYS.map((awkward) => `${key}${awkward}`);
      for (const each of keys) await store.set(each, bytes(each), TTL_SECONDS);
      for (const each of keys) assertBytes(await store.get(each), bytes(each));
      for (const each of keys) await store.addMember(each, each, TTL_SECONDS);
      for (const each of keys) assert.deepEqual(await store.members(each), [each]);
    },
  ],
  [
    'a lifetime that is no whole number above 0 is refused',
    async (store, key) => {
      for (const ttlSeconds of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(store.set(key, bytes('v'), ttlSeconds), RangeError);
        await assert.rejects(store.add(key, bytes('v'), ttlSeconds), RangeError);
        await assert.rejects(store.update(key, bytes('v'), bytes('w'), ttlSeconds), RangeError);
        await assert.rejects(store.addMember(key, 'm', ttlSeconds), RangeError);
      }
      assert.equal(await store.get(key), undefined);
    },
  ],
];
