/**
 * Cases about many callers at once.
 *
 * @module
 */
import assert from 'node:assert/strict';

import { assertBytes, bytes, type Case, TTL_SECONDS } from './case.js';

/** How many callers compete. */
const RIVALS = 50;

/** Of many callers one wins, and no write is lost. */
export const RACES: readonly Case[] = [
  [
    `of ${RIVALS} parallel takes one gets the value`,
    async (store, key) => {
      await store.set(key, bytes('prize'), TTL_SECONDS);
      const taken = await rivals(() => store.take(key));
      assert.equal(taken.filter((value) => value !== undefined).length, 1);
    },
  ],
  [
    `of ${RIVALS} parallel adds one wins, and its value stays`,
    async (store, key) => {
      const added = await rivals((rival) => store.add(key, bytes(`${rival}`), TTL_SECONDS));
      const winners = added.flatMap((won, rival) => (won ? [rival] : []));
      assert.equal(winners.length, 1);
      assertBytes(await store.get(key), bytes(`${winners[0]}`));
    },
  ],
  [
    `${RIVALS} parallel compare-and-set loops lose no write`,
    async (store, key) => {
      await store.set(key, bytes('0'), TTL_SECONDS);
      await rivals(async () => {
        for (let isDone = false; !isDone; ) {
          const current = await store.get(key);
          assert.ok(current !== undefined);
          const next = bytes(`${Number(textOf(current)) + 1}`);
          isDone = await store.update(key, current, next, TTL_SECONDS);
        }
      });
      assertBytes(await store.get(key), bytes(`${RIVALS}`));
    },
  ],
  [
    `${RIVALS} members added in parallel are all there`,
    async (store, index) => {
      await rivals((rival) => store.addMember(index, `member ${rival}`, TTL_SECONDS));
      assert.equal((await store.members(index)).length, RIVALS);
    },
  ],
];

function rivals<T>(compete: (rival: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: RIVALS }, (_, rival) => compete(rival)));
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}
