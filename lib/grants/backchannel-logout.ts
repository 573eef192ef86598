/** Back-channel logouts of Auth0: end grants and account sessions, and logins in progress (OpenID Connect Back-Channel Logout 1.0). */
import type { Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import type { Core } from '../core.js';
import { AccessDeniedError, InvalidRequestError } from '../oauth/errors.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { EndedSessionRecord, LogoutRecord } from '../storage/records.js';
import type { AccountSessions } from './account-sessions.js';
import type { Grants } from './grants.js';
import { LOGIN_TTL_SECONDS } from './login-transactions.js';

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

/** A record is stored for as long as a login takes at most, with five minutes for clocks and the last steps. */
const ENDED_TTL_SECONDS = LOGIN_TTL_SECONDS + 300;

/** A login that began this soon after a user's logout may have begun before it: clocks differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Sessions that ended at Auth0, for logins in progress: a callback can be delayed until after the logout.
 *
 * A logout stores its record before it searches for what to end. A login searches for that record after it has stored
 * what can be found. So one of the two sees the other, however they interleave.
 */
export interface EndedSessions {
  note(logout: Pick<Auth0Logout, 'subject' | 'sid' | 'issuedAt'>): Promise<void>;
  /** @throws AccessDeniedError the login's session has ended since it began */
  requireAlive(login: Pick<Auth0Login, 'subject' | 'sid' | 'startedAt'>): Promise<void>;
}

export function createEndedSessions(collections: SealedStorage): EndedSessions {
  const ended = openCollection<EndedSessionRecord>(collections, 'ended');
  return {
    async note({ subject, sid, issuedAt }) {
      const record = { at: issuedAt, ...(subject !== undefined && { subject }) };
      const ids: string[] = [];
      if (sid !== undefined) ids.push(`session ${sid}`);
      // §2.4: without `sid` all sessions of the user are meant. With it, also those that Auth0 never named.
      if (subject !== undefined)
        ids.push(sid === undefined ? `user ${subject}` : `unnamed ${subject}`);
      for (const id of ids) await ended.set(id, record, ENDED_TTL_SECONDS);
    },
    async requireAlive({ subject, sid, startedAt = 0 }) {
      const userIds = [`user ${subject}`, ...(sid === undefined ? [`unnamed ${subject}`] : [])];
      const [ofSession, ...ofUser] = await Promise.all([
        sid === undefined ? undefined : ended.get(`session ${sid}`),
        ...userIds.map((id) => ended.get(id)),
      ]);
      // A session that has ended does not begin again, whatever the clocks say.
      const hasSessionEnded = ofSession !== undefined && (ofSession.subject ?? subject) === subject;
      const hasUserLoggedOut = ofUser.some(
        (record) => record !== undefined && record.at + CLOCK_TOLERANCE_SECONDS >= startedAt,
      );
      if (!hasSessionEnded && !hasUserLoggedOut) return;
      throw new AccessDeniedError('The login has ended', {
        detail: 'Auth0 reported a logout after it began',
      });
    },
  };
}
