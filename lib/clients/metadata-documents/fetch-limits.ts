/**
 * How much fetching strangers can make us do: so many a minute at one host and for one caller, so many
 * at once.
 *
 * A client id is free text in a URL anybody can open, so without this we would be a tool to flood
 * others with, and they one to keep us busy: a few hosts that take their time, or a thousand documents
 * that push everybody else's out of the cache.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

import { requestContext } from '../../config/request-context.js';
import { ClientMetadataError } from './client-metadata-error.js';

const WINDOW_SECONDS = 60;
/** Fetches from one host in a window: enough for a document that forbids caching. */
const MAX_PER_HOST = 60;
/** Fetches for one caller in a window: half of a host's, so that nobody uses that up alone. */
const MAX_PER_CALLER = 30;
/** Fetches under way at once, all together: ten callers' at their most, and still only some 500 kB. */
const MAX_CONCURRENT = 100;
/** The same for one caller. */
const MAX_CONCURRENT_PER_CALLER = 10;
/** Hosts and callers counted; the ones not asked for longest are forgotten first. */
const MAX_COUNTED = 1_000;

/** Gate before every fetch. */
export interface FetchLimits {
  /**
   * Runs `fetch` if there is room for it, for whoever sent the current request.
   *
   * @throws ClientMetadataError `rate_limited`
   */
  run<T>(hostname: string, fetch: () => Promise<T>): Promise<T>;
}

/** @param now unix seconds */
export function createFetchLimits(now: () => number): FetchLimits {
  const countForHost = createWindows(now);
  const countForCaller = createWindows(now);
  const underWay = new Map<string, number>();
  let allUnderWay = 0;

  /** The caller's own first: whoever is refused by those uses nothing up that others need. */
  function admit(hostname: string, caller: string | undefined): void {
    if (caller !== undefined) {
      if ((underWay.get(caller) ?? 0) >= MAX_CONCURRENT_PER_CALLER) {
        throw limited(`${MAX_CONCURRENT_PER_CALLER} fetches are under way for one caller`);
      }
      if (countForCaller(caller) > MAX_PER_CALLER) {
        throw limited(`over ${MAX_PER_CALLER} fetches for one caller in ${WINDOW_SECONDS} s`);
      }
    }
    if (allUnderWay >= MAX_CONCURRENT) throw limited(`${MAX_CONCURRENT} fetches are under way`);
    if (countForHost(hostname) > MAX_PER_HOST) {
      throw limited(`over ${MAX_PER_HOST} fetches from ${hostname} in ${WINDOW_SECONDS} s`);
    }
  }

  function note(caller: string | undefined, change: 1 | -1): void {
    allUnderWay += change;
    if (caller === undefined) return;
    const left = (underWay.get(caller) ?? 0) + change;
    if (left === 0) underWay.delete(caller);
    else underWay.set(caller, left);
  }

  return {
    async run(hostname, fetch) {
      const caller = requestContext()?.caller;
      admit(hostname, caller);
      note(caller, 1);
      try {
        return await fetch();
      } finally {
        note(caller, -1);
      }
    },
  };
}

/** @returns counts one under a key, and says how many there are in its window */
function createWindows(now: () => number): (key: string) => number {
  const windows = new LRUCache<string, { readonly endsAt: number; count: number }>({
    max: MAX_COUNTED,
  });
  return function count(key) {
    let window = windows.get(key);
    if (window === undefined || now() >= window.endsAt) {
      window = { endsAt: now() + WINDOW_SECONDS, count: 0 };
      windows.set(key, window);
    }
    window.count += 1;
    return window.count;
  };
}

function limited(detail: string): ClientMetadataError {
  return new ClientMetadataError('rate_limited', detail);
}
