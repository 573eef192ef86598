/**
 * Logins under way at Auth0, bound to the browser that approved them.
 *
 * Spec: MCP security best practices, "Confused Deputy Problem" (PX-17, PX-18, PX-20, PX-22).
 *
 * @module
 */
import type { LoginTransactions, TakenTransaction } from '../auth0/auth0.js';
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

  /** Marks it rather than deleting it: the mark tells a crash from a login that never was. */
  async function mark(state: string): Promise<TakenTransaction | undefined> {
    let isMine = false;
    const takenAt = now();
    const login = await logins.update(state, (current) => {
      isMine = current.takenAt === undefined;
      return isMine ? { value: { ...current, takenAt }, ttlSeconds: TAKEN_TTL_SECONDS } : undefined;
    });
    return isMine ? login : undefined;
  }

  return {
    add: (state, transaction) => logins.add(state, { ...transaction }, LOGIN_TTL_SECONDS),
    async take(state, browser) {
      const login = await logins.get(state);
      // Looked at before it is taken: an answer from another browser must not use up this one's
      // login. The binding of a state never changes, so nothing can come in between.
      if (login === undefined || !isSame(login.browser, browser)) return undefined;
      if (login.takenAt === undefined) return mark(state);
      if (now() - login.takenAt < INTERRUPTED_AFTER_SECONDS) return undefined;
      const taken = await logins.take(state);
      return taken && { ...taken, wasInterrupted: true };
    },
    async finish(state) {
      // Left behind by a store that is away, it ends by itself.
      await logins.delete(state).catch(() => undefined);
    },
  };
}

function isSame(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b));
}
