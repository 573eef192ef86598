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

import { InvalidToken } from '../oauth/errors.js';
import type { AccessToken } from './auth-info.js';
import { rpcCalls } from './json-rpc.js';
import type { VerifyBearer } from './verification.js';

/** The longest that a stream outlives its grant, in milliseconds. */
export const STREAM_CHECK_MS = 30_000;

/** How often answers are looked at whose token may have expired, in milliseconds. */
const EXPIRY_CHECK_MS = 1_000;

export interface OpenAnswersDeps {
  readonly verifyBearer: VerifyBearer;
  /** Unix seconds. */
  readonly now: () => number;
  readonly streamCheckMs: number;
}

/** Answers under way. */
export interface OpenAnswers {
  /** Looks after an answer until it is closed. Keeps no process alive. */
  watch(req: Request, res: Response, caller: Pick<AccessToken, 'token' | 'expiresAt'>): void;
}

/** An answer under way, and the permission it was given on. */
interface OpenAnswer {
  readonly req: Request;
  readonly caller: Pick<AccessToken, 'token' | 'expiresAt'>;
  /** When to ask for the grant, in milliseconds of `performance.now()`. */
  dueAtMs: number;
}

/**
 * One timer for all of them, running while there are any: most answers are closed long before
 * anybody looks, and a timer for each would cost more than the whole check of its token.
 */
export function createOpenAnswers(deps: OpenAnswersDeps): OpenAnswers {
  const { now, streamCheckMs } = deps;
  const open = new Map<Response, OpenAnswer>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const timeMs = performance.now();
    for (const [res, answer] of open) {
      // A connection that was gone before the check was done says so no more.
      if (res.destroyed) open.delete(res);
      const isDue = answer.dueAtMs <= timeMs || answer.caller.expiresAt < now();
      if (!isDue) continue;
      answer.dueAtMs = timeMs + streamCheckMs;
      void endUnlessPermitted(res, answer, deps);
    }
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function forget(this: Response): void {
    open.delete(this);
  }

  return {
    watch(req, res, caller) {
      open.set(res, { req, caller, dueAtMs: performance.now() + streamCheckMs });
      res.on('close', forget);
      timer ??= setInterval(look, Math.min(streamCheckMs, EXPIRY_CHECK_MS)).unref();
    },
  };
}

async function endUnlessPermitted(
  res: Response,
  { req, caller }: OpenAnswer,
  { verifyBearer, now }: OpenAnswersDeps,
): Promise<void> {
  try {
    await verifyBearer(caller.token);
  } catch (error) {
    if (res.writableEnded || res.destroyed) return;
    // What cannot be found out now is asked again; and headers come before the end of a stream.
    if (!(error instanceof InvalidToken) || !res.headersSent) return;
    if (now() < caller.expiresAt || isSubscription(req)) end(res);
  }
}

/** A stream for whatever the server may have to say: of 2025 by GET, of 2026 by its own method. */
function isSubscription(req: Request): boolean {
  if (req.method === 'GET') return true;
  const methods = [
    req.headers['mcp-method'],
    ...(rpcCalls(req.body) ?? []).map(({ method }) => method),
  ];
  return methods.includes('subscriptions/listen');
}

function end(res: Response): void {
  // The transport may be writing at this moment, which is an error from here on.
  res.on('error', () => {});
  res.end();
}
