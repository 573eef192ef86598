/**
 * Rejects requests of web pages from other origins (MCP transports, "Security Warning").
 *
 * After DNS rebinding a page still sends its own `Origin`. Pages on the user's machine, such as MCP Inspector, are
 * allowed, and so are origins other than http(s): apps have them, web pages cannot.
 */
import type { RequestHandler } from 'express';

import type { ResourceConfig } from '../config/config.js';
import type { EventListener } from '../config/events.js';
import type { ErrorLog } from '../http/error-responses.js';
import { AccessDeniedError } from '../oauth/errors.js';
import { isLoopbackHost } from '../oauth/redirect-uri.js';
import { sendRpcError } from './challenges.js';

const ERROR = 'Pages of this origin may not call this server';

export function checkOrigin(
  { baseUrl, resource, allowedOrigins }: ResourceConfig,
  logError: ErrorLog,
  emit: EventListener,
): RequestHandler {
  const known = new Set([new URL(baseUrl).origin, new URL(resource).origin, ...allowedOrigins]);
  const isAllowed = (origin: string): boolean =>
    allowedOrigins === 'any' || known.has(origin) || isNoWebsite(origin);
  return function rejectOrigin(req, res, next) {
    const { origin } = req.headers;
    if (origin === undefined || isAllowed(origin)) {
      next();
      return;
    }
    const rejected = loggable(origin);
    const detail = `Origin ${rejected} is not in allowedOrigins`;
    const correlationId = logError(req, new AccessDeniedError(ERROR, { detail }));
    // The id is passed: not every guarded request has a context.
    emit({ type: 'origin_refused', origin: rejected, correlationId });
    sendRpcError(res, 403, -32000, ERROR);
  };
}

/** The header may contain any text. */
function loggable(origin: string): string {
  if (origin === 'null') return origin;
  return URL.canParse(origin) ? new URL(origin).origin.slice(0, 200) : '(not a URL)';
}

/** Sandboxed frames of any website send `null`, which is no URL. */
function isNoWebsite(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return !/^https?:$/.test(protocol) || isLoopbackHost(hostname);
}
