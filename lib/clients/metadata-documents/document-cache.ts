/**
 * Keeps what was fetched: as long as HTTP says and a day allows, one fetch at a time per URL, and the
 * last good copy while the host is down.
 *
 * Spec: RFC 9111 §4.2 (freshness), draft-ietf-oauth-client-id-metadata-document-03 §4.4 (bounds; errors
 * are not cached). A host that cannot be reached at all is left alone for a moment, which is
 * no cached answer: there was none.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

import { trimOws } from '../../oauth/optional-whitespace.js';
import { ClientMetadataError } from './client-metadata-error.js';

/** Response headers that bear on caching; empty where there was none. */
export interface HttpCaching {
  readonly cacheControl: string;
  readonly expires: string;
  readonly date: string;
  readonly age: string;
}

/** How long to keep a document that says nothing. */
const DEFAULT_LIFETIME_SECONDS = 10 * 60;
/** Longest time without asking again, whatever the host allows. */
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
/** How long after its fetch a copy may stand in for a host that is down. */
const MAX_STALE_SECONDS = 24 * 60 * 60;
/** How long a host that could not be reached is not asked again. */
const BACK_OFF_SECONDS = 10;
/** A renewal asked for within this time of the last fetch is answered from the cache. */
const MIN_RENEWAL_SECONDS = 30;
const MAX_DOCUMENTS = 1_000;

/** A cache in front of one kind of document. */
export interface DocumentCache<T> {
  /**
   * @param isRenewal asks for a copy newer than the cached one, e.g. after a key rotation
   * @throws ClientMetadataError when there is no usable copy
   */
  find(url: string, isRenewal?: boolean): Promise<T>;
}

/** Hears of every load that failed; `isCopyUsed` if the last good copy stood in. */
export type OnLoadFailure = (url: string, error: ClientMetadataError, isCopyUsed: boolean) => void;

/** What the cache needs. */
export interface DocumentCacheDeps<T> {
  readonly now: () => number;
  /** Fetches and validates. */
  readonly load: (url: string) => Promise<{ readonly value: T; readonly caching: HttpCaching }>;
  readonly onFailure: OnLoadFailure;
}

interface Kept<T> {
  readonly value: T;
  readonly fetchedAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

/** A bounded cache; the documents not asked for longest go first. */
export function createDocumentCache<T>({
  now,
  load,
  onFailure,
}: DocumentCacheDeps<T>): DocumentCache<T> {
  const kept = new LRUCache<string, Kept<T>>({ max: MAX_DOCUMENTS });
  const failures = new LRUCache<string, { error: ClientMetadataError; until: number }>({
    max: MAX_DOCUMENTS,
  });
  const underWay = new Map<string, Promise<T>>();

  async function fetchAndKeep(url: string): Promise<T> {
    const { value, caching } = await load(url);
    const seconds = lifetimeSeconds(caching, now());
    if (seconds === undefined) kept.delete(url);
    else {
      kept.set(url, {
        value,
        fetchedAt: now(),
        freshUntil: now() + seconds,
        staleUntil: now() + MAX_STALE_SECONDS,
      });
    }
    return value;
  }

  function lastGood(url: string, error: ClientMetadataError): Kept<T> | undefined {
    const last = kept.get(url);
    if (error.isTemporary) return last && now() < last.staleUntil ? last : undefined;
    // The host answered and the answer is no: its client is withdrawn.
    kept.delete(url);
    return undefined;
  }

  async function refresh(url: string): Promise<T> {
    const failure = failures.get(url);
    if (failure !== undefined && now() < failure.until) {
      const copy = lastGood(url, failure.error);
      if (copy === undefined) throw failure.error;
      return copy.value;
    }
    try {
      return await fetchAndKeep(url);
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error;
      if (isOutage(error)) failures.set(url, { error, until: now() + BACK_OFF_SECONDS });
      const copy = lastGood(url, error);
      onFailure(url, error, copy !== undefined);
      if (copy === undefined) throw error;
      return copy.value;
    }
  }

  return {
    find(url, isRenewal = false) {
      const copy = kept.get(url);
      const isDue = isRenewal && copy && now() >= copy.fetchedAt + MIN_RENEWAL_SECONDS;
      if (copy && now() < copy.freshUntil && !isDue) return Promise.resolve(copy.value);
      const running = underWay.get(url);
      if (running !== undefined) return running;
      const started = refresh(url).finally(() => underWay.delete(url));
      underWay.set(url, started);
      return started;
    },
  };
}

/**
 * How long an answer may be used without asking again; undefined for one that must not be kept.
 *
 * @param now unix seconds
 */
export function lifetimeSeconds(caching: HttpCaching, now: number): number | undefined {
  const directives = caching.cacheControl.toLowerCase().split(',').map(trimOws);
  if (directives.includes('no-store')) return undefined;
  if (directives.some((part) => part === 'no-cache' || part.startsWith('no-cache='))) return 0;
  const seconds = maxAge(directives, caching.age) ?? untilExpiry(caching, now);
  return Math.min(Math.max(seconds ?? DEFAULT_LIFETIME_SECONDS, 0), MAX_LIFETIME_SECONDS);
}

function maxAge(directives: readonly string[], age: string): number | undefined {
  const given = directives.filter((part) => /^max-age\b/.test(part));
  if (given.length === 0) return undefined;
  // RFC 9111 §4.2.1: an unreadable value counts as stale; of several, the shortest is safe.
  const seconds = given.map((part) => Number(/^max-age="?(\d+)"?$/.exec(part)?.[1] ?? 0));
  return Math.min(...seconds) - (/^\d+$/.test(age) ? Number(age) : 0);
}

function untilExpiry({ expires, date }: HttpCaching, now: number): number | undefined {
  if (expires === '') return undefined;
  const sentAt = Number.isNaN(Date.parse(date)) ? now : Date.parse(date) / 1000;
  const endsAt = Date.parse(expires) / 1000;
  // RFC 9111 §5.3: an invalid date, `0` above all, means already expired.
  return Number.isNaN(endsAt) || expires === '0' ? 0 : endsAt - sentAt;
}

function isOutage({ reason }: ClientMetadataError): boolean {
  return reason === 'unreachable' || reason === 'timeout';
}
