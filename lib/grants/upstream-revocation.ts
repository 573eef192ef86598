/**
 * Revokes refresh tokens at Auth0 in the background (RFC 7009 §2.1).
 *
 * One at a time and in order, so that revoking many grants at once stays within Auth0's rate limits. An outage pauses
 * the queue. The queue is in memory: a token that is still queued when the process ends is retired by Auth0 after its
 * idle lifetime.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { type Auth0, Auth0Error } from '../auth0/auth0.js';
import { type Logger, logInBackground } from '../config/logger.js';

export interface UpstreamRevocation {
  /** Queues a token and returns. Does nothing for a login without one. */
  revoke(refreshToken: string | undefined): void;
  /** Revokes what is queued, unless Auth0 is unavailable. */
  close(): Promise<void>;
}

/** The first pause in an outage, doubled at each further one. */
const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 60;
/** Attempts for one token: with the pauses above, about an hour of outage. */
const MAX_ATTEMPTS = 64;
/** Tokens in the queue, some 100 bytes each. */
const MAX_QUEUED = 10_000;

export function createUpstreamRevocation(
  auth0: Pick<Auth0, 'revoke'>,
  log: Pick<Logger, 'warn'>,
): UpstreamRevocation {
  const queue: string[] = [];
  const closing = new AbortController();
  let worker: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let token = queue[0]; token !== undefined; token = queue[0]) {
      const failure = await revokeNow(token);
      const isGivenUp = closing.signal.aborted && isOutage(failure);
      const { length: tokens } = queue.splice(0, isGivenUp ? queue.length : 1);
      if (failure === undefined) continue;
      logInBackground(() =>
        log.warn(
          { error: String(failure), tokens },
          'refresh tokens could not be revoked at Auth0, which retires them after their idle lifetime',
        ),
      );
    }
    worker = undefined;
  }

  /** @returns what made the last attempt fail */
  async function revokeNow(token: string): Promise<unknown> {
    for (let attempt = 0; ; attempt += 1) {
      const failure: unknown = await auth0.revoke(token).catch((error: unknown) => error);
      if (!isOutage(failure) || attempt >= MAX_ATTEMPTS) return failure;
      const backoff = Math.min(FIRST_PAUSE_SECONDS * 2 ** attempt, LONGEST_PAUSE_SECONDS);
      const milliseconds = (failure.retryAfterSeconds ?? backoff) * 1000;
      // `ref: false`: this pause does not keep the process alive.
      const options = { signal: closing.signal, ref: false };
      const isClosing = await sleep(milliseconds, false, options).catch(() => true);
      if (isClosing) return failure;
    }
  }

  return {
    revoke(refreshToken) {
      if (refreshToken === undefined || queue.length >= MAX_QUEUED) return;
      queue.push(refreshToken);
      worker ??= work();
    },
    async close() {
      closing.abort();
      await worker;
    },
  };
}

function isOutage(failure: unknown): failure is Auth0Error {
  return failure instanceof Auth0Error && failure.kind === 'unavailable';
}
