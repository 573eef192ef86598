/**
 * Logins under way at Auth0, bound to the browser that approved them.
 *
 * Spec: MCP security best practices, "Confused Deputy Problem" (PX-17, PX-18, PX-20, PX-22).
 *
 * @module
 */
import type { LoginTransactions } from '../auth0/auth0.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { type CollectionDeps, openCollection } from '../storage/collection.js';
import type { LoginRecord } from '../storage/records.js';

/** Seconds a person has to log in at Auth0 (PX-22). */
export const LOGIN_TTL_SECONDS = 600;

/** Seconds a login that was taken is kept, for a person who reloads a page that never came. */
const TAKEN_TTL_SECONDS = 300;

/** Seconds until one that was taken counts as interrupted: a second click is none. */
const INTERRUPTED_AFTER_SECONDS = 2;

/** @param now unix seconds */
export function createLoginTransactions(
  deps: CollectionDeps,
  now: () => number,
): LoginTransactions {
  const logins = openCollection<LoginRecord>(deps, 'login');

  return {
    add: (state, transaction) =>
      logins.add(state, { ...transaction, startedAt: now() }, LOGIN_TTL_SECONDS),
    async take(state, browser) {
      let found: Standing = 'nothing';
      const login = await logins.update(state, (current) => {
        // Nothing is written for another browser: its answer must not use up this one's login.
        found = isSame(current.browser, browser) ? standingOf(current, now()) : 'nothing';
        if (found === 'nothing') return undefined;
        // Marked rather than deleted: the mark tells a crash from a login that never was.
        return { value: { ...current, takenAt: now() }, ttlSeconds: TAKEN_TTL_SECONDS };
      });
      if (login === undefined || is(found, 'nothing')) return undefined;
      return { ...login, wasInterrupted: is(found, 'interrupted') };
    },
    async finish(state) {
      // Left behind by a store that is away, it ends by itself.
      await logins.delete(state).catch(() => undefined);
    },
  };
}

/** What a login is good for: `interrupted` ones, for beginning anew. */
type Standing = 'nothing' | 'untouched' | 'interrupted';

function standingOf({ takenAt }: LoginRecord, now: number): Standing {
  if (takenAt === undefined) return 'untouched';
  return now - takenAt < INTERRUPTED_AFTER_SECONDS ? 'nothing' : 'interrupted';
}

/** A function, since the compiler does not follow what a callback assigns. */
function is(value: Standing, expected: Standing): boolean {
  return value === expected;
}

function isSame(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b));
}
