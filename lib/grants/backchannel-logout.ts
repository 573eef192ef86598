/** Back-channel logouts of Auth0: end grants and account sessions, and logins in progress (OpenID Connect Back-Channel Logout 1.0). */
import type { Auth0Logout } from '../auth0/auth0.js';
import type { Core } from '../core.js';
import { InvalidRequestError } from '../oauth/errors.js';
import { openCollection } from '../storage/collection.js';
import type { LogoutRecord } from '../storage/records.js';
import type { AccountSessions } from './account-sessions.js';
import { createEndedSessions } from './ended-sessions.js';
import type { Grants } from './grants.js';

/** A logout token is stored for this much longer than it is valid: clocks differ. */
const MARGIN_SECONDS = 120;

/** Carries out a verified logout, once. @throws InvalidRequestError it was carried out before */
export type LogOut = (logout: Auth0Logout) => Promise<void>;

export function createBackchannelLogout(
  { collections, emit, now }: Core,
  grants: Grants,
  accountSessions: AccountSessions,
): LogOut {
  const logouts = openCollection<LogoutRecord>(collections, 'logout');
  const endedSessions = createEndedSessions(collections);

  async function endAll(logout: Auth0Logout): Promise<number> {
    await endedSessions.note(logout);
    await accountSessions.logOut(logout);
    const ids = await grantsOf(logout, grants);
    const ended = await Promise.all(ids.map((id) => grants.revoke(id, 'backchannel_logout')));
    return ended.filter(Boolean).length;
  }

  return async function logOut(logout) {
    const ttlSeconds = Math.max(1, logout.expiresAt - now()) + MARGIN_SECONDS;
    if (!(await logouts.add(logout.id, true, ttlSeconds))) {
      // A replay must not end what began after the logout.
      throw new InvalidRequestError('The logout token was used before');
    }
    const ended = await endAll(logout).catch(async (error: unknown) => {
      await logouts.delete(logout.id);
      throw error;
    });
    const { subject } = logout;
    emit({ type: 'backchannel_logout', ended, ...(subject !== undefined && { subject }) });
  };
}

/**
 * §2.4: with `sid` one session is meant, and the user's other devices stay logged in; without it all of them. A login
 * whose session Auth0 never named counts as the one that is meant.
 */
async function grantsOf(
  { subject, sid }: Auth0Logout,
  { list }: Grants,
): Promise<readonly string[]> {
  const [ofSession, ofUser] = await Promise.all([
    sid === undefined ? [] : list({ sid, subject }, 'all'),
    subject === undefined ? [] : list({ subject }, 'all'),
  ]);
  const meant = ofUser.filter(({ grant }) => sid === undefined || grant.sid === undefined);
  return [...new Set([...ofSession, ...meant].map(({ id }) => id))];
}
