import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';

import { startDeadline, withTimeLimit } from '../lib/deadline.js';
import { block } from './support/stall.js';

/** Resolves when the deadline is missed. */
function missed(limitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  return new Promise((resolve) => {
    startDeadline(limitMs, () => resolve(performance.now() - startedAtMs));
  });
}

describe('a deadline', () => {
  it('is missed once its time has passed, and not before', async () => {
    expect(await missed(60)).toBeGreaterThanOrEqual(60);
    expect(await missed(1)).toBeGreaterThanOrEqual(1);
  });

  it('FA-33: does not count the time for which the event loop was blocked', async () => {
    const waiting = missed(100);
    block(300);
    expect(await waiting).toBeGreaterThanOrEqual(380);
  });

  it('FA-33: is missed in the end, however often the event loop is blocked', async () => {
    let isMissed = false;
    startDeadline(300, () => {
      isMissed = true;
    });
    // Throttled: a tenth of the time is available.
    for (let rounds = 0; !isMissed; rounds += 1) {
      expect(rounds).toBeLessThan(100);
      block(90);
      for (const until = performance.now() + 10; performance.now() < until; ) await turn();
    }
  });

  it('is not missed once it has ended, even with its last timer behind it', async () => {
    let isMissed = false;
    const end = startDeadline(1, () => {
      isMissed = true;
    });
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    end();
    await turn();
    await turn();
    expect(isMissed).toBe(false);
  });

  it('rejects a task that takes longer, and tells it to stop', async () => {
    let isAborted = false;
    const task = withTimeLimit(
      20,
      (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            isAborted = true;
          });
        }),
      () => new Error('too late'),
    );
    await expect(task).rejects.toThrow('too late');
    expect(isAborted).toBe(true);
  });
});
