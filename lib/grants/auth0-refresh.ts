/**
 * Use of a grant's Auth0 refresh token: by one process at a time, once for all parallel requests of a token.
 *
 * Auth0 rotates refresh tokens without leeway and revokes the whole family on reuse. One refresh token serves every
 * API, so a process that uses it, for whichever token, first writes a lease into the grant, and the others wait. A
 * lease expires: a crashed holder blocks the others for seconds only.
 *
 * Auth0's response holds the only copy of the new refresh token until it is stored. A store that fails for some seconds
 * must not cost the login, so the write is repeated in the background; callers wait for it two seconds at most. The
 * login is lost if the process dies before the write, or if the store fails for longer than the write is repeated or
 * the lease lasts. Auth0's "Rotation Overlap Period" of a minute covers most of these cases.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Auth0ApiAccessError, Auth0Error } from '../auth0/auth0.js';
import type { Core } from '../core.js';
import { withTimeLimit } from '../deadline.js';
import { InvalidGrantError, TemporarilyUnavailableError } from '../oauth/errors.js';
import type { Auth0SessionRecord, GrantRecord } from '../storage/records.js';
import { eventContextOf, type FoundGrant, type GrantStore } from './grant-store.js';
import type { UpstreamRevocation } from './upstream-revocation.js';

/** Interval at which a waiting process checks whether the holder of the lease is done. */
const POLL_MS = 100;
/** How much longer than Auth0's time limit a lease lasts: time for the write. */
const LEASE_SLACK_SECONDS = 3;
/** `Retry-After` for a request that waited for another process in vain. */
const RETRY_AFTER_SECONDS = 5;
/** The first pause after a failure, doubled at each further one. */
const FIRST_PAUSE_SECONDS = 5;
/** Longest pause, unless Auth0 names a longer one. */
const LONGEST_PAUSE_SECONDS = 30;
/** How long callers wait for the store after Auth0's response. */
const STORE_WAIT_MS = 2000;
const STORE_RETRY_SECONDS = 60;
/** Pause between two writes: shorter than the rest of the lease. */
const STORE_PAUSE_MS = 250;

/** A token of the grant, and how it is requested. */
export interface TokenKind {
  /** The API, for the event; undefined for that of the login. */
  readonly audience: string | undefined;
  /** Distinguishes the kinds of one grant. */
  readonly key: string;
  isDue(grant: GrantRecord, now: number): boolean;
  /** @throws Auth0Error, Auth0ApiAccessError the refresh token was not used up */
  request(refreshToken: string): Promise<IssuedTokens>;
}

/** Auth0's response, in which another refresh token may replace the one that was sent. */
export interface IssuedTokens {
  /** Undefined if there is no valid token. */
  readonly subject: string | undefined;
  readonly refreshToken: string | undefined;
  /** Adds the token to the others. */
  change(current: Auth0SessionRecord): Auth0SessionRecord;
  /** Why there is no valid token. An Auth0Error counts as an outage: the next request waits. */
  readonly failure?: Error;
}

/** A refresh that has Auth0's response. In an object, so that awaiting the response does not await the write. */
interface Refreshed {
  readonly stored: Promise<GrantRecord>;
  readonly failure?: Error | undefined;
}

export interface Auth0Refreshes {
  /**
   * Requests a token that is due, unless another caller or process has obtained it meanwhile.
   *
   * @returns the grant with the token
   * @throws Auth0ApiAccessError, or the failure of the response
   * @throws InvalidGrantError the session at Auth0 has ended; the grant is revoked
   * @throws TemporarilyUnavailableError Auth0 is unavailable; nothing was changed
   */
  refresh(id: string, kind: TokenKind): Promise<GrantRecord>;
  /** Waits until every token that Auth0 has issued is stored. */
  idle(): Promise<void>;
}

