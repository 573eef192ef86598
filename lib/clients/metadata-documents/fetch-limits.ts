/**
 * How much fetching strangers can make us do: so many a minute at one host, so many at once.
 *
 * A client id is free text in a URL anybody can open, so without this we would be a tool to flood
 * others with, and they one to keep us busy.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

import { ClientMetadataError } from './client-metadata-error.js';

/** Fetches from one host in a window: enough for a document that forbids caching. */
const MAX_PER_HOST = 30;
const WINDOW_SECONDS = 60;
/**
 * Fetches under way at once, all hosts together: five times what one address can keep busy with hosts
 * that take their five seconds (240 login pages a minute), and still only some 500 kB.
 */
const MAX_CONCURRENT = 100;
/** Hosts counted; the ones not asked for longest are forgotten first. */
const MAX_HOSTS = 1_000;

/** Gate before every fetch. */
export interface FetchLimits {
  /**
   * Runs `fetch` if there is room for it.
   *
   * @throws ClientMetadataError `rate_limited`
   */
  run<T>(hostname: string, fetch: () => Promise<T>): Promise<T>;
}

/** @param now unix seconds */
export function createFetchLimits(now: () => number): FetchLimits {
  const windows = new LRUCache<string, { readonly endsAt: number; count: number }>({
    max: MAX_HOSTS,
  });
  let underWay = 0;

  function countFor(hostname: string): number {
    let window = windows.get(hostname);
    if (window === undefined || now() >= window.endsAt) {
      window = { endsAt: now() + WINDOW_SECONDS, count: 0 };
      windows.set(hostname, window);
    }
    window.count += 1;
    return window.count;
  }

  return {
    async run(hostname, fetch) {
      if (underWay >= MAX_CONCURRENT) {
        throw new ClientMetadataError('rate_limited', `${MAX_CONCURRENT} fetches are under way`);
      }
      if (countFor(hostname) > MAX_PER_HOST) {
        const detail = `over ${MAX_PER_HOST} fetches from ${hostname} in ${WINDOW_SECONDS} s`;
        throw new ClientMetadataError('rate_limited', detail);
      }
      underWay += 1;
      try {
        return await fetch();
      } finally {
        underWay -= 1;
      }
    },
  };
}
