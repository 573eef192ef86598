import { stat } from 'node:fs/promises';

import { describe, expect, it } from '@jest/globals';
import { MemoryStore, type Options, type Store } from 'express-rate-limit';

import { createSteadyCounters } from '../../lib/http/steady-counters.js';
import { block } from '../support/stall.js';

const OPTIONS = { windowMs: 60_000 } as Options;

/** A shared store whose answers can be held back or refused. */
function moodyStore() {
  const inner = new MemoryStore();
  const mood = { asked: 0, is: 'well' as 'well' | 'broken' | 'silent' | 'outside' };
  const store: Pick<Store, 'increment' | 'decrement' | 'resetKey' | 'init'> = {
    init: (options) => inner.init(options),
    async increment(key) {
      mood.asked += 1;
      if (mood.is === 'broken') throw new Error('the store is away');
      if (mood.is === 'silent') return new Promise(() => undefined);
      // The reply comes from outside of this process, and has to be read.
      if (mood.is === 'outside') await stat('.');
      return inner.increment(key);
    },
    decrement: (key) => inner.decrement(key),
    resetKey: (key) => inner.resetKey(key),
  };
  return { store, mood };
}

function counters() {
  const { store, mood } = moodyStore();
  const local = new MemoryStore();
  const steadily = createSteadyCounters();
  const steady = steadily(store, local);
  void steady.init?.(OPTIONS);
  const hit = async () => (await steady.increment('caller')).totalHits;
  return { steady, mood, hit };
}

describe('rate-limit counters', () => {
  it('are the shared ones as long as these answer', async () => {
    const { steady, mood, hit } = counters();
    expect([await hit(), await hit(), await hit()]).toEqual([1, 2, 3]);
    await steady.decrement('caller');
    expect(await hit()).toBe(3);
    await steady.resetKey('caller');
    expect(await hit()).toBe(1);
    expect(mood.asked).toBe(5);
    await steady.shutdown?.();
  });

  it('FA-33: are the shared ones when this process is blocked while it waits for them', async () => {
    const { steady, mood, hit } = counters();
    expect(await hit()).toBe(1);
    mood.is = 'outside';
    const counted = hit();
    block(400);
    expect([await counted, await hit()]).toEqual([2, 3]);
    await steady.shutdown?.();
  });

  it.each(['broken', 'silent'] as const)(
    'are those of this process while the shared store is %s, which is not asked again at once',
    async (state) => {
      const { steady, mood, hit } = counters();
      expect(await hit()).toBe(1);
      mood.is = state;
      expect([await hit(), await hit(), await hit()]).toEqual([1, 2, 3]);
      expect(mood.asked).toBe(2);
      mood.is = 'well';
      while (mood.asked === 2) {
        await hit();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await hit()).toBe(3);
      await steady.shutdown?.();
    },
  );
});