/** @param onRefreshed called with the user whose grant was refreshed */
export function createAuth0Refreshes(
  core: Core,
  store: GrantStore,
  upstream: Pick<UpstreamRevocation, 'revoke'>,
  onRefreshed: (subject: string) => void,
): Auth0Refreshes {
  const { config, emit, now } = core;
  const inFlight = new Map<string, Promise<Refreshed>>();

  async function refresh(id: string, kind: TokenKind): Promise<GrantRecord> {
    const key = `${id} ${kind.key}`;
    let pending = inFlight.get(key);
    if (pending === undefined) {
      pending = refreshOrWait(id, kind);
      inFlight.set(key, pending);
      const removed = () => inFlight.delete(key);
      pending.then(({ stored }) => stored).then(removed, removed);
    }
    const { stored, failure } = await pending;
    const grant = await withTimeLimit(
      STORE_WAIT_MS,
      () => stored,
      () => unavailable(FIRST_PAUSE_SECONDS),
    );
    if (failure !== undefined) throw failure;
    return grant;
  }

  async function refreshOrWait(id: string, kind: TokenKind): Promise<Refreshed> {
    const { grant, isHolder } = await leaseOrResult(id, kind, core, store);
    const refreshToken = grant.auth0?.refreshToken;
    if (!isHolder || refreshToken === undefined) return { stored: Promise.resolve(grant) };
    const issued = await requestTokens({ id, grant }, refreshToken, kind);
    return { stored: storeTokens(id, refreshToken, issued, kind), failure: issued.failure };
  }

  async function requestTokens(
    { id, grant }: FoundGrant,
    refreshToken: string,
    kind: TokenKind,
  ): Promise<IssuedTokens> {
    const issued = await kind.request(refreshToken).catch(async (cause: unknown) => {
      if (cause instanceof Auth0ApiAccessError) {
        // It concerns this API only: the next request need not wait.
        await store.update(
          id,
          ({ auth0, ...current }) => auth0 && { ...current, auth0: settled(auth0) },
        );
        throw cause;
      }
      if (!(cause instanceof Auth0Error) || cause.kind !== 'session_ended') {
        throw unavailable(await releaseLease(id, cause, core, store), cause);
      }
      await store.revoke(id, 'auth0_session_ended');
      throw loginEnded(undefined, cause);
    });
    if (issued.failure instanceof Auth0Error) return pausing(issued, issued.failure, grant, now());
    if (issued.subject === undefined || issued.subject === grant.subject) return issued;
    await store.revoke(id, 'auth0_session_ended');
    // Without rotation the one that was sent is still valid.
    upstream.revoke(issued.refreshToken ?? refreshToken);
    throw loginEnded('Auth0 responded with tokens of another user');
  }

  async function storeTokens(
    id: string,
    sent: string,
    issued: IssuedTokens,
    { audience }: TokenKind,
  ): Promise<GrantRecord> {
    // Without rotation Auth0 sends no refresh token, and the one that was sent stays valid.
    const { refreshToken = sent } = issued;
    const write = () =>
      store.update(id, ({ auth0, ...current }) =>
        // Otherwise another process has refreshed since: what is stored is newer.
        auth0?.refreshToken === sent
          ? { ...current, auth0: { ...issued.change(settledBy(issued, auth0)), refreshToken } }
          : undefined,
      );
    const stored = await repeated(write, now).catch((error: unknown) => {
      config.logger.error(
        { grantId: id, error: String(error) },
        `tokens that Auth0 issued could not be stored for ${STORE_RETRY_SECONDS} seconds: the user may have to log in again`,
      );
      throw error;
    });
    if (stored === undefined) {
      // Revoked during the refresh: only this process has the new token.
      upstream.revoke(issued.refreshToken);
      throw loginEnded();
    }
    const context = eventContextOf(id, stored);
    if (issued.failure === undefined) {
      emit({ type: 'auth0_refreshed', ...context, ...(audience !== undefined && { audience }) });
    }
    if (stored.subject !== undefined) onRefreshed(stored.subject);
    return stored;
  }

  return {
    refresh,
    async idle() {
      await Promise.allSettled([...inFlight.values()].map(async (one) => (await one).stored));
    },
  };
}

/** Without lease, and without what failures have left. */
function settled({ lease: _, retryAt: _at, failures: _failures, ...auth0 }: Auth0SessionRecord) {
  return auth0;
}

/** A response without a usable token is no recovery from earlier failures. */
function settledBy({ failure }: IssuedTokens, auth0: Auth0SessionRecord): Auth0SessionRecord {
  if (failure === undefined) return settled(auth0);
  const { lease: _, ...rest } = auth0;
  return rest;
}

