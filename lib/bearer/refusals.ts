/**
 * What the guard answers instead of the route, in the form the caller reads.
 *
 * Spec: RFC 6750 §3, RFC 9728 §5.1; MCP authorization, "Error Handling" and "Scope Challenge
 * Handling"; RS-3, RS-4, RS-13, RS-14.
 *
 * @module
 */
import type { Request, Response } from 'express';

import type { ErrorLog } from '../http/error-log.js';
import { sendOAuthError } from '../http/json-errors.js';
import { sendJson } from '../http/send-json.js';
import { type ChallengeBase, errorChallenge, initialChallenge } from '../oauth/challenge.js';
import { InsufficientScopeError, InvalidTokenError, type OAuthError } from '../oauth/errors.js';
import { unionOfScopes } from '../oauth/scope.js';
import { RpcBodyError } from './rpc-body-error.js';
import { challengeAsToolResult } from './tool-result.js';

export interface RefusalDeps {
  readonly challenge: ChallengeBase;
  readonly logError: ErrorLog;
  /** Told of every caller that is sent away to log in. */
  readonly onChallenge: (req: Request) => void;
}

/** How one caller is sent to log in. */
export interface ChallengeDetails {
  /** What the request needs besides what every first login asks for (RS-4): one login is enough. */
  readonly scopes: readonly string[];
  /** Whether the caller got this far without a token because others may. */
  readonly isMixedAccess: boolean;
}

/** The first answer of every login: where to go, what to ask for, no error (R-RS-1). */
export function challengeAnonymous(
  req: Request,
  res: Response,
  { scopes, isMixedAccess }: ChallengeDetails,
  { challenge, onChallenge }: RefusalDeps,
): void {
  onChallenge(req);
  const base = { ...challenge, baselineScopes: unionOfScopes(challenge.baselineScopes, scopes) };
  // What reads this form wants an error named, although none was made.
  const error = new InvalidTokenError('Log in to use this tool');
  if (isMixedAccess && sendToolResult(req, res, errorChallenge(base, error), error)) return;
  res.setHeader('WWW-Authenticate', initialChallenge(base));
  const description = 'An access token is needed';
  sendJson(res, 401, { error: 'unauthorized', error_description: description });
}

/** Answers what went wrong with a token, or with us. */
export function refuse(
  req: Request,
  res: Response,
  error: OAuthError,
  { challenge, logError }: RefusalDeps,
): void {
  logError(req, error);
  if (error instanceof RpcBodyError) {
    const { rpcCode: code, description: message } = error;
    sendJson(res, error.status, { jsonrpc: '2.0', error: { code, message }, id: null });
    return;
  }
  if (error.status === 401 || error.status === 403) {
    const header = errorChallenge(challenge, error);
    if (error instanceof InsufficientScopeError && sendToolResult(req, res, header, error)) return;
    res.setHeader('WWW-Authenticate', header);
  }
  sendOAuthError(res, error);
}

/**
 * RFC 9110 §15.5.6: no stream outside of a session. A 401 would send a client to log in that has just
 * connected without a token and asks for the stream as a matter of course; this one it passes over.
 */
export function refuseStream(res: Response): void {
  res.setHeader('Allow', 'POST');
  const description = 'There is no stream without a session';
  sendJson(res, 405, { error: 'invalid_request', error_description: description });
}

function sendToolResult(
  req: Request,
  res: Response,
  challenge: string,
  { description }: OAuthError,
): boolean {
  const answer = challengeAsToolResult(req.body, challenge, description);
  if (answer === undefined) return false;
  sendJson(res, 200, answer);
  return true;
}
