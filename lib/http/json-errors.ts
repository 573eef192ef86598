/**
 * The error surface for machines: OAuth JSON, whatever went wrong (CLI-45).
 *
 * Spec: RFC 6749 §5.2, RFC 7591 §3.2.2.
 *
 * @module
 */
import type { ErrorRequestHandler, Response } from 'express';

import { basicChallenge } from '../oauth/challenge.js';
import { isBasicScheme } from '../oauth/client-credentials.js';
import { InvalidClientError, type OAuthError } from '../oauth/errors.js';
import type { ErrorLog } from './error-log.js';
import { toOAuthError } from './oauth-error.js';
import { sendJson } from './send-json.js';

/** @param issuer the realm named to a client that tried the `Authorization` header */
export function jsonErrors(logError: ErrorLog, issuer: string): ErrorRequestHandler {
  return function answerWithJson(thrown: unknown, req, res, next) {
    const error = toOAuthError(thrown);
    logError(req, error);
    if (res.headersSent) {
      next(thrown);
      return;
    }
    // R-TK-5: a client that used the header is told which scheme the header takes.
    if (error instanceof InvalidClientError && isBasicScheme(req.headers.authorization ?? '')) {
      res.set('WWW-Authenticate', basicChallenge(issuer));
    }
    sendOAuthError(res, error);
  };
}

/** The body and headers of one error. */
export function sendOAuthError(res: Response, error: OAuthError): void {
  setRetryAfter(res, error);
  // RFC 6749 §5.1, for caches of HTTP/1.0.
  res.setHeader('Pragma', 'no-cache');
  sendJson(res, error.status, { error: error.code, error_description: error.description });
}

/** RFC 9110 §10.2.3, where waiting helps. */
export function setRetryAfter(res: Response, { retryAfterSeconds }: OAuthError): void {
  if (retryAfterSeconds !== undefined) {
    res.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterSeconds))));
  }
}
