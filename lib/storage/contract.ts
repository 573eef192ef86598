/** The contract that every {@link Storage} fulfils, as test cases for any runner. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { Storage } from './storage.js';

/** The parts of a test runner that are used; node:test, jest, vitest and mocha fit. */
export interface ContractRunner {
  /** Groups cases. */
  describe(title: string, body: () => void): unknown;
  /** Registers one case; it fails by rejecting. */
  it(title: string, body: () => Promise<void>): unknown;
}

/**
 * Registers the cases of the contract that every storage fulfils. Some wait for an expiry: all together
 * take about four seconds.
 *
 * ```ts
 * import { describe, it } from 'node:test';
 * import { memoryStorage, storageContract } from 'express-auth0-mcp';
 *
 * // Yours in place of memoryStorage().
 * storageContract({ describe, it }, async () => memoryStorage());
 * ```
 *
 * @param runner of node:test, jest, vitest or mocha
 * @param make called once per case; may return the same store each time, since no two cases share a key
 */
export function storageContract(runner: ContractRunner, make: () => Promise<Storage>): void {
  runner.describe('the Storage contract', () => {
    for (const [title, check] of [...VALUES, ...RACES, ...EXPIRY, ...MEMBERS]) {
      runner.it(title, async () => check(await make(), randomUUID()));
    }
  });
}

/** A title, and a check that gets a key of its own. */
type Case = readonly [title: string, check: (store: Storage, key: string) => Promise<void>];

/** Longer than a case takes, so that only the cases about expiry see one. */
const TTL_SECONDS = 60;

/** The bytes of a text. */
function bytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

/** Compares content, whatever the class of the bytes. */
function assertBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert.ok(actual !== undefined, 'the value is absent');
  assert.equal(Buffer.compare(actual, expected), 0, 'the value has other bytes');
}

const MEGABYTE = 1024 * 1024;

/** Keys that a careless driver confuses, truncates or rejects. */
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

/** One value under one key. */
const VALUES: readonly Case[] = [
  [
    'get is undefined for a key that was never written',
    async (store, key) => assert.equal(await store.get(key), undefined),
  ],
  [
    'set writes bytes unchanged, over any earlier value',
    async (store, key) => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await store.set(key, bytes('before'), TTL_SECONDS);
      await store.set(key, everyByte, TTL_SECONDS);
      assertBytes(await store.get(key), everyByte);
    },
  ],
  [
    'changing the bytes after a write does not change the store',
    async (store, key) => {
      const value = bytes('kept');
      await store.set(key, value, TTL_SECONDS);
      value.fill(0);
      assertBytes(await store.get(key), bytes('kept'));
    },
  ],
  [
    'add writes only if the key is absent',
    async (store, key) => {
      assert.equal(await store.add(key, bytes('first'), TTL_SECONDS), true);
      assert.equal(await store.add(key, bytes('second'), TTL_SECONDS), false);
      assertBytes(await store.get(key), bytes('first'));
    },
  ],
  [
    'take returns the value once',
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
    'delete removes a value and ignores an absent one',
    async (store, key) => {
      await store.set(key, bytes('gone'), TTL_SECONDS);
      await store.delete(key);
      await store.delete(key);
      assert.equal(await store.get(key), undefined);
    },
  ],
  [
    'a value may be one megabyte',
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
    'a TTL that is not a whole number above 0 is rejected',
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

/** Number of parallel callers. */
const CALLERS = 50;

/** Parallel callers. */
const RACES: readonly Case[] = [
  [
    `of ${CALLERS} parallel takes one returns the value`,
    async (store, key) => {
      await store.set(key, bytes('prize'), TTL_SECONDS);
      const taken = await inParallel(() => store.take(key));
      assert.equal(taken.filter((value) => value !== undefined).length, 1);
    },
  ],
  [
    `of ${CALLERS} parallel adds one wins, and its value stays`,
    async (store, key) => {
      const added = await inParallel((caller) => store.add(key, bytes(`${caller}`), TTL_SECONDS));
      const winners = added.flatMap((won, caller) => (won ? [caller] : []));
      assert.equal(winners.length, 1);
      assertBytes(await store.get(key), bytes(`${winners[0]}`));
    },
  ],
  [
    `${CALLERS} parallel compare-and-set loops lose no write`,
    async (store, key) => {
      await store.set(key, bytes('0'), TTL_SECONDS);
      await inParallel(async () => {
        for (let isDone = false; !isDone; ) {
          const current = await store.get(key);
          assert.ok(current !== undefined);
          const next = bytes(`${Number(textOf(current)) + 1}`);
          isDone = await store.update(key, current, next, TTL_SECONDS);
        }
      });
      assertBytes(await store.get(key), bytes(`${CALLERS}`));
    },
  ],
  [
    `${CALLERS} members added in parallel are all there`,
    async (store, index) => {
      await inParallel((caller) => store.addMember(index, `member ${caller}`, TTL_SECONDS));
      assert.equal((await store.members(index)).length, CALLERS);
    },
  ],
];

function inParallel<T>(call: (caller: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}

/** Expiry of values. */
const EXPIRY: readonly Case[] = [
  [
    'a value exists for its TTL and is gone a second later',
    async (store, key) => {
      await store.set(key, bytes('brief'), 2);
      await store.add(`${key}:added`, bytes('brief'), 2);
      await pause(1_200);
      assertBytes(await store.get(key), bytes('brief'));
      assertBytes(await store.get(`${key}:added`), bytes('brief'));
      await pause(1_800);
      assert.equal(await store.get(key), undefined);
      assert.equal(await store.take(`${key}:added`), undefined);
      assert.equal(await store.update(key, bytes('brief'), bytes('next'), 2), false);
      assert.equal(await store.add(key, bytes('again'), 2), true);
    },
  ],
  [
    'every write sets a new TTL, longer or shorter',
    async (store, key) => {
      await store.set(`${key}:up`, bytes('a'), 1);
      await store.update(`${key}:up`, bytes('a'), bytes('b'), TTL_SECONDS);
      await store.set(`${key}:down`, bytes('a'), TTL_SECONDS);
      await store.set(`${key}:down`, bytes('b'), 1);
      await pause(1_500);
      assertBytes(await store.get(`${key}:up`), bytes('b'));
      assert.equal(await store.get(`${key}:down`), undefined);
    },
  ],
];

/** Members of an index, which expire one by one. */
const MEMBERS: readonly Case[] = [
  [
    'members are those added and not removed, each once',
    async (store, index) => {
      assert.deepEqual(await store.members(index), []);
      for (const member of ['a', 'b', 'b', 'c']) await store.addMember(index, member, TTL_SECONDS);
      await store.removeMember(index, 'a');
      await store.removeMember(index, 'never there');
      assert.deepEqual((await store.members(index)).sort(), ['b', 'c']);
    },
  ],
  [
    'an index and a value of the same name are independent',
    async (store, key) => {
      await store.set(key, bytes('value'), TTL_SECONDS);
      await store.addMember(key, 'member', TTL_SECONDS);
      await store.delete(key);
      assert.deepEqual(await store.members(key), ['member']);
    },
  ],
  [
    'each membership expires separately, and adding it again renews it',
    async (store, index) => {
      await store.addMember(index, 'brief', 1);
      await store.addMember(index, 'renewed', 1);
      await store.addMember(index, 'renewed', TTL_SECONDS);
      await store.addMember(index, 'lasting', TTL_SECONDS);
      await pause(1_500);
      assert.deepEqual((await store.members(index)).sort(), ['lasting', 'renewed']);
    },
  ],
];
