/**
 * One refresh at Auth0, by whoever holds the lease, and the safe keeping of what it brought.
 *
 * From Auth0's answer to the end of the write, the new refresh token is in this process only while
 * Auth0 has already retired the old one. A store that is away for some seconds must not cost the
 * login, so the write goes on in the background; callers are not kept waiting for it.
 *
 * What remains: the process dies in that window, or the store is away for longer than the
 * background goes on, or comes back after the lease has run out and another instance refreshes
 * with the old token before the next attempt to write. Then Auth0 sees a reuse and that person
 * logs in again. Auth0's "Rotation Overlap Period" (a minute, say) closes the last gap and most of
 * the first.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { type Auth0, Auth0Error, type Auth0Refresh } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import type { Logger } from '../config/logger.js';
import { withTimeLimit } from '../deadline.js';
import { InvalidGrantError, TemporarilyUnavailableError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import type { GrantStore } from './grant-store.js';

/** A refresh that has begun. */
export interface PendingRefresh {
  /** The refreshed grant, for those who wait. */
  readonly answer: Promise<GrantRecord>;
  /** Resolves when nothing is left to do, well or badly; never rejects. */
  readonly settled: Promise<void>;
}

/** What is to be refreshed. */
export interface DueGrant {
  readonly id: string;
  readonly subject: string;
  readonly refreshToken: string;
}

/** What a refresh needs. */
export interface Auth0RefreshDeps {
  readonly auth0: Pick<Auth0, 'refresh'>;
  readonly store: GrantStore;
  /** Ends the grant for good; called when Auth0 says that the session is over. */
  readonly endGrant: (id: string) => Promise<void>;
  /** Takes a refresh token that no grant needs, to give it back to Auth0. */
  readonly giveBack: (refreshToken: string | undefined) => void;
  /** Looks after the person's other grants, in the background. */
  readonly tidy: (subject: string) => void;
  readonly emit: EventListener;
  readonly log: Pick<Logger, 'error'>;
  readonly now: () => number;
}

/** The first pause after a failure, doubled at each further one. */
const FIRST_PAUSE_SECONDS = 5;
/** No grant waits longer than this once Auth0 is back, unless Auth0 named a time itself. */
const LONGEST_PAUSE_SECONDS = 30;
/** How long callers wait for the store; after that they hear to try again. */
const CALLER_PATIENCE_MS = 2000;
/** How long the result of a refresh is kept and its write repeated. */
const KEEP_SECONDS = 60;
/** Between two attempts to write. Short: another instance may be waiting for the lease to run out. */
const WRITE_PAUSE_MS = 250;

/** Refreshes now. The caller holds the lease. */
export function refreshAtAuth0(due: DueGrant, deps: Auth0RefreshDeps): PendingRefresh {
  const asked = ask(due, deps);
  const written = asked.then((refreshed) => keep(due, refreshed, deps));
  const answer = asked.then(() =>
    withTimeLimit(
      CALLER_PATIENCE_MS,
      () => written,
      () => unavailable(FIRST_PAUSE_SECONDS),
    ),
  );
  // Whether well or badly: the answer tells.
  const settled = Promise.allSettled([written]).then(() => undefined);
  return { answer, settled };
}

async function ask(
  { id, subject, refreshToken }: DueGrant,
  deps: Auth0RefreshDeps,
): Promise<Auth0Refresh> {
  let refreshed: Auth0Refresh;
  try {
    refreshed = await deps.auth0.refresh(refreshToken);
  } catch (error) {
    return giveUp(id, error, deps);
  }
  if (refreshed.claims['sub'] === subject) return refreshed;
  await deps.endGrant(id);
  deps.giveBack(refreshed.tokens.refreshToken);
  throw new InvalidGrantError('The login has ended', {
    detail: 'Auth0 answered for another person',
  });
}

/** The lease is given back, and what happened becomes an answer for the client. */
async function giveUp(
  id: string,
  error: unknown,
  { store, endGrant, now }: Auth0RefreshDeps,
): Promise<never> {
  if (error instanceof Auth0Error && error.kind === 'session_ended') {
    await endGrant(id);
    throw new InvalidGrantError('The login has ended', { cause: error });
  }
  const ordered = error instanceof Auth0Error ? error.retryAfterSeconds : undefined;
  let wait = FIRST_PAUSE_SECONDS;
  await store.update(id, (current) => {
    const { lease: _, failures = 0, ...auth0 } = current.auth0;
    wait = ordered ?? Math.min(FIRST_PAUSE_SECONDS * 2 ** failures, LONGEST_PAUSE_SECONDS);
    return { ...current, auth0: { ...auth0, failures: failures + 1, retryAt: now() + wait } };
  });
  throw unavailable(wait, error);
}

/** Stores the result, however long the store takes. */
async function keep(
  { id, refreshToken: sent }: DueGrant,
  { tokens, scopes }: Auth0Refresh,
  deps: Auth0RefreshDeps,
): Promise<GrantRecord> {
  const write = () =>
    deps.store.update(id, (current) => {
      // Somebody else has refreshed since: what is stored is newer than what we hold.
      if (current.auth0.refreshToken !== sent) return undefined;
      const { accessToken, accessTokenExpiresAt } = tokens;
      // Without rotation Auth0 sends none, and the old one stays good.
      const { refreshToken = sent } = tokens;
      return { ...current, auth0: { accessToken, accessTokenExpiresAt, refreshToken, scopes } };
    });
  const stored = await untilWritten(write, deps.now).catch((error: unknown) => {
    deps.log.error(
      { grantId: id, error: String(error) },
      `what Auth0 sent for a login could not be stored for ${KEEP_SECONDS} seconds: that person may have to log in again`,
    );
    throw error;
  });
  if (stored === undefined) {
    // Ended while Auth0 was asked: nobody else knows the token that came.
    deps.giveBack(tokens.refreshToken);
    throw new InvalidGrantError('The login has ended');
  }
  const { subject } = stored;
  const client = clientFingerprint(stored.client.id);
  deps.emit({ type: 'auth0_refreshed', grantId: id, subject, client });
  deps.tidy(subject);
  return stored;
}

async function untilWritten<T>(write: () => Promise<T>, now: () => number): Promise<T> {
  const giveUpAt = now() + KEEP_SECONDS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (now() >= giveUpAt) throw error;
    }
    await sleep(WRITE_PAUSE_MS);
  }
}

function unavailable(retryAfterSeconds: number, cause?: unknown): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError('The login service cannot be reached at the moment', {
    retryAfterSeconds,
    cause,
  });
}
