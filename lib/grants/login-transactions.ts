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

export function createLoginTransactions(deps: CollectionDeps): LoginTransactions {
  const logins = openCollection<LoginRecord>(deps, 'login');
  return {
    add: (state, transaction) => logins.add(state, { ...transaction }, LOGIN_TTL_SECONDS),
    async take(state, browser) {
      const login = await logins.get(state);
      // Looked at before it is taken: an answer from another browser must not use up this one's
      // login. The binding of a state never changes, so nothing can come in between.
      if (login === undefined || !isSame(login.browser, browser)) return undefined;
      return logins.take(state);
    },
  };
}

function isSame(a: string, b: string): boolean {
  return equalInConstantTime(Buffer.from(a), Buffer.from(b));
}
