/**
 * Gives refresh tokens back to Auth0 without making anyone wait.
 *
 * One at a time, in order, so that ending many grants at once stays inside Auth0's rate limits. An
 * outage pauses the queue. The queue is in memory: what a process has not given back when it ends,
 * Auth0 retires by its own idle lifetime.
 *
 * Spec: RFC 7009 §2.1; requirement R-RV-3.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { type Auth0, Auth0Error } from '../auth0/auth0.js';
import type { Logger } from '../config/logger.js';

/** See {@link createUpstreamRevocation}. */
export interface UpstreamRevocation {
  /** Takes a token; returns at once. Undefined, for a login without one, is nothing to do. */
  revoke(refreshToken: string | undefined): void;
  /** Gives back what is left unless Auth0 is away, and resolves when that is done. */
  close(): Promise<void>;
}

interface UpstreamRevocationDeps {
  readonly auth0: Pick<Auth0, 'revoke'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** The first pause after an outage was met, doubled at each further one. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 60;
/** Attempts for one token: with the pauses above, about an hour of outage. */
const MAX_ATTEMPTS = 64;
/** Tokens that may wait: some 100 bytes each. */
const MAX_WAITING = 10_000;

export function createUpstreamRevocation({
  auth0,
  log,
}: UpstreamRevocationDeps): UpstreamRevocation {
  const waiting: string[] = [];
  const closing = new AbortController();
  let worker: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let token = waiting[0]; token !== undefined; token = waiting[0]) {
      const failure = await attempts(token);
      if (failure !== undefined) tell(failure);
      // Closing does not wait out an outage: what is left would meet it as well.
      if (isOutage(failure) && closing.signal.aborted) waiting.length = 0;
      waiting.shift();
    }
    worker = undefined;
  }

  async function attempts(token: string): Promise<Error | undefined> {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await auth0.revoke(token).then(() => undefined, asError);
      if (!isOutage(failure) || attempt >= MAX_ATTEMPTS) return failure;
      if (!(await pause(attempt, failure))) return failure;
    }
  }

  function tell(failure: Error): void {
    const tokens = closing.signal.aborted && isOutage(failure) ? waiting.length : 1;
    log.warn(
      { error: String(failure), tokens },
      'refresh tokens could not be given back to Auth0, which retires them by its idle lifetime',
    );
  }

  /** @returns false when there is no time left for another attempt */
  function pause(attempt: number, { retryAfterSeconds }: Auth0Error): Promise<boolean> {
    const backoff = Math.min(FIRST_PAUSE_SECONDS * 2 ** attempt, LONGEST_PAUSE_SECONDS);
    const milliseconds = (retryAfterSeconds ?? backoff) * 1000;
    // Not worth keeping a process alive for.
    const options = { signal: closing.signal, ref: false };
    return sleep(milliseconds, true, options).catch(() => false);
  }

  return {
    revoke(refreshToken) {
      if (refreshToken === undefined) return;
      if (waiting.length >= MAX_WAITING) waiting.pop();
      waiting.push(refreshToken);
      worker ??= work();
    },
    async close() {
      closing.abort();
      await worker;
    },
  };
}

function isOutage(failure: Error | undefined): failure is Auth0Error {
  return failure instanceof Auth0Error && failure.kind === 'unavailable';
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