/** The lease, or the grant once another process has obtained the token. */
async function leaseOrResult(
  id: string,
  kind: TokenKind,
  core: Core,
  store: GrantStore,
): Promise<{ grant: GrantRecord; isHolder: boolean }> {
  const { now } = core;
  const { timeoutMs } = core.config.auth0;
  const owner = randomBytes(9).toString('base64url');
  const waitUntilMs = performance.now() + timeoutMs + LEASE_SLACK_SECONDS * 1000;
  for (;;) {
    // Read before the store: a process that was blocked until now checks once more.
    const isLast = performance.now() >= waitUntilMs;
    const { grant, isHolder } = await tryLease(id, owner, kind, core, store);
    if (grant === undefined) throw loginEnded();
    if (!kind.isDue(grant, now())) return { grant, isHolder: false };
    const leaseSeconds = (grant.auth0?.lease?.until ?? 0) - now();
    if (isHolder && leaseSeconds * 1000 >= timeoutMs) return { grant, isHolder };
    const pauseSeconds = (grant.auth0?.retryAt ?? 0) - now();
    if (pauseSeconds > 0) throw unavailable(pauseSeconds);
    if (isLast) throw unavailable(RETRY_AFTER_SECONDS);
    // A process that was blocked after it took the lease renews it: it may expire before Auth0 responds.
    if (!isHolder) await sleep(POLL_MS);
  }
}

/** Writes a lease if a refresh is due, no other lease is in force and no pause after a failure. */
async function tryLease(
  id: string,
  owner: string,
  kind: TokenKind,
  { config, now }: Core,
  store: GrantStore,
): Promise<{ grant: GrantRecord | undefined; isHolder: boolean }> {
  const until = now() + Math.ceil(config.auth0.timeoutMs / 1000) + LEASE_SLACK_SECONDS;
  const grant = await store.update(id, (current) => {
    const { auth0 } = current;
    if (auth0 === undefined) return undefined;
    const { lease, retryAt = 0 } = auth0;
    const isFree = lease === undefined || lease.until <= now() || lease.owner === owner;
    if (!isFree || retryAt > now() || !kind.isDue(current, now())) return undefined;
    return { ...current, auth0: { ...auth0, lease: { owner, until } } };
  });
  return { grant, isHolder: grant?.auth0?.lease?.owner === owner };
}

/** Removes the lease after a failure. @returns seconds until the next attempt, for all processes */
async function releaseLease(
  id: string,
  cause: unknown,
  { now }: Core,
  store: GrantStore,
): Promise<number> {
  let pause = FIRST_PAUSE_SECONDS;
  await store.update(id, (current) => {
    if (current.auth0 === undefined) return undefined;
    const { lease: _, ...auth0 } = current.auth0;
    pause = pauseAfter(cause, auth0.failures);
    return { ...current, auth0: { ...auth0, ...failed(auth0.failures, pause, now()) } };
  });
  return pause;
}

/** The refresh token of a response without a usable token is stored with the pause. */
function pausing(
  issued: IssuedTokens,
  cause: Auth0Error,
  { auth0 }: GrantRecord,
  now: number,
): IssuedTokens {
  const pause = pauseAfter(cause, auth0?.failures);
  const failure = unavailable(pause, cause);
  const change = (current: Auth0SessionRecord) => ({
    ...issued.change(current),
    ...failed(auth0?.failures, pause, now),
  });
  return { ...issued, change, failure };
}

/** Seconds until the next attempt. */
function pauseAfter(cause: unknown, failures = 0): number {
  const requested = cause instanceof Auth0Error ? cause.retryAfterSeconds : undefined;
  return requested ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** failures, LONGEST_PAUSE_SECONDS);
}

function failed(failures = 0, pauseSeconds: number, now: number) {
  return { failures: failures + 1, retryAt: now + pauseSeconds };
}

async function repeated<T>(write: () => Promise<T>, now: () => number): Promise<T> {
  const endsAt = now() + STORE_RETRY_SECONDS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (now() >= endsAt) throw error;
    }
    await sleep(STORE_PAUSE_MS);
  }
}

function loginEnded(detail?: string, cause?: unknown): InvalidGrantError {
  return new InvalidGrantError('The login has ended', {
    ...(detail !== undefined && { detail }),
    cause,
  });
}

export function unavailable(
  retryAfterSeconds: number,
  cause?: unknown,
): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError('The login service cannot be reached at the moment', {
    retryAfterSeconds,
    cause,
  });
}
