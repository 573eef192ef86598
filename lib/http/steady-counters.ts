/**
 * Rate-limit counters that never hold a request up: in the shared store while that answers at once,
 * else in this process.
 *
 * @module
 */
import type { Options, Store } from 'express-rate-limit';

import { withTimeLimit } from '../deadline.js';

/** Time the shared store has. With the deadline of a storage verb it stays below a second. */
const PATIENCE_MS = 150;

/** After a failure: the store is left alone for so long, so that only one request in a while waits. */
const PAUSE_MS = 1_000;

/** What is asked of a shared store. */
type SharedCounters = Pick<Store, 'init' | 'get' | 'increment' | 'decrement' | 'resetKey'>;

/**
 * Puts shared and local counters together.
 *
 * @param shared counters of all instances; without them there are only the local ones
 * @param local counters of this process
 */
export type Steadily = (shared: SharedCounters | undefined, local: Store) => Store;

/** All that are made by one of these pause together: a request that is counted twice waits once. */
export function createSteadyCounters(): Steadily {
  let pausedUntilMs = 0;

  async function inTime<T>(ask: () => Promise<T> | T): Promise<T | undefined> {
    if (performance.now() < pausedUntilMs) return undefined;
    try {
      const tooSlow = (): Error => new Error('the counters are slow');
      return await withTimeLimit(PATIENCE_MS, async () => ask(), tooSlow);
    } catch {
      // Which store it is and what ails it is told by the endpoints that cannot do without it.
      pausedUntilMs = performance.now() + PAUSE_MS;
      return undefined;
    }
  }

  return function steadily(shared, local) {
    if (shared === undefined) return local;
    return {
      init(options: Options) {
        shared.init?.(options);
        local.init?.(options);
      },
      get: async (key) => (await inTime(() => shared.get?.(key))) ?? local.get?.(key),
      increment: async (key) => (await inTime(() => shared.increment(key))) ?? local.increment(key),
      async decrement(key) {
        await inTime(() => shared.decrement(key));
      },
      async resetKey(key) {
        await local.resetKey(key);
        await inTime(() => shared.resetKey(key));
      },
      shutdown: () => local.shutdown?.(),
    };
  };
}
