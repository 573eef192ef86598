/**
 * What the log says about a refused or failed request: the reason that the answer leaves out.
 *
 * @module
 */
import type { Request } from 'express';

import type { Logger } from '../config/logger.js';
import type { OAuthError } from '../oauth/errors.js';
import { tenantMessageOf } from './oauth-error.js';

/** Writes one line per refused request and returns the reference to it. */
export type ErrorLog = (req: Request, error: OAuthError) => string;

/**
 * Faults of ours are errors, outages and denials by the tenant are warnings, everything a client did
 * wrong is information.
 */
export function createErrorLog(log: Logger, newCorrelationId: () => string): ErrorLog {
  return function logError(req, error) {
    const correlationId = newCorrelationId();
    const tenantMessage = tenantMessageOf(error);
    const fields = {
      correlationId,
      error: error.code,
      // The path alone: a query may hold codes and states.
      request: `${req.method} ${req.originalUrl.split('?', 1)[0]}`,
      description: error.description,
      ...(error.detail !== undefined && { detail: error.detail }),
      ...(error.cause !== undefined && { cause: causeOf(error.cause) }),
    };
    if (tenantMessage !== undefined) {
      log.warn({ ...fields, cause: String(error.cause), tenantMessage }, 'Auth0 denied a login');
    } else if (error.status === 503) log.warn(fields, 'a service this one needs is not available');
    else if (error.status >= 500) log.error(fields, 'a request failed');
    else log.info(fields, 'a request was refused');
    return correlationId;
  };
}

/** Name, message and stack of an error chain, as text. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const own = cause.stack ?? `${cause.name}: ${cause.message}`;
  return cause.cause === undefined ? own : `${own}\ncaused by ${causeOf(cause.cause)}`;
}
