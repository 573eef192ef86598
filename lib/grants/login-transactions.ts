/**
 * Pending logins at Auth0, bound to the browser that began them (MCP security best practices, "Confused
 * Deputy Problem"). A login stands under the state of the form it began with, so that adding it is also
 * what makes a decision count once.
 */
import { randomBytes } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { LoginTransactions } from '../auth0/auth0.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { type Change, openCollection, type SealedStorage } from '../storage/collection.js';
import type { LoginRecord, SpentFormRecord } from '../storage/records.js';

/** Seconds a user has to log in at Auth0. */
export const LOGIN_TTL_SECONDS = 600;

/** Seconds a login that was taken is kept, for a person who reloads a page that never came. */
const TAKEN_TTL_SECONDS = 300;

/** Seconds until a login that another process has taken counts as interrupted: that process may have died. */
const INTERRUPTED_AFTER_SECONDS = 2;

/**
 * Seconds beyond the time limit of a call to Auth0 until one that this process has taken does: the exchange of
 * its code may be in progress until then, and one decision must not end in two codes.
 */
const MARGIN_SECONDS = 2;

/** Logins whose last write is not certain; more are not remembered. */
const MAX_UNCONFIRMED = 1000;

/** Answers that are remembered of one form. */
const MAX_ATTEMPTS = 20;

/** The transactions, and the forms that were answered without one. */
export interface Logins extends LoginTransactions {
  /**
   * Marks the form of that state as answered: no login begins with it.
   *
   * @returns false where it was answered before
   */
  decline(state: string, formExpiresAt: number): Promise<boolean>;
}

/**
 * @param now unix seconds
 * @param upstreamTimeoutMs for one call to Auth0
 */
export function createLoginTransactions(
  deps: SealedStorage,
  now: () => number,
  upstreamTimeoutMs: number,
): Logins {
  const logins = openCollection<LoginRecord | SpentFormRecord>(deps, 'login');
  const unconfirmed = new LRUCache<string, readonly string[]>({ max: MAX_UNCONFIRMED });
  /** Attempts at taking that the store may have written without saying so, by state. */
  const unconfirmedTakes = new LRUCache<string, readonly string[]>({ max: MAX_UNCONFIRMED });
  /** Finished here, where the store could not be told. */
  const unwritten = new LRUCache<string, true>({ max: MAX_UNCONFIRMED });
  /** Takes by this process, which is alive, by state. */
  const ownTakes = new LRUCache<string, string>({ max: MAX_UNCONFIRMED });
  const ownInterruptedAfter = Math.ceil(upstreamTimeoutMs / 1000) + MARGIN_SECONDS;

  function standingOf({ startedAt, takenAt, taker }: LoginRecord, state: string): Standing {
    if (unwritten.get(state) !== undefined) return 'nothing';
    const isTaken = takenAt !== undefined && !unconfirmedTakes.get(state)?.includes(taker ?? '');
    if (!isTaken) return now() - (startedAt ?? now()) < LOGIN_TTL_SECONDS ? 'untouched' : 'nothing';
    const isOwn = ownTakes.get(state) === taker;
    const after = isOwn ? ownInterruptedAfter : INTERRUPTED_AFTER_SECONDS;
    return now() - takenAt < after ? 'nothing' : 'interrupted';
  }
  const secondsUntil = (time = 0): number => Math.max(time - now(), 0);

  /**
   * The first answer to a form counts. Where the store failed on it, the user was told to try again: what
   * was written all the same must not stand in the way of that.
   */
  async function addOnce(
    state: string,
    record: (LoginRecord | SpentFormRecord) & { nonce: string },
    ttlSeconds: number,
  ): Promise<boolean> {
    const lost = unconfirmed.get(state) ?? [];
    try {
      if (await logins.add(state, record, ttlSeconds)) return true;
      if (lost.length === 0) return false;
      const stored = await logins.update(state, ({ nonce = '' }) =>
        lost.includes(nonce) ? { value: record, ttlSeconds } : undefined,
      );
      return stored?.nonce === record.nonce;
    } catch (error) {
      unconfirmed.set(state, [...lost, record.nonce].slice(-MAX_ATTEMPTS));
      throw error;
    }
  }

  return {
    decline(state, formExpiresAt) {
      const record = { spent: true, nonce: randomBytes(16).toString('base64url') } as const;
      return addOnce(state, record, Math.max(secondsUntil(formExpiresAt), 1));
    },
    async waiting(state) {
      const login = await logins.get(state);
      if (login === undefined || 'spent' in login) return undefined;
      return standingOf(login, state) === 'untouched' ? login : undefined;
    },
    add: (state, transaction) =>
      addOnce(state, { ...transaction, startedAt: now() }, LOGIN_TTL_SECONDS),
    async take(state, browser) {
      let found: Standing = 'nothing';
      const taker = randomBytes(16).toString('base64url');
      const take: Change<LoginRecord | SpentFormRecord> = (current) => {
        if ('spent' in current) return undefined;
        // Nothing is written for another browser: its answer must not use up this one's login.
        found = isSame(current.browser, browser) ? standingOf(current, state) : 'nothing';
        if (found === 'nothing') return undefined;
        // Marked rather than deleted: the mark tells a crash from a login that never was.
        const ttlSeconds = Math.max(TAKEN_TTL_SECONDS, secondsUntil(current.formExpiresAt));
        return { value: { ...current, takenAt: now(), taker }, ttlSeconds };
      };
      const login = await logins.update(state, take).catch((error: unknown) => {
        const lost = unconfirmedTakes.get(state) ?? [];
        unconfirmedTakes.set(state, [...lost, taker].slice(-MAX_ATTEMPTS));
        throw error;
      });
      if (login === undefined || 'spent' in login || is(found, 'nothing')) return undefined;
      ownTakes.set(state, taker);
      return { ...login, wasInterrupted: is(found, 'interrupted') };
    },
    async finish(state, formExpiresAt) {
      const seconds = secondsUntil(formExpiresAt);
      const done =
        seconds === 0 ? logins.delete(state) : logins.set(state, { spent: true }, seconds);
      // Left behind by a store that is away, it expires by itself.
      await done.catch(() => unwritten.set(state, true));
    },
  };
}

/** What a login is good for: `interrupted` ones, for beginning anew. */
type Standing = 'nothing' | 'untouched' | 'interrupted';

/** A function, since the compiler does not follow what a callback assigns. */
function is(value: Standing, expected: Standing): boolean {
  return value === expected;
}

function isSame(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b));
}
