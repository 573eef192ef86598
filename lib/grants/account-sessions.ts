/**
 * Sessions of users on the connected apps page.
 *
 * Apart from express-session, which would write back a session that has ended while a request runs: these are changed
 * by compare-and-set only.
 */
import { createHash, randomBytes } from 'node:crypto';

import type { Auth0Login, Auth0Logout } from '../auth0/auth0.js';
import type { Core } from '../core.js';
import { openCollection } from '../storage/collection.js';
import { createIndexes, type IndexEntry } from '../storage/indexes.js';
import type { AccountRecord } from '../storage/records.js';
import { createEndedSessions } from './ended-sessions.js';

/** A session without use ends after this time. */
const IDLE_SECONDS = 15 * 60;

/** A session ends after this time in any case: while Auth0's session lasts, the next login is one click. */
export const ACCOUNT_SESSION_SECONDS: number = 60 * 60;

/** 144 bits, so that ids cannot be guessed. */
const ID_BYTES = 18;

/** Sessions by id. The store knows a hash of it only: the id is half of a cookie. */
export interface AccountSessions {
  /** @returns the id, a new one for every login. @throws AccessDeniedError a logout at Auth0 has ended the login */
  begin(login: Auth0Login): Promise<string>;
  find(id: string): Promise<AccountRecord | undefined>;
  /** As {@link AccountSessions.find}; counts as use and removes `disconnected`. */
  visit(id: string): Promise<AccountRecord | undefined>;
  /** Counts as use, and stores the name for the next visit. */
  noteDisconnected(id: string, client: { readonly name?: string }): Promise<void>;
  end(id: string): Promise<void>;
  logOut(logout: Pick<Auth0Logout, 'subject' | 'sid'>): Promise<void>;
}

export function createAccountSessions({ collections, now }: Core): AccountSessions {
  const records = openCollection<AccountRecord>(collections, 'account');
  const indexes = createIndexes(collections, 'accounts');
  const endedSessions = createEndedSessions(collections);

  function alive(record: AccountRecord | undefined): AccountRecord | undefined {
    return record !== undefined && expiryOf(record) > now() ? record : undefined;
  }

  /** @returns the session before the change; undefined if it has ended */
  async function use(
    id: string,
    change: (current: AccountRecord) => AccountRecord,
  ): Promise<AccountRecord | undefined> {
    let before: AccountRecord | undefined;
    const stored = await records.update(keyOf(id), (current) => {
      before = alive(current);
      if (before === undefined) return undefined;
      const value = { ...change(before), seenAt: now() };
      return { value, ttlSeconds: expiryOf(value) - now() };
    });
    return stored && before;
  }

  async function end(key: string): Promise<void> {
    const record = await records.take(key);
    // An index entry without a record is ignored, and expires.
    if (record !== undefined) await indexes.remove(key, entriesOf(record)).catch(() => undefined);
  }

  return {
    async begin(login) {
      const id = randomBytes(ID_BYTES).toString('base64url');
      const record = recordOf(login, now());
      await records.add(keyOf(id), record, IDLE_SECONDS);
      await indexes.add(keyOf(id), entriesOf(record), ACCOUNT_SESSION_SECONDS);
      await endedSessions.requireAlive(login).catch(async (error: unknown) => {
        await end(keyOf(id));
        throw error;
      });
      return id;
    },
    find: async (id) => alive(await records.get(keyOf(id))),
    visit: (id) => use(id, ({ disconnected: _, ...record }) => record),
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
        if (record === undefined) continue;
        // As for grants: with `sid` that session alone, or one that Auth0 never named.
        const isOfUser = subject === undefined || record.subject === subject;
        const isOfSession = sid === undefined || record.sid === undefined || record.sid === sid;
        if (isOfUser && isOfSession) await end(key);
      }
    },
  };
}

/** The record's id, which is also in the indexes. A cookie cannot be made from it. */
function keyOf(id: string): string {
  return createHash('sha256').update(`account ${id}`, 'utf8').digest('base64url');
}

/** Unix seconds. */
function expiryOf({ signedInAt, seenAt }: AccountRecord): number {
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
