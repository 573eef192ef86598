/**
 * People who are signed in to the page of their connected apps.
 *
 * Short sessions of their own, apart from the browser's session in which logins are under way. They
 * are changed by compare-and-set only: what has ended is not written back by a request that still
 * runs, which a session of express-session would be.
 *
 * Spec: OpenID Connect Back-Channel Logout 1.0 §2.7 (their end with the session at Auth0).
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';

import type { Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { AccountRecord } from '../storage/records.js';
import type { EndedSessions } from './ended-sessions.js';
import { createIndexes, type IndexEntry } from './indexes.js';

/** Seconds without use: people come to end one thing, and leave the page open. */
const IDLE_SECONDS = 15 * 60;

/** Seconds in all: whoever needs longer is known to Auth0, and signs in again by one click. */
export const ACCOUNT_SESSION_SECONDS: number = 60 * 60;

/** Bytes of an id: 144 bits, so that ids cannot be guessed. */
const ID_BYTES = 18;

/** Sessions by id. The store knows a hash of it only: the id is half of a cookie. */
export interface AccountSessions {
  /** @returns the id, a new one for every login. @throws AccessDeniedError the login has ended at Auth0 since */
  begin(login: Auth0Login): Promise<string>;
  find(id: string): Promise<AccountRecord | undefined>;
  /** As {@link AccountSessions.find}; counts as use, and takes `disconnected` out. */
  visit(id: string): Promise<AccountRecord | undefined>;
  /** Counts as use, and keeps the name for the next visit. */
  noteDisconnected(id: string, client: { readonly name?: string }): Promise<void>;
  /** No error where there is none. */
  end(id: string): Promise<void>;
  /** Ends the sessions that a logout at Auth0 ends. */
  logOut(logout: Auth0Logout): Promise<void>;
}

interface AccountSessionsDeps extends SealedStorage {
  readonly endedSessions: Pick<EndedSessions, 'requireAlive'>;
  /** Unix seconds. */
  readonly now: () => number;
}

export function createAccountSessions(deps: AccountSessionsDeps): AccountSessions {
  const { now } = deps;
  const records = openCollection<AccountRecord>(deps, 'account');
  const indexes = createIndexes({ ...deps, of: 'accounts', ttlSeconds: ACCOUNT_SESSION_SECONDS });

  function alive(record: AccountRecord | undefined): AccountRecord | undefined {
    return record !== undefined && endOf(record) > now() ? record : undefined;
  }

  /** @returns the session as it was before; undefined also if it ended meanwhile */
  async function use(
    id: string,
    change: (current: AccountRecord) => AccountRecord,
  ): Promise<AccountRecord | undefined> {
    let before: AccountRecord | undefined;
    const stored = await records.update(keyOf(id), (current) => {
      before = alive(current);
      if (before === undefined) return undefined;
      const value = { ...change(before), seenAt: now() };
      return { value, ttlSeconds: endOf(value) - now() };
    });
    return stored && before;
  }

  async function end(key: string): Promise<void> {
    const record = await records.take(key);
    // It has ended with its record. A membership left over leads nowhere, and runs out.
    if (record !== undefined) await indexes.remove(key, entriesOf(record)).catch(() => undefined);
  }

  return {
    async begin(login) {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const record = recordOf(login, now());
      await records.add(keyOf(id), record, IDLE_SECONDS);
      await indexes.add(keyOf(id), entriesOf(record));
      await deps.endedSessions.requireAlive(login).catch(async (error: unknown) => {
        await end(keyOf(id));
        throw error;
      });
      return id;
    },
    find: async (id) => alive(await records.get(keyOf(id))),
    visit: (id) => use(id, ({ disconnected: _taken, ...record }) => record),
    async noteDisconnected(id, { name }) {
      const disconnected = name === undefined ? {} : { name };
      await use(id, (record) => ({ ...record, disconnected }));
    },
    end: (id) => end(keyOf(id)),
    async logOut({ subject, sid }) {
      const keys = [
        ...(await indexes.find(['sid', sid])),
        ...(await indexes.find(['subject', subject])),
      ];
      for (const key of new Set(keys)) {
        const record = await records.get(key);
        if (record !== undefined && isMeant(record, { subject, sid })) await end(key);
      }
    },
  };
}

/** What the record stands under, and the indexes hold: good for no cookie. */
function keyOf(id: string): string {
  return createHash('sha256').update(`account ${id}`, 'utf8').digest('base64url');
}

/** Unix seconds. */
function endOf({ signedInAt, seenAt }: AccountRecord): number {
  return Math.min(seenAt + IDLE_SECONDS, signedInAt + ACCOUNT_SESSION_SECONDS);
}

function recordOf({ subject, sid, user }: Auth0Login, now: number): AccountRecord {
  const name = [user['email'], user['name']].find((claim) => typeof claim === 'string' && claim);
  return {
    subject,
    ...(sid !== undefined && { sid }),
    ...(typeof name === 'string' && { name }),
    signedInAt: now,
    seenAt: now,
  };
}

function entriesOf({ subject, sid }: AccountRecord): readonly IndexEntry[] {
  return [
    ['subject', subject],
    ['sid', sid],
  ];
}

/** As for grants: with `sid` that session alone, and one whose `sid` was never told. */
function isMeant(
  record: AccountRecord,
  { subject, sid }: Pick<Auth0Logout, 'subject' | 'sid'>,
): boolean {
  const isTheirs = subject === undefined || record.subject === subject;
  return isTheirs && (sid === undefined || record.sid === undefined || record.sid === sid);
}
