/**
 * Auth0's tokens of a grant, refreshed when due: by one process at a time, once for all parallel requests.
 *
 * Auth0 rotates refresh tokens without leeway and revokes the whole family on reuse. So a process that refreshes first
 * writes a lease into the grant, and the others wait for the result. A lease expires: a crashed holder blocks the
 * others for seconds only.
 *
 * Auth0's response holds the only copy of the new refresh token until it is stored. A store that fails for some seconds
 * must not cost the login, so the write is repeated in the background; callers wait for it two seconds at most. The
 * login is lost if the process dies before the write, or if the store fails for longer than the write is repeated or
 * the lease lasts. Auth0's "Rotation Overlap Period" of a minute covers most of these cases.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeJwt } from 'jose';

import { type Auth0, type Auth0Authorization, Auth0Error } from '../auth0/auth0.js';
import { deepFreeze } from '../config/deep-freeze.js';
import type { Core } from '../core.js';
import { withTimeLimit } from '../deadline.js';
import { InvalidGrantError, TemporarilyUnavailableError } from '../oauth/errors.js';
import { withImpliedScopes } from '../oauth/scope.js';
import type { GrantRecord } from '../storage/records.js';
import { StorageUnavailableError } from '../storage/storage.js';
import { eventContextOf, type FoundGrant, type GrantStore } from './grant-store.js';
import type { UpstreamRevocation } from './upstream-revocation.js';

export interface Auth0Sessions {
  /**
   * The grant with an Auth0 access token that is valid for a minute at least, or as long as it lasts while Auth0 or
   * the store is unavailable.
   *
   * @throws InvalidGrantError the session at Auth0 has ended; the grant is revoked
   * @throws TemporarilyUnavailableError Auth0 is unavailable; nothing was changed
   */
  refreshIfDue(id: string, grant: GrantRecord): Promise<GrantRecord>;
  /** Waits until every token that Auth0 has issued is stored. */
  idle(): Promise<void>;
}

/** Refreshed this long before expiry, so that a token is valid for the call it is used in. */
const MARGIN_SECONDS = 60;
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

/** A refresh that has Auth0's response. In an object, so that awaiting the response does not await the write. */
interface Refreshed {
  readonly stored: Promise<GrantRecord>;
}

/** @param onRefreshed called with the user whose grant was refreshed */
export function createAuth0Sessions(
  core: Core,
  auth0: Pick<Auth0, 'refresh'>,
  store: GrantStore,
  upstream: Pick<UpstreamRevocation, 'revoke'>,
  onRefreshed: (subject: string) => void,
): Auth0Sessions {
  const { config, emit, now } = core;
  const inFlight = new Map<string, Promise<Refreshed>>();

  async function refreshOnce(id: string): Promise<GrantRecord> {
    let refresh = inFlight.get(id);
    if (refresh === undefined) {
      refresh = refreshOrWait(id);
      inFlight.set(id, refresh);
      const removed = () => inFlight.delete(id);
      refresh.then(({ stored }) => stored).then(removed, removed);
    }
    const { stored } = await refresh;
    return withTimeLimit(
      STORE_WAIT_MS,
      () => stored,
      () => unavailable(FIRST_PAUSE_SECONDS),
    );
  }

  async function refreshOrWait(id: string): Promise<Refreshed> {
    const { grant, isHolder } = await leaseOrResult(id, core, store);
    const refreshToken = grant.auth0?.refreshToken;
    if (!isHolder || refreshToken === undefined) return { stored: Promise.resolve(grant) };
    const refreshed = await requestTokens({ id, grant }, refreshToken);
    return { stored: storeTokens(id, refreshToken, refreshed) };
  }

  async function requestTokens(
    { id, grant }: FoundGrant,
    refreshToken: string,
  ): Promise<Auth0Authorization> {
    const refreshed = await auth0.refresh(refreshToken).catch(async (cause: unknown) => {
      if (!(cause instanceof Auth0Error) || cause.kind !== 'session_ended') {
        throw unavailable(await releaseLease(id, cause, core, store), cause);
      }
      await store.revoke(id, 'auth0_session_ended');
      throw loginEnded(undefined, cause);
    });
    if (refreshed.claims['sub'] === grant.subject) return refreshed;
    await store.revoke(id, 'auth0_session_ended');
    upstream.revoke(refreshed.tokens.refreshToken);
    throw loginEnded('Auth0 responded with tokens of another user');
  }

  async function storeTokens(
    id: string,
    sent: string,
    { tokens, scopes }: Auth0Authorization,
  ): Promise<GrantRecord> {
    // Without rotation Auth0 sends no refresh token, and the one that was sent stays valid.
    const { accessToken, accessTokenExpiresAt, refreshToken = sent } = tokens;
    const granted = withImpliedScopes(scopes, config.scopes.implied);
    const session = { accessToken, accessTokenExpiresAt, refreshToken, scopes: granted };
    const write = () =>
      store.update(id, (current) =>
        // Otherwise another process has refreshed since: what is stored is newer.
        current.auth0?.refreshToken === sent ? { ...current, auth0: session } : undefined,
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
      upstream.revoke(tokens.refreshToken);
      throw loginEnded();
    }
    emit({ type: 'auth0_refreshed', ...eventContextOf(id, stored) });
    if (stored.subject !== undefined) onRefreshed(stored.subject);
    return stored;
  }

  return {
    async refreshIfDue(id, grant) {
      if (!isDue(grant, now())) return grant;
      try {
        return await refreshOnce(id);
      } catch (error) {
        const isOutage =
          error instanceof TemporarilyUnavailableError || error instanceof StorageUnavailableError;
        if (isOutage && isUsable(grant, now())) return grant;
        throw error;
      }
    },
    async idle() {
      await Promise.allSettled([...inFlight.values()].map(async (one) => (await one).stored));
    },
  };
}

