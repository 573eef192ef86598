/** What surrounds the handlers of a route: headers and checks before them, the error responder after them. */
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express';

import type { ResourceConfig } from '../config/config.js';
import { runAsRequest } from '../config/request-context.js';
import type { Connections } from '../http/connections.js';
import { allowCors, corsOnly, navigationsOnly } from '../http/cross-site.js';
import { jsonErrors } from '../http/error-responses.js';
import { methodNotAllowed, respondToHead } from '../http/handlers.js';
import { type ErrorPages, pageErrors } from '../http/pages.js';
import { baseHeaders, isolated, pageHeaders } from '../http/response-headers.js';
import { contentSecurityPolicy } from '../pages/layout.js';
import type { Context } from './context.js';

/** All handlers of a route in running order. Methods are written as in an `Allow` header: `GET, POST`. */
export type Surface = (
  methods: string,
  handlers: readonly RequestHandler[],
) => readonly (RequestHandler | ErrorRequestHandler)[];

/** For programs: open to `fetch` of any origin, errors as OAuth JSON. */
export function machineSurface(
  context: Pick<Context, 'logError'> & { readonly config: ResourceConfig },
  issuer: string,
): Surface {
  const setBaseHeaders = baseHeaders(context.config);
  const errors = jsonErrors(context.logError, issuer);
  return (methods, handlers) => [
    correlateRequest,
    setBaseHeaders,
    allowCors(methods),
    ...(methods === 'POST' ? [corsOnly] : []),
    checkMethod(methods),
    ...handlers.map(forwardRejections),
    errors,
  ];
}

/** Pages of a login: no framing, no CORS (RFC 9700 §2.6), usable in a popup, errors as pages. */
export function pageSurface(context: Context): Surface {
  return pagesWith(context, []);
}

/** The page of connected apps: isolated from other windows, with error pages that link to it. */
export function accountPageSurface(context: Context): Surface {
  return pagesWith(context, [isolated], context.connectedAppsErrors);
}

/** The pages on which users connect accounts. */
export function connectionPageSurface(context: Context, { errors }: Connections): Surface {
  return pagesWith(context, [isolated], errors);
}

function pagesWith(
  context: Context,
  headers: readonly RequestHandler[],
  pages?: ErrorPages,
): Surface {
  const { config, limits, logError, pageContextOf } = context;
  const setPageHeaders = pageHeaders(() => contentSecurityPolicy(config.brand));
  const setBaseHeaders = baseHeaders(config);
  const errors = pageErrors(logError, pageContextOf, pages);
  return (methods, handlers) => [
    correlateRequest,
    setPageHeaders,
    ...headers,
    setBaseHeaders,
    navigationsOnly,
    limits.login,
    checkMethod(methods),
    ...handlers.map(forwardRejections),
    errors,
  ];
}

/** The same routes, skipped while the condition does not hold. */
export function onlyWhile(condition: () => boolean, surface: Surface): Surface {
  const skipUnless: RequestHandler = (_req, _res, next) => {
    next(condition() ? undefined : 'route');
  };
  return (methods, handlers) => [skipUnless, ...surface(methods, handlers)];
}

/** Gives events and log lines of one request the same reference. */
export function correlateRequest(_req: Request, _res: Response, next: NextFunction): void {
  runAsRequest(next);
}

/** Express 4 ignores the promise that a handler returns. */
function forwardRejections(handler: RequestHandler): RequestHandler {
  return function runHandler(req, res, next) {
    const result: unknown = handler(req, res, next);
    if (result instanceof Promise) result.catch(next);
  };
}

/** Passes the methods of the endpoint on. HEAD reads nothing and does nothing; the rest is a 405. */
function checkMethod(methods: string): RequestHandler {
  const allowed = methods.split(', ');
  const hasGet = allowed.includes('GET');
  const refuse = methodNotAllowed(hasGet ? `${methods}, HEAD` : methods);
  return function checkMethod(req, res, next) {
    if (allowed.includes(req.method)) next();
    else if (req.method === 'HEAD' && hasGet) respondToHead(req, res, next);
    else refuse(req, res, next);
  };
}
