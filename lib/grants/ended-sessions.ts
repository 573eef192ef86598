/**
 * Sessions at Auth0 that have ended a while ago, for logins that were on their way then: somebody can hold
 * the way back from Auth0 open until the logout has been told of, and come with it afterwards.
 *
 * A logout leaves its word before it looks for what to end; a login looks for a word after it has left
 * what can be found. So one of the two sees the other, however they interleave.
 *
 * Spec: OpenID Connect Back-Channel Logout 1.0 §2.7.
 *
 * @module
 */
import type { Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import { AccessDeniedError } from '../oauth/errors.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { EndedSessionRecord } from '../storage/records.js';
import { LOGIN_TTL_SECONDS } from './login-transactions.js';

/** No login is longer on its way, with five minutes for the clocks and the last steps. */
const TTL_SECONDS = LOGIN_TTL_SECONDS + 300;

/** A login that began so shortly after a logout of the person may have begun before it: clocks differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** What tells a login from others. */
export type LoginOf = Pick<Auth0Login, 'subject' | 'sid' | 'startedAt'>;

/** Remembers ended sessions as long as a login may be on its way. */
export interface EndedSessions {
  note(logout: Pick<Auth0Logout, 'subject' | 'sid' | 'issuedAt'>): Promise<void>;
  /** @throws AccessDeniedError the login's session has ended since it began */
  requireAlive(login: LoginOf): Promise<void>;
}

export function createEndedSessions(deps: SealedStorage): EndedSessions {
  const ended = openCollection<EndedSessionRecord>(deps, 'ended');

  /** A session of Auth0's that has ended does not begin again, whatever the clocks say. */
  async function sessionHasEnded({ subject, sid }: LoginOf): Promise<boolean> {
    const word = sid === undefined ? undefined : await ended.get(sessionOf(sid));
    return word !== undefined && (word.subject ?? subject) === subject;
  }

  async function personHasEnded({ subject, sid, startedAt = 0 }: LoginOf): Promise<boolean> {
    const ids = [personOf(subject), ...(sid === undefined ? [namelessOf(subject)] : [])];
    const words = await Promise.all(ids.map((id) => ended.get(id)));
    return words.some(
      (word) => word !== undefined && word.at + CLOCK_TOLERANCE_SECONDS >= startedAt,
    );
  }

  return {
    async note({ subject, sid, issuedAt }) {
      const ids = [
        // §2.4: without `sid` all of the person's sessions are meant.
        ...(sid === undefined ? [] : [sessionOf(sid)]),
        // As for grants: a session that was never named counts as the one that is meant.
        ...(subject === undefined
          ? []
          : [sid === undefined ? personOf(subject) : namelessOf(subject)]),
      ];
      for (const id of ids)
        await ended.set(
          id,
          { at: issuedAt, ...(subject !== undefined && { subject }) },
          TTL_SECONDS,
        );
    },
    async requireAlive(login) {
      const answers = await Promise.all([sessionHasEnded(login), personHasEnded(login)]);
      if (!answers.includes(true)) return;
      throw new AccessDeniedError('The login has ended', {
        detail: 'Auth0 has told of a logout since it began',
      });
    },
  };
}

function sessionOf(sid: string): string {
  return `session ${sid}`;
}

function personOf(subject: string): string {
  return `person ${subject}`;
}

function namelessOf(subject: string): string {
  return `nameless ${subject}`;
}
