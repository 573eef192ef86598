/**
 * Sessions that ended at Auth0, for logins in progress: a callback can be delayed until after the logout.
 *
 * A logout stores its record before it searches for what to end. A login searches for that record after it has stored
 * what can be found. So one of the two sees the other, however they interleave.
 */
import type { Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import { AccessDeniedError } from '../oauth/errors.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { EndedSessionRecord } from '../storage/records.js';
import { LOGIN_TTL_SECONDS } from './login-transactions.js';

/**
 * A record is stored for as long as a login takes at most, or an identity assertion is valid (15 minutes), with time for
 * clocks and the last steps.
 */
const ENDED_TTL_SECONDS = LOGIN_TTL_SECONDS + 600;

/** A login that began this soon after a user's logout may have begun before it: clocks differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

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
      // Back-Channel Logout §2.4: without `sid` all sessions of the user are meant. With it, also those that Auth0 never named.
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
