/**
 * Cache of fetched documents: as long as HTTP allows and a day at most (RFC 9111 §4.2, and §4.4 of the CIMD draft), one
 * fetch at a time per URL, and the last good copy while the host is down.
 *
 * Errors are not cached. A host that cannot be reached is left alone for ten seconds.
 */
import { LRUCache } from 'lru-cache';

import { trimOws } from '../../oauth/optional-whitespace.js';
import { ClientMetadataError } from './client-metadata-error.js';

/** A response header by its lower-case name; empty where there is none. */
export type ResponseHeader = (name: string) => string;

/** For a response without caching headers. */
const DEFAULT_LIFETIME_SECONDS = 10 * 60;
/** Longest time without a fetch, whatever the host allows. */
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
/** How long after its fetch a copy can be used for a host that is down. */
const MAX_STALE_SECONDS = 24 * 60 * 60;
/** How long a host that could not be reached is left alone. */
const BACK_OFF_SECONDS = 10;
/** A renewal this soon after the last fetch is served from the cache. */
const MIN_RENEWAL_SECONDS = 30;
const MAX_DOCUMENTS = 1_000;

export interface DocumentCache<T> {
  /**
   * @param isRenewal fetches although the cached copy is fresh, e.g. after a key rotation
   * @throws ClientMetadataError there is no usable copy
   */
  find(url: string, isRenewal?: boolean): Promise<T>;
}

/** Called for every load that failed; `isCopyUsed` if the last good copy is used. */
export type OnLoadFailure = (url: string, error: ClientMetadataError, isCopyUsed: boolean) => void;

/** `minLifetimeSeconds` overrides the host: for a URL that many callers can make this server fetch. Default: 0. */
type Load<T> = (
  url: string,
) => Promise<{ value: T; header: ResponseHeader; minLifetimeSeconds?: number }>;

interface Cached<T> {
  readonly value: T;
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

/** @param now unix seconds */
export function createDocumentCache<T>(
  load: Load<T>,
  onFailure: OnLoadFailure,
  now: () => number,
): DocumentCache<T> {
  const cached = new LRUCache<string, Cached<T>>({ max: MAX_DOCUMENTS });
  const outages = new LRUCache<string, { error: ClientMetadataError; until: number }>({
    max: MAX_DOCUMENTS,
  });
  const inFlight = new Map<string, Promise<T>>();

  async function fetchAndCache(url: string): Promise<T> {
    const { value, header, minLifetimeSeconds = 0 } = await load(url);
    const allowed = lifetimeSeconds(header, now());
    const seconds = Math.max(allowed ?? 0, minLifetimeSeconds);
    if (allowed === undefined && seconds === 0) cached.delete(url);
    else cached.set(url, { value, fetchedAt: now(), freshUntil: now() + seconds });
    return value;
  }

  function lastGoodCopy(url: string, error: ClientMetadataError): Cached<T> | undefined {
    const copy = cached.get(url);
    if (error.isTemporary) {
      return copy && now() < copy.fetchedAt + MAX_STALE_SECONDS ? copy : undefined;
    }
    // The host responded that there is no such client: it is withdrawn.
    cached.delete(url);
    return undefined;
  }

  async function refresh(url: string): Promise<T> {
    const outage = outages.get(url);
    if (outage !== undefined && now() < outage.until) {
      const copy = lastGoodCopy(url, outage.error);
      if (copy === undefined) throw outage.error;
      return copy.value;
    }
    try {
      return await fetchAndCache(url);
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error;
      if (error.reason === 'unreachable' || error.reason === 'timeout') {
        outages.set(url, { error, until: now() + BACK_OFF_SECONDS });
      }
      const copy = lastGoodCopy(url, error);
      onFailure(url, error, copy !== undefined);
      if (copy === undefined) throw error;
      return copy.value;
    }
  }

  return {
    find(url, isRenewal = false) {
      const copy = cached.get(url);
      const isDue = isRenewal && copy && now() >= copy.fetchedAt + MIN_RENEWAL_SECONDS;
      if (copy && now() < copy.freshUntil && !isDue) return Promise.resolve(copy.value);
      let fetching = inFlight.get(url);
      if (fetching === undefined) {
        fetching = refresh(url).finally(() => inFlight.delete(url));
        inFlight.set(url, fetching);
      }
      return fetching;
    },
  };
}

/**
 * How long a response can be used without another fetch; undefined for one that must not be cached.
 *
 * @param now unix seconds
 */
export function lifetimeSeconds(header: ResponseHeader, now: number): number | undefined {
  const directives = header('cache-control').toLowerCase().split(',').map(trimOws);
  if (directives.includes('no-store')) return undefined;
  if (directives.some((part) => part === 'no-cache' || part.startsWith('no-cache='))) return 0;
  const seconds =
    maxAge(directives, header('age')) ?? untilExpiry(header('expires'), header('date'), now);
  return Math.min(Math.max(seconds ?? DEFAULT_LIFETIME_SECONDS, 0), MAX_LIFETIME_SECONDS);
}

function maxAge(directives: readonly string[], age: string): number | undefined {
  const given = directives.filter((part) => /^max-age\b/.test(part));
  if (given.length === 0) return undefined;
  // RFC 9111 §4.2.1: an unreadable value counts as stale; of several, the shortest is safe.
  const seconds = given.map((part) => Number(/^max-age="?(\d+)"?$/.exec(part)?.[1] ?? 0));
  return Math.min(...seconds) - (/^\d+$/.test(age) ? Number(age) : 0);
}

function untilExpiry(expires: string, date: string, now: number): number | undefined {
  if (expires === '') return undefined;
  const sentAt = Number.isNaN(Date.parse(date)) ? now : Date.parse(date) / 1000;
  const endsAt = Date.parse(expires) / 1000;
  // RFC 9111 §5.3: an invalid date, `0` above all, means already expired.
  return Number.isNaN(endsAt) || expires === '0' ? 0 : endsAt - sentAt;
}
