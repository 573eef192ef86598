/**
 * Cases about expiry and about memberships, which expire one by one.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { assertBytes, bytes, type Case, TTL_SECONDS } from './case.js';

/** Values end by themselves. */
export const EXPIRY: readonly Case[] = [
  [
    'a value is there for its lifetime and gone a second after',
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
    'every write sets the lifetime anew, longer or shorter',
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

/** Members come and go, and end by themselves. */
export const MEMBERS: readonly Case[] = [
  [
    'members are the ones added and not removed, each once',
    async (store, index) => {
      assert.deepEqual(await store.members(index), []);
      for (const member of ['a', 'b', 'b', 'c']) await store.addMember(index, member, TTL_SECONDS);
      await store.removeMember(index, 'a');
      await store.removeMember(index, 'never there');
      assert.deepEqual((await store.members(index)).sort(), ['b', 'c']);
    },
  ],
  [
    'an index and a value of the same name have nothing to do with each other',
    async (store, key) => {
      await store.set(key, bytes('value'), TTL_SECONDS);
      await store.addMember(key, 'member', TTL_SECONDS);
      await store.delete(key);
      assert.deepEqual(await store.members(key), ['member']);
    },
  ],
  [
    'each membership ends by itself, and adding it again renews it',
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
