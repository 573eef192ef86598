/** From any error to its OAuth error, its log entry and its JSON response. */
import type { ErrorRequestHandler, Request, Response } from 'express';

import { Auth0Error } from '../auth0/auth0.js';
import { ClientMetadataError } from '../clients/metadata-documents/client-metadata-error.js';
import type { Logger } from '../config/logger.js';
import { correlationId } from '../config/request-context.js';
import { basicChallenge } from '../oauth/challenge.js';
import { isBasicScheme } from '../oauth/client-credentials.js';
import {
  AccessDeniedError,
  InvalidClientError,
  InvalidGrantError,
  InvalidRequestError,
  OAuthError,
  ServerError,
  TemporarilyUnavailableError,
  UnauthorizedClientError,
} from '../oauth/errors.js';
import { StorageUnavailableError } from '../storage/storage.js';
import { sendJson } from './handlers.js';

/** `Retry-After` for an outage of unknown duration, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** The error to send. Its `cause` is for the log; none of the cause's text goes on the wire. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof Auth0Error) return fromAuth0(error);
  if (error instanceof StorageUnavailableError) return unavailable(error, RETRY_AFTER_SECONDS);
  if (error instanceof ClientMetadataError) {
    if (error.isTemporary) return unavailable(error, RETRY_AFTER_SECONDS);
    const ErrorClass =
      error.reason === 'no_common_method' ? UnauthorizedClientError : InvalidClientError;
    return new ErrorClass(withoutQuotes(error.message), { detail: error.detail, cause: error });
  }
  // Express throws it, with status 400, for a path that it cannot decode.
  if (error instanceof URIError) {
    return new InvalidRequestError('The URL is malformed', { cause: error });
  }
  return new ServerError('An internal error occurred', { cause: error });
}

function fromAuth0(error: Auth0Error): OAuthError {
  const detail = error.remedy;
  switch (error.kind) {
    case 'unavailable':
      return unavailable(error, error.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
    case 'denied':
      return new AccessDeniedError(denial(error.tenantMessage), { detail, cause: error });
    case 'session_ended':
      return new InvalidGrantError('The login has ended', { detail, cause: error });
    case 'invalid_client':
      return new InvalidClientError('Client authentication failed', { detail, cause: error });
    case 'unknown_login':
    case 'interrupted':
      return new InvalidRequestError('There is no such login', { cause: error });
    case 'misconfigured':
    case 'invalid_response':
      return new ServerError('The login service is not set up correctly', { detail, cause: error });
  }
}

/** The tenant's reason for a denial, if this error is one; untrusted text. */
export function tenantMessageOf({ cause }: OAuthError): string | undefined {
  return cause instanceof Auth0Error ? cause.tenantMessage : undefined;
}

/**
 * RFC 6749 §4.1.2.1 allows %x20-21 / %x23-5B / %x5D-7E in a description: accents are removed, and a reason without
 * letters of that set is left out.
 */
function denial(tenantMessage = ''): string {
  const reason = withoutQuotes(
    tenantMessage
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/ß/g, 'ss')
      .replace(/[\u2018-\u201f\u00ab\u00bb]/g, "'")
      .replace(/[\u2010-\u2015]/g, '-')
      .replace(/[^\x20-\x7e]/gu, '?'),
  );
  return /[a-z]/i.test(reason) ? `The login was denied: ${reason}` : 'The login was denied';
}

function unavailable(cause: unknown, retryAfterSeconds: number): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError(
    'The service is not available at the moment, try again later',
    {
      retryAfterSeconds,
      cause,
    },
  );
}

/** RFC 6749 §5.2: no quotes in `error_description`. */
function withoutQuotes(text: string): string {
  return text.replace(/["\\]/g, "'");
}

/** Logs a rejected request with the reason that the response omits. Returns the reference to the log entry. */
export type ErrorLog = (req: Request, error: OAuthError) => string;

/** Level `error` for internal errors, `warn` for outages and denials by the tenant, `info` for errors of clients. */
export function createErrorLog(log: Logger): ErrorLog {
  return function logError(req, error) {
    const reference = correlationId();
    const tenantMessage = tenantMessageOf(error);
    const fields = {
      correlationId: reference,
      error: error.code,
      // Without the query, which may hold codes and states.
      request: `${req.method} ${req.originalUrl.split('?', 1)[0]}`,
      description: error.description,
      ...(error.detail !== undefined && { detail: error.detail }),
      ...(error.cause !== undefined && { cause: causeOf(error.cause) }),
    };
    if (tenantMessage !== undefined) {
      log.warn({ ...fields, cause: String(error.cause), tenantMessage }, 'Auth0 denied a login');
    } else if (error.status === 503) log.warn(fields, 'a required service is not available');
    else if (error.status >= 500) log.error(fields, 'a request failed');
    else log.info(fields, 'a request was rejected');
    return reference;
  };
}

/** Name, message and stack of an error and its causes. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const own = cause.stack ?? `${cause.name}: ${cause.message}`;
  return cause.cause === undefined ? own : `${own}\ncaused by ${causeOf(cause.cause)}`;
}

/**
 * Sends errors as JSON (RFC 6749 §5.2, RFC 7591 §3.2.2).
 *
 * @param issuer the realm of the challenge to a client that used the `Authorization` header
 */
export function jsonErrors(logError: ErrorLog, issuer: string): ErrorRequestHandler {
  return function sendErrorAsJson(thrown: unknown, req, res, next) {
    const error = toOAuthError(thrown);
    logError(req, error);
    if (res.headersSent) {
      next(thrown);
      return;
    }
    // RFC 6749 §5.2: a client that used the header gets the challenge of the scheme.
    if (error instanceof InvalidClientError && isBasicScheme(req.headers.authorization ?? '')) {
      res.set('WWW-Authenticate', basicChallenge(issuer));
    }
    sendOAuthError(res, error);
  };
}

/** Sends the body and headers of one error. */
export function sendOAuthError(res: Response, error: OAuthError): void {
  setRetryAfter(res, error);
  // RFC 6749 §5.1, for caches of HTTP/1.0.
  res.setHeader('Pragma', 'no-cache');
  sendJson(res, error.status, { error: error.code, error_description: error.description });
}

/** RFC 9110 §10.2.3. */
export function setRetryAfter(res: Response, { retryAfterSeconds }: OAuthError): void {
  if (retryAfterSeconds !== undefined) {
    res.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterSeconds))));
  }
}
