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

import { InvalidGrantError, TemporarilyUnavailableError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import { StorageUnavailableError } from '../storage/storage.js';
import { type Auth0RefreshDeps, type PendingRefresh, refreshAtAuth0 } from './auth0-refresh.js';

/** Keeps Auth0's tokens usable. */
export interface Auth0Sessions {
  /**
   * The grant with an Auth0 access token that is good for a while yet.
   *
   * @throws InvalidGrantError the session at Auth0 is over; the grant has been ended
   * @throws TemporarilyUnavailableError Auth0 cannot be asked now; nothing was changed
   */
  keepAlive(id: string, grant: GrantRecord): Promise<GrantRecord>;
  /** Waits until what Auth0 has handed out is stored. */
  settled(): Promise<void>;
}

/** What {@link createAuth0Sessions} needs. */
export interface Auth0SessionsDeps extends Auth0RefreshDeps {
  /** How long Auth0 may take to answer. */
  readonly timeoutMs: number;
}

/** Refreshed this long before the end, so that a token handed out is good for a call. */
const MARGIN_SECONDS = 60;
/** How often those who wait look whether the holder of the lease is done. */
const POLL_MS = 100;
/** A holder that has not written by then is taken for dead. */
const LEASE_SLACK_SECONDS = 3;
/** For those who waited in vain. */
const RETRY_AFTER_SECONDS = 5;

export function createAuth0Sessions(deps: Auth0SessionsDeps): Auth0Sessions {
  const underWay = new Map<string, PendingRefresh>();

  function refreshOnce(id: string): Promise<GrantRecord> {
    const running = underWay.get(id);
    if (running !== undefined) return running.answer;
    const started = refreshOrWait(id, deps);
    underWay.set(id, started);
    void started.settled.then(() => underWay.delete(id));
    return started.answer;
  }

  return {
    async keepAlive(id, grant) {
      if (!isDue(grant, deps.now())) return grant;
      try {
        return await refreshOnce(id);
      } catch (error) {
        const isOutage = error instanceof TemporarilyUnavailableError || isStorageFailure(error);
        if (isOutage && grant.auth0.accessTokenExpiresAt > deps.now()) return grant;
        throw error;
      }
    },
    async settled() {
      await Promise.all([...underWay.values()].map(({ settled }) => settled));
    },
  };
}

function isStorageFailure(error: unknown): boolean {
  return error instanceof StorageUnavailableError;
}

function isDue({ auth0 }: GrantRecord, now: number): boolean {
  return auth0.refreshToken !== undefined && auth0.accessTokenExpiresAt - MARGIN_SECONDS <= now;
}

/** One per process and grant: refreshes if the lease is free, else waits for whoever has it. */
function refreshOrWait(id: string, deps: Auth0SessionsDeps): PendingRefresh {
  const begun = leaseOrResult(id, deps).then(({ grant, isHolder }) => {
    const { subject, auth0 } = grant;
    const { refreshToken } = auth0;
    return isHolder && refreshToken !== undefined
      ? refreshAtAuth0({ id, subject, refreshToken }, deps)
      : { answer: Promise.resolve(grant), settled: Promise.resolve() };
  });
  const settled = begun.then(
    (refresh) => refresh.settled,
    () => undefined,
  );
  return { answer: begun.then((refresh) => refresh.answer), settled };
}

async function leaseOrResult(
  id: string,
  deps: Auth0SessionsDeps,
): Promise<{ grant: GrantRecord; isHolder: boolean }> {
  const patienceMs = deps.timeoutMs + LEASE_SLACK_SECONDS * 1000;
  const owner = randomBytes(9).toString('base64url');
  const rounds = Math.ceil(patienceMs / POLL_MS);
  // By the clock as well: a slow store makes long rounds.
  const giveUpAt = deps.now() + patienceMs / 1000;
  for (let round = 1; ; round += 1) {
    // Before the look: a process that was blocked for all this time looks once more.
    const isLast = round >= rounds || deps.now() > giveUpAt;
    const { grant, isHolder } = await tryLease(id, owner, deps);
    if (grant === undefined) throw new InvalidGrantError('The login has ended');
    if (!isDue(grant, deps.now())) return { grant, isHolder: false };
    const leaseSeconds = (grant.auth0.lease?.until ?? 0) - deps.now();
    if (isHolder && leaseSeconds * 1000 >= deps.timeoutMs) return { grant, isHolder };
    const retryIn = (grant.auth0.retryAt ?? 0) - deps.now();
    if (retryIn > 0) throw unavailable(retryIn);
    if (isLast) throw unavailable(RETRY_AFTER_SECONDS);
    // A lease that was written before this process was blocked may end before Auth0 answers: renew it.
    if (!isHolder) await sleep(POLL_MS);
  }
}

/** Writes a lease if a refresh is due, nobody holds one and no pause was ordered. */
async function tryLease(
  id: string,
  owner: string,
  { store, timeoutMs, now }: Auth0SessionsDeps,
): Promise<{ grant: GrantRecord | undefined; isHolder: boolean }> {
  const until = now() + Math.ceil(timeoutMs / 1000) + LEASE_SLACK_SECONDS;
  const grant = await store.update(id, (current) => {
    const { lease, retryAt = 0 } = current.auth0;
    const isFree = lease === undefined || lease.until <= now() || lease.owner === owner;
    if (!isFree || retryAt > now() || !isDue(current, now())) return undefined;
    return { ...current, auth0: { ...current.auth0, lease: { owner, until } } };
  });
  return { grant, isHolder: grant?.auth0.lease?.owner === owner };
}

function unavailable(retryAfterSeconds: number): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError('The login service cannot be reached at the moment', {
    retryAfterSeconds,
  });
}
