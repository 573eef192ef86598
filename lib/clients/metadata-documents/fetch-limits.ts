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
/**
 * Above that each caller still has this many, so that callers who ask for paths that fail do not cut off
 * the clients of that host from everybody.
 */
const MAX_PER_CALLER_OF_BUSY_HOST = 3;
/** Fetches from one host in a window, whoever calls. */
const MAX_PER_BUSY_HOST = 600;
/** Fetches for one caller in a window, from all hosts. */
const MAX_PER_CALLER = 30;
/** Fetches under way at once, all together: ten callers' at their most, and still only some 500 kB. */
const MAX_CONCURRENT = 100;
/** The same for one caller. */
const MAX_CONCURRENT_PER_CALLER = 10;
/** Hosts and callers counted; the ones not asked for longest are forgotten first. */
const MAX_COUNTED = 10_000;

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
  const counts = createWindows(now);
  const underWay = new Map<string, number>();
  let allUnderWay = 0;

  /** Only what is admitted counts: a refused fetch costs the host nothing. */
  function admit(hostname: string, caller: string | undefined): void {
    // A caller and a host may both be an IP address.
    const keys = {
      host: `host ${hostname}`,
      pair: `${hostname} for ${caller}`,
      caller: `for ${caller}`,
    };
    if (caller !== undefined) {
      if ((underWay.get(caller) ?? 0) >= MAX_CONCURRENT_PER_CALLER) {
        throw limited(`${MAX_CONCURRENT_PER_CALLER} fetches are under way for one caller`);
      }
      if (counts.of(keys.caller) >= MAX_PER_CALLER) {
        throw limited(`over ${MAX_PER_CALLER} fetches for one caller in ${WINDOW_SECONDS} s`);
      }
    }
    if (allUnderWay >= MAX_CONCURRENT) throw limited(`${MAX_CONCURRENT} fetches are under way`);
    const ofHost = counts.of(keys.host);
    const isFew = counts.of(keys.pair) < MAX_PER_CALLER_OF_BUSY_HOST;
    if (ofHost >= MAX_PER_BUSY_HOST || (ofHost >= MAX_PER_HOST && !isFew)) {
      throw limited(`over ${MAX_PER_HOST} fetches from ${hostname} in ${WINDOW_SECONDS} s`);
    }
    for (const key of Object.values(keys)) counts.add(key);
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

/** How often something happened under a key in the current window. */
interface Windows {
  of(key: string): number;
  add(key: string): void;
}

function createWindows(now: () => number): Windows {
  const windows = new LRUCache<string, { readonly endsAt: number; count: number }>({
    max: MAX_COUNTED,
  });
  function current(key: string): { readonly endsAt: number; count: number } | undefined {
    const window = windows.get(key);
    return window !== undefined && now() < window.endsAt ? window : undefined;
  }
  return {
    of: (key) => current(key)?.count ?? 0,
    add(key) {
      const window = current(key);
      if (window !== undefined) window.count += 1;
      else windows.set(key, { endsAt: now() + WINDOW_SECONDS, count: 1 });
    },
  };
}

function limited(detail: string): ClientMetadataError {
  return new ClientMetadataError('rate_limited', detail);
}
