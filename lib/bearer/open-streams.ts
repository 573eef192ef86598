/**
 * Answers that stay open longer than the permission they were given on.
 *
 * An event stream may stay open for days. When the grant ends, every open stream ends with it; when
 * the token expires, the streams end that the server speaks on unasked, and the client comes back
 * with a fresh token. The answer to a call that was admitted is finished: clients refresh when a
 * request is refused, so calls that straddle the expiry are everyday.
 *
 * Spec: MCP authorization, "Token Handling"; RS-2.
 *
 * @module
 */
import type { Request, Response } from 'express';

import { InvalidTokenError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';
import type { AccessToken } from './auth-info.js';
import type { PendingResponse } from './pending-responses.js';
import type { VerifyBearer } from './verification.js';

/** The longest that a stream outlives its grant, in milliseconds. */
export const STREAM_CHECK_MS = 30_000;

/** How often answers are looked at whose token may have expired, in milliseconds. */
const EXPIRY_CHECK_MS = 1_000;

export interface OpenStreamsDeps {
  readonly verifyBearer: VerifyBearer;
  /** Unix seconds. */
  readonly now: () => number;
  readonly streamCheckMs: number;
}

/** Looks after answers as long as there are any. */
export interface OpenStreams {
  /** Somebody's answer has begun. */
  wake(): void;
}

/**
 * Keeps no process alive. One timer for all answers, running while there are any: a timer for each
 * would cost more than the whole check of its token.
 *
 * @param answers under way, which change meanwhile
 */
export function createOpenStreams(
  answers: readonly PendingResponse[],
  deps: OpenStreamsDeps,
): OpenStreams {
  const { now, streamCheckMs } = deps;
  const lookMs = Math.min(streamCheckMs, EXPIRY_CHECK_MS);
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const timeMs = performance.now();
    for (const answer of answers) lookAt(answer, timeMs);
    if (answers.some(({ caller }) => caller !== undefined)) return;
    clearInterval(timer);
    timer = undefined;
  }

  function lookAt(answer: PendingResponse, timeMs: number): void {
    const { caller, dueAtMs } = answer;
    if (caller === undefined) return;
    // Most answers end before they are looked at; this one was begun since the last look.
    if (dueAtMs === undefined) answer.dueAtMs = timeMs + streamCheckMs - lookMs;
    const isDue = dueAtMs !== undefined && dueAtMs <= timeMs;
    if (!isDue && caller.expiresAt >= now()) return;
    answer.dueAtMs = timeMs + streamCheckMs;
    void endUnlessPermitted(answer, caller, deps);
  }

  return {
    wake() {
      timer ??= setInterval(look, lookMs).unref();
    },
  };
}

async function endUnlessPermitted(
  { req, res }: PendingResponse,
  caller: AccessToken,
  { verifyBearer, now }: OpenStreamsDeps,
): Promise<void> {
  try {
    await verifyBearer(caller.token);
  } catch (error) {
    if (res.writableEnded || res.destroyed) return;
    // What cannot be found out now is asked again; and headers come before the end of a stream.
    if (!(error instanceof InvalidTokenError) || !res.headersSent) return;
    if (now() < caller.expiresAt || isSubscription(req)) end(res);
  }
}

/** A stream for whatever the server may have to say: of 2025 by GET, of 2026 by its own method. */
function isSubscription(req: Request): boolean {
  if (req.method === 'GET') return true;
  const method = isJsonObject(req.body) ? req.body['method'] : undefined;
  return [req.headers['mcp-method'], method].includes('subscriptions/listen');
}

function end(res: Response): void {
  // The transport may be writing at this moment, which is an error from here on.
  res.on('error', () => {});
  res.end();
}
