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

export interface OpenAnswersDeps {
  readonly verifyBearer: VerifyBearer;
  /** Unix seconds. */
  readonly now: () => number;
  readonly streamCheckMs: number;
}

/** Looks after an answer until it is closed. Keeps no process alive. */
export function endWithPermission(
  req: Request,
  res: Response,
  { token, expiresAt }: Pick<AccessToken, 'token' | 'expiresAt'>,
  { verifyBearer, now, streamCheckMs }: OpenAnswersDeps,
): void {
  let timer: NodeJS.Timeout;
  const lookLater = (): void => {
    const untilExpiryMs = Math.max(1, expiresAt + 1 - now()) * 1000;
    timer = setTimeout(look, Math.min(streamCheckMs, untilExpiryMs)).unref();
  };
  const look = (): void => {
    verifyBearer(token).then(lookLater, (error: unknown) => {
      if (res.writableEnded || res.destroyed) return;
      // What cannot be found out now is asked again; and headers come before the end of a stream.
      if (!(error instanceof InvalidToken) || !res.headersSent) lookLater();
      else if (now() < expiresAt || isSubscription(req)) end(res);
    });
  };
  lookLater();
  res.once('close', () => clearTimeout(timer));
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
