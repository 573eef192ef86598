/**
 * A document of Auth0's that changes rarely: fetched on first use, by one request at a time, and
 * kept while Auth0 is away.
 *
 * @module
 */

/** See {@link createCachedDocument}. */
export interface CachedDocument<T> {
  /** The document: the last good one if it is fresh or if no newer one can be had. */
  get(): Promise<T>;
  /** Fetches it anew whatever its age. @throws what loading threw, also just before */
  renew(): Promise<T>;
}

/** What {@link createCachedDocument} needs. */
export interface CachedDocumentDeps<T> {
  readonly load: () => Promise<T>;
  readonly now: () => number;
  /** How long it is used without asking again. */
  readonly freshSeconds: number;
  /** How long after a failure the next attempt waits, so that an outage is not made worse. */
  readonly retrySeconds: number;
}

/** Nothing is fetched before the first call. */
export function createCachedDocument<T>(deps: CachedDocumentDeps<T>): CachedDocument<T> {
  let last: { readonly document: T; readonly loadedAt: number } | undefined;
  let failure: { readonly error: unknown; readonly failedAt: number } | undefined;
  let loading: Promise<T> | undefined;

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
    // A clock set back must not turn seconds into hours: hence the absolute value.
    if (failure !== undefined && Math.abs(deps.now() - failure.failedAt) < deps.retrySeconds) {
      return Promise.reject(failure.error);
    }
    loading ??= load();
    return loading;
  }

  return {
    async get() {
      const known = last;
      if (known === undefined) return renew();
      if (Math.abs(deps.now() - known.loadedAt) < deps.freshSeconds) return known.document;
      return renew().catch(() => known.document);
    },
    renew,
  };
}
