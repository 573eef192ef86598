/**
 * Logouts that Auth0 tells of behind the browser's back.
 *
 * Spec: OpenID Connect Back-Channel Logout 1.0 §2.6 and §2.7.
 *
 * @module
 */
import type { Auth0Logout } from '../auth0/auth0.js';
import type { EventListener, RevocationCause } from '../config/events.js';
import { InvalidRequestError } from '../oauth/errors.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { LogoutRecord } from '../storage/records.js';
import type { AccountSessions } from './account-sessions.js';
import type { EndedSessions } from './ended-sessions.js';
import type { GrantStore } from './grant-store.js';

interface LogoutsDeps {
  readonly collections: SealedStorage;
  readonly store: Pick<GrantStore, 'list'>;
  readonly endedSessions: Pick<EndedSessions, 'note'>;
  readonly accountSessions: Pick<AccountSessions, 'logOut'>;
  readonly endGrant: (id: string, cause: RevocationCause) => Promise<boolean>;
  readonly emit: EventListener;
  readonly now: () => number;
}

/** A token is remembered this much longer than it is valid: clocks differ. */
const MARGIN_SECONDS = 120;

/** Carries out a verified logout, once. @throws InvalidRequestError it was carried out before */
export function createLogouts(deps: LogoutsDeps): (logout: Auth0Logout) => Promise<void> {
  const { emit, now } = deps;
  const done = openCollection<LogoutRecord>(deps.collections, 'logout');
  return async function logOut(logout) {
    const ttlSeconds = Math.max(1, logout.expiresAt - now()) + MARGIN_SECONDS;
    if (!(await done.add(logout.id, true, ttlSeconds))) {
      // A replay must not end what began after the logout.
      throw new InvalidRequestError('The logout token was used before');
    }
    const ended = await endAll(logout, deps).catch(async (error: unknown) => {
      await done.delete(logout.id);
      throw error;
    });
    const { subject } = logout;
    emit({ type: 'backchannel_logout', ended, ...(subject !== undefined && { subject }) });
  };
}

/** @returns how many grants ended */
async function endAll(
  logout: Auth0Logout,
  { store, endedSessions, accountSessions, endGrant }: LogoutsDeps,
): Promise<number> {
  await endedSessions.note(logout);
  await accountSessions.logOut(logout);
  const ended = await Promise.all(
    (await grantsOf(logout, store)).map((id) => endGrant(id, 'backchannel_logout')),
  );
  return ended.filter(Boolean).length;
}

/**
 * §2.4: with `sid` one session is meant, and the person's other devices stay logged in; without it
 * all of them. A login whose session we were never told counts as the one that is meant.
 */
async function grantsOf(
  { subject, sid }: Auth0Logout,
  store: LogoutsDeps['store'],
): Promise<readonly string[]> {
  const [ofSession, ofPerson] = await Promise.all([
    sid === undefined ? [] : store.list({ sid, subject }, 'all'),
    subject === undefined ? [] : store.list({ subject }, 'all'),
  ]);
  const meant = ofPerson.filter(({ grant }) => sid === undefined || grant.sid === undefined);
  return [...new Set([...ofSession, ...meant].map(({ id }) => id))];
}
