/**
 * How many logins are under way: people at Auth0's login page, or gone from it.
 *
 * Per process: a login that ends at another instance counts here until its time is over.
 *
 * @module
 */
import type { LoginTransactions } from '../auth0/auth0.js';
import { LOGIN_TTL_SECONDS } from '../grants/login-transactions.js';
import type { Telemetry } from './telemetry.js';

/** More than that are counted as that many: a number for an alarm needs no memory without end. */
const MAX_COUNTED = 10_000;

/** The same transactions, counted. */
export function observeLoginTransactions(
  transactions: LoginTransactions,
  telemetry: Telemetry,
  now: () => number,
): LoginTransactions {
  /** State → end of its time; oldest first, since all have the same. */
  const open = new Map<string, number>();
  let isWatched = false;

  function count(): number {
    for (const [state, endsAt] of open) {
      if (endsAt > now()) break;
      open.delete(state);
    }
    return open.size;
  }

  return {
    async add(state, transaction) {
      const isAdded = await transactions.add(state, transaction);
      // At a login and not before: by then the app's SDK is registered.
      if (!isWatched && telemetry.isOn()) {
        telemetry.watch('auth0_mcp.logins.open', count);
        isWatched = true;
      }
      if (count() < MAX_COUNTED) open.set(state, now() + LOGIN_TTL_SECONDS);
      return isAdded;
    },
    async take(state, browser) {
      const taken = await transactions.take(state, browser);
      if (taken !== undefined) open.delete(state);
      return taken;
    },
    finish: (state) => transactions.finish(state),
  };
}
