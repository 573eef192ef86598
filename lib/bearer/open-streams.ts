/**
 * Ends event streams whose permission has ended.
 *
 * A stream may stay open for days. When its grant is revoked, every stream of it is closed. When the token expires,
 * only streams for server-initiated messages are closed, and the client reconnects with a new token: a response to
 * an admitted call is completed, since clients refresh only after a 401 (MCP authorization, "Token Handling").
 */
import type { Request, Response } from 'express';

import { InvalidTokenError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';
import type { AccessToken } from './caller.js';
import type { SessionResponse, Sessions } from './sessions.js';
import type { VerifyBearer } from './verification.js';

/** The longest that a stream outlives its grant, in milliseconds. */
export const STREAM_CHECK_MS = 30_000;

/** Interval at which expired tokens are detected, in milliseconds. */
const EXPIRY_CHECK_MS = 1_000;

/** A response that has not ended. */
interface PendingResponse extends SessionResponse {
  readonly caller: AccessToken | undefined;
  /** When its grant is read next, in milliseconds of `performance.now()`. */
  nextCheckAtMs: number;
}

/** Tracks a response until it ends. */
export type TrackResponse = (
  req: Request,
  res: Response,
  caller: AccessToken | undefined,
  address?: string,
) => void;

/**
 * One timer for all responses, running only while there are any: a timer for each would cost more than the check
 * of its token. It does not keep the process alive.
 *
 * @param now Unix seconds
 */
export function createResponseTracker(
  verifyBearer: VerifyBearer,
  now: () => number,
  streamCheckMs: number,
  sessions: Pick<Sessions, 'recordBegin' | 'recordEnd'>,
): TrackResponse {
  const intervalMs = Math.min(streamCheckMs, EXPIRY_CHECK_MS);
  const pending = new Set<PendingResponse>();
  let timer: NodeJS.Timeout | undefined;

  function end(response: PendingResponse): void {
    if (pending.delete(response)) sessions.recordEnd(response);
  }

  function check(): void {
    const timeMs = performance.now();
    for (const response of pending) {
      const { req, caller, nextCheckAtMs } = response;
      // A pipelined response that never got the connection emits no 'close' (RFC 9112 §9.3.2).
      if (req.socket.destroyed) end(response);
      else if (caller !== undefined && (nextCheckAtMs <= timeMs || hasExpired(req, caller))) {
        response.nextCheckAtMs = timeMs + streamCheckMs - intervalMs;
        void endUnlessPermitted(response, caller);
      }
    }
    if (pending.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function hasExpired(req: Request, caller: AccessToken): boolean {
    return now() > caller.expiresAt && isSubscription(req);
  }

  async function endUnlessPermitted(
    { req, res }: PendingResponse,
    caller: AccessToken,
  ): Promise<void> {
    try {
      await verifyBearer(caller.token);
    } catch (error) {
      if (res.writableEnded || res.destroyed) return;
      // After an outage it is checked again. Before the headers are sent it is not a stream.
      if (!(error instanceof InvalidTokenError) || !res.headersSent) return;
      if (now() >= caller.expiresAt && !isSubscription(req)) return;
      // The transport may be writing, which is an error from now on.
      res.on('error', () => {});
      res.end();
    }
  }

  return function trackResponse(req, res, caller, address) {
    if (res.destroyed || req.socket.destroyed) return;
    const nextCheckAtMs = performance.now() + streamCheckMs - intervalMs;
    const response = { req, res, caller, address, nextCheckAtMs };
    pending.add(response);
    sessions.recordBegin(response);
    res.on('close', () => end(response));
    timer ??= setInterval(check, intervalMs).unref();
  };
}

/** A stream for server-initiated messages: GET in MCP 2025, a method of its own in MCP 2026. */
function isSubscription(req: Request): boolean {
  if (req.method === 'GET') return true;
  const method = isJsonObject(req.body) ? req.body['method'] : undefined;
  return [req.headers['mcp-method'], method].includes('subscriptions/listen');
}