/**
 * Claims of a grant's Auth0 access token, which was verified when it was fetched; frozen, since all requests with the
 * token share them. Empty without one.
 */
export function auth0ClaimsOf({ auth0 }: Pick<GrantRecord, 'auth0'>): Record<string, unknown> {
  return deepFreeze(auth0 === undefined ? {} : decodeJwt(auth0.accessToken));
}

/** Whether the Auth0 access token of a grant has not expired. */
export function isUsable({ auth0 }: Pick<GrantRecord, 'auth0'>, now: number): boolean {
  return auth0 !== undefined && auth0.accessTokenExpiresAt > now;
}

function isDue({ auth0 }: Pick<GrantRecord, 'auth0'>, now: number): boolean {
  return auth0?.refreshToken !== undefined && auth0.accessTokenExpiresAt - MARGIN_SECONDS <= now;
}

/** The lease, or the grant once another process has refreshed it. */
async function leaseOrResult(
  id: string,
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
    const { grant, isHolder } = await tryLease(id, owner, core, store);
    if (grant === undefined) throw loginEnded();
    if (!isDue(grant, now())) return { grant, isHolder: false };
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
  { config, now }: Core,
  store: GrantStore,
): Promise<{ grant: GrantRecord | undefined; isHolder: boolean }> {
  const until = now() + Math.ceil(config.auth0.timeoutMs / 1000) + LEASE_SLACK_SECONDS;
  const grant = await store.update(id, (current) => {
    const { auth0 } = current;
    if (auth0 === undefined) return undefined;
    const { lease, retryAt = 0 } = auth0;
    const isFree = lease === undefined || lease.until <= now() || lease.owner === owner;
    if (!isFree || retryAt > now() || !isDue(current, now())) return undefined;
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
  const requested = cause instanceof Auth0Error ? cause.retryAfterSeconds : undefined;
  let pause = FIRST_PAUSE_SECONDS;
  await store.update(id, (current) => {
    if (current.auth0 === undefined) return undefined;
    const { lease: _, failures = 0, ...auth0 } = current.auth0;
    pause = requested ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** failures, LONGEST_PAUSE_SECONDS);
    return { ...current, auth0: { ...auth0, failures: failures + 1, retryAt: now() + pause } };
  });
  return pause;
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

function unavailable(retryAfterSeconds: number, cause?: unknown): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError('The login service cannot be reached at the moment', {
    retryAfterSeconds,
    cause,
  });
}
