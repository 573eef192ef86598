/**
 * A document of Auth0's that changes rarely: fetched on first use, by one request at a time, and
 * kept while Auth0 is away.
 *
 * Nobody waits for it who need not: it is renewed before it is stale, and during an outage, once that is
 * known, the last good one is given at once while the next attempts are made in the background.
 *
 * @module
 */

/** See {@link createCachedDocument}. */
export interface CachedDocument<T> {
  /** The document: the last good one if it is fresh or if no newer one can be had. */
  get(): Promise<T>;
  /** What {@link get} gives where it need not wait; undefined where it would. */
  atOnce(): T | undefined;
  /** Fetches it anew whatever its age. @throws what loading threw, also just before */
  renew(): Promise<T>;
}

/** What {@link createCachedDocument} needs. */
export interface CachedDocumentDeps<T> {
  readonly load: () => Promise<T>;
  readonly now: () => number;
  /** How long it is used without asking again. */
  readonly freshSeconds: number;
  /** How long before the end of that it is renewed while in use. Default 0. */
  readonly renewAheadSeconds?: number;
  /** How long after a failure the next attempt waits, so that an outage is not made worse. */
  readonly retrySeconds: number;
}

/** So long after a failed attempt an outage counts as known, in seconds. */
const OUTAGE_SECONDS = 60;

/** Nothing is fetched before the first call. */
export function createCachedDocument<T>(deps: CachedDocumentDeps<T>): CachedDocument<T> {
  let last: { readonly document: T; readonly loadedAt: number } | undefined;
  let failure: { readonly error: unknown; readonly failedAt: number } | undefined;
  let loading: Promise<T> | undefined;
  const { freshSeconds, renewAheadSeconds = 0 } = deps;

  /** A clock set back must not turn seconds into hours: hence the absolute value. */
  function since(time: number): number {
    return Math.abs(deps.now() - time);
  }

  async function load(): Promise<T> {
    try {
      const document = await deps.load();
      last = { document, loadedAt: deps.now() };
      failure = undefined;
      return document;
    } catch (error) {
      failure = { error, failedAt: deps.now() };
      throw error;
    } finally {
      loading = undefined;
    }
  }

  function renew(): Promise<T> {
    if (failure !== undefined && since(failure.failedAt) < deps.retrySeconds) {
      return Promise.reject(failure.error);
    }
    loading ??= load();
    return loading;
  }

  function renewInBackground(): void {
    const hasJustFailed = failure !== undefined && since(failure.failedAt) < deps.retrySeconds;
    // Whoever needs it hears of a failure; nobody waits here.
    if (loading === undefined && !hasJustFailed) renew().catch(() => {});
  }

  function atOnce(): T | undefined {
    if (last === undefined) return undefined;
    const age = since(last.loadedAt);
    const isKnownOutage = failure !== undefined && since(failure.failedAt) < OUTAGE_SECONDS;
    if (age >= freshSeconds && !isKnownOutage) return undefined;
    if (age >= freshSeconds - renewAheadSeconds) renewInBackground();
    return last.document;
  }

  return {
    atOnce,
    async get() {
      const ready = atOnce();
      if (ready !== undefined) return ready;
      const known = last;
      return known === undefined ? renew() : renew().catch(() => known.document);
    },
    renew,
  };
}
