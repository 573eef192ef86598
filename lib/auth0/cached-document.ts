/** A document that is fetched at first use, refreshed before it expires, and still used during an outage. */
export interface CachedDocument<T> {
  /** The document: fresh, or the last one if it cannot be fetched. */
  get(): Promise<T>;
  /** The result of {@link get} if it need not wait. */
  cached(): T | undefined;
  /** Fetches it whatever its age. @throws the error of this fetch, or of one a few seconds ago */
  renew(): Promise<T>;
}

/** Minimum time between a failed fetch and the next one, so that an outage is not made worse. */
const RETRY_SECONDS = 3;

/** For this long after a failure callers do not wait for the next attempt. */
const OUTAGE_SECONDS = 60;

/** @param renewAheadSeconds how long before it expires a document in use is refreshed in the background */
export function createCachedDocument<T>(
  fetchDocument: () => Promise<T>,
  now: () => number,
  freshSeconds: number,
  renewAheadSeconds = 0,
): CachedDocument<T> {
  let last: { readonly document: T; readonly loadedAt: number } | undefined;
  let failure: { readonly error: unknown; readonly failedAt: number } | undefined;
  let loading: Promise<T> | undefined;

  /** Absolute, for a clock that is set back. */
  function secondsSince(time: number): number {
    return Math.abs(now() - time);
  }

  function hasFailedWithin(seconds: number): boolean {
    return failure !== undefined && secondsSince(failure.failedAt) < seconds;
  }

  async function load(): Promise<T> {
    try {
      const document = await fetchDocument();
      last = { document, loadedAt: now() };
      failure = undefined;
      return document;
    } catch (error) {
      failure = { error, failedAt: now() };
      throw error;
    } finally {
      loading = undefined;
    }
  }

  function renew(): Promise<T> {
    if (hasFailedWithin(RETRY_SECONDS)) return Promise.reject(failure?.error);
    loading ??= load();
    return loading;
  }

  function cached(): T | undefined {
    if (last === undefined) return undefined;
    const age = secondsSince(last.loadedAt);
    if (age >= freshSeconds && !hasFailedWithin(OUTAGE_SECONDS)) return undefined;
    // In the background: an error surfaces in the call that needs the document.
    if (age >= freshSeconds - renewAheadSeconds && loading === undefined) renew().catch(() => {});
    return last.document;
  }

  return {
    cached,
    async get() {
      const document = cached();
      if (document !== undefined) return document;
      const stale = last;
      return stale === undefined ? renew() : renew().catch(() => stale.document);
    },
    renew,
  };
}
