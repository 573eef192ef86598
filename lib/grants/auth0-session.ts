/**
 * Auth0's side of a grant, kept alive: refreshed when due, by one process at a time.
 *
 * Auth0 rotates refresh tokens without leeway and ends the whole family on reuse, so whoever wants
 * to refresh first writes a lease into the grant; everyone else waits for the result. A lease ends
 * by itself, so a crashed holder blocks the others for seconds.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { type Auth0, Auth0Error, type Auth0Refresh } from '../auth0/auth0.js';
import { InvalidGrant, TemporarilyUnavailable } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import type { GrantStore } from './grant-store.js';

/** Keeps Auth0's tokens usable. */
export interface Auth0Sessions {
  /**
   * The grant with an Auth0 access token that is good for a while yet.
   *
   * @throws InvalidGrant the session at Auth0 is over; the grant has been ended
   * @throws TemporarilyUnavailable Auth0 cannot be asked now; nothing was changed
   */
  keepAlive(id: string, grant: GrantRecord): Promise<GrantRecord>;
}

interface Auth0SessionsDeps {
  readonly auth0: Pick<Auth0, 'refresh'>;
  readonly store: GrantStore;
  /** Ends the grant for good; called when Auth0 says that the session is over. */
  readonly endGrant: (id: string) => Promise<void>;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** Refreshed this long before the end, so that a token handed out is good for a call. */
const MARGIN_SECONDS = 60;
/** How often those who wait look whether the holder of the lease is done. */
const POLL_MS = 100;
/** A holder that has not written by then is taken for dead. */
const LEASE_SLACK_SECONDS = 3;
/** After a failure, unless Auth0 named a time: nobody asks again before. */
const RETRY_AFTER_SECONDS = 5;
/** Pauses before the result of a refresh is written again: losing it would lose the session. */
const WRITE_RETRIES_MS = [0, 100, 300, 1000, 3000];

export function createAuth0Sessions(deps: Auth0SessionsDeps): Auth0Sessions {
  const inFlight = new Map<string, Promise<GrantRecord>>();
  return {
    async keepAlive(id, grant) {
      if (!isDue(grant, deps.now())) return grant;
      const running = inFlight.get(id) ?? refreshOrWait(id, deps);
      inFlight.set(id, running);
      try {
        return await running;
      } catch (error) {
        const stillGood = grant.auth0.accessTokenExpiresAt > deps.now();
        if (error instanceof TemporarilyUnavailable && stillGood) return grant;
        throw error;
      } finally {
        inFlight.delete(id);
      }
    },
  };
}

function isDue({ auth0 }: GrantRecord, now: number): boolean {
  return auth0.refreshToken !== undefined && auth0.accessTokenExpiresAt - MARGIN_SECONDS <= now;
}

async function refreshOrWait(id: string, deps: Auth0SessionsDeps): Promise<GrantRecord> {
  const rounds = Math.ceil((deps.timeoutMs + LEASE_SLACK_SECONDS * 1000) / POLL_MS);
  for (let round = 0; round < rounds; round += 1) {
    const { grant, isHolder } = await tryLease(id, deps);
    if (grant === undefined) throw new InvalidGrant('The login has ended');
    if (isHolder) return refresh(id, grant, deps);
    if (!isDue(grant, deps.now())) return grant;
    const retryIn = (grant.auth0.retryAt ?? 0) - deps.now();
    if (retryIn > 0) throw unavailable(retryIn);
    await sleep(POLL_MS);
  }
  throw unavailable(RETRY_AFTER_SECONDS);
}

/** Writes a lease if a refresh is due, nobody holds one and no pause was ordered. */
async function tryLease(
  id: string,
  { store, timeoutMs, now }: Auth0SessionsDeps,
): Promise<{ grant: GrantRecord | undefined; isHolder: boolean }> {
  const owner = randomBytes(9).toString('base64url');
  const until = now() + Math.ceil(timeoutMs / 1000) + LEASE_SLACK_SECONDS;
  const grant = await store.update(id, (current) => {
    const { lease, retryAt = 0 } = current.auth0;
    const isFree = lease === undefined || lease.until <= now();
    if (!isFree || retryAt > now() || !isDue(current, now())) return undefined;
    return { ...current, auth0: { ...current.auth0, lease: { owner, until } } };
  });
  return { grant, isHolder: grant?.auth0.lease?.owner === owner };
}

async function refresh(
  id: string,
  grant: GrantRecord,
  deps: Auth0SessionsDeps,
): Promise<GrantRecord> {
  const { refreshToken = '' } = grant.auth0;
  let refreshed: Auth0Refresh;
  try {
    refreshed = await deps.auth0.refresh(refreshToken);
  } catch (error) {
    return giveUp(id, error, deps);
  }
  const { tokens, scopes, claims } = refreshed;
  if (claims.sub !== grant.subject) {
    await deps.endGrant(id);
    throw new InvalidGrant('The login has ended', { detail: 'Auth0 answered for another person' });
  }
  const stored = await writeDown(() =>
    deps.store.update(id, (current) => ({
      ...current,
      auth0: {
        accessToken: tokens.accessToken,
        accessTokenExpiresAt: tokens.accessTokenExpiresAt,
        // Without rotation Auth0 sends none, and the old one stays good.
        refreshToken: tokens.refreshToken ?? refreshToken,
        scopes,
      },
    })),
  );
  if (stored === undefined) throw new InvalidGrant('The login has ended');
  return stored;
}

/** The lease is given back, and what happened becomes an answer for the client. */
async function giveUp(
  id: string,
  error: unknown,
  { store, endGrant, now }: Auth0SessionsDeps,
): Promise<never> {
  if (error instanceof Auth0Error && error.kind === 'session_ended') {
    await endGrant(id);
    throw new InvalidGrant('The login has ended', { cause: error });
  }
  const wait =
    (error instanceof Auth0Error ? error.retryAfterSeconds : undefined) ?? RETRY_AFTER_SECONDS;
  await store.update(id, (current) => {
    const { lease: _, ...auth0 } = current.auth0;
    return { ...current, auth0: { ...auth0, retryAt: now() + wait } };
  });
  throw unavailable(wait, error);
}

/** Auth0 has already replaced its token: a store that blinks must not make us forget the new one. */
async function writeDown<T>(write: () => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const pauseMs of WRITE_RETRIES_MS) {
    if (pauseMs > 0) await sleep(pauseMs);
    try {
      return await write();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function unavailable(retryAfterSeconds: number, cause?: unknown): TemporarilyUnavailable {
  return new TemporarilyUnavailable('The login service cannot be reached at the moment', {
    retryAfterSeconds,
    cause,
  });
}
