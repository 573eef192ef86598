/** Accounts that users have begun to connect, bound to the browser that began (RFC 9700 §4.7). */
import type { Core } from '../core.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { openCollection } from '../storage/collection.js';
import type { ConnectionRecord } from '../storage/records.js';

/** Longest time that a user has at the provider, in seconds. */
const MAX_ATTEMPT_SECONDS = 600;

export interface ConnectionAttempts {
  /** @param lifetime in seconds, as Auth0 says */
  add(state: string, attempt: ConnectionRecord, lifetime: number): Promise<void>;
  /** The attempt, once, and in its own browser only: another one changes nothing. */
  take(state: string, browser: string): Promise<ConnectionRecord | undefined>;
}

export function createConnectionAttempts({ collections }: Core): ConnectionAttempts {
  const attempts = openCollection<ConnectionRecord>(collections, 'connection');
  const isOf = (browser: string, attempt: ConnectionRecord | undefined): boolean =>
    attempt !== undefined &&
    equalInConstantTime(Buffer.from(attempt.browser), Buffer.from(browser));
  return {
    async add(state, attempt, lifetime) {
      await attempts.set(state, attempt, Math.min(Math.ceil(lifetime), MAX_ATTEMPT_SECONDS));
    },
    async take(state, browser) {
      if (!isOf(browser, await attempts.get(state))) return undefined;
      const attempt = await attempts.take(state);
      return isOf(browser, attempt) ? attempt : undefined;
    },
  };
}
