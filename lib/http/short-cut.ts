/**
 * A short cut to the handlers of one path, past the routers of all others.
 *
 * A request for the guarded endpoint is none for the sixteen paths that the routers before it know,
 * and finding that out one by one costs more than checking its token.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { StrippedPrefixOf } from './mounts/stripped-prefix.js';

/** So many requests take the long way at first, on which a wrong mount is noticed. */
const LONG_WAYS = 20;

export interface ShortCutDeps {
  /** Absolute. Any other way of writing it takes the long way, which knows them all. */
  readonly path: string;
  readonly handlers: readonly RequestHandler[];
  readonly longWay: RequestHandler;
  readonly strippedPrefixOf: StrippedPrefixOf;
}

/** Goes straight to `handlers` where a request is exactly for `path`. */
export function shortCut(deps: ShortCutDeps): RequestHandler {
  const { path, longWay, strippedPrefixOf } = deps;
  const straight = inTurn(deps.handlers);
  let taken = 0;
  return function goStraight(req, res, next) {
    const isExact = req.url === path && req.originalUrl === path && strippedPrefixOf(req) === '';
    if (isExact && taken >= LONG_WAYS) straight(req, res, next);
    else {
      taken += 1;
      longWay(req, res, next);
    }
  };
}

/** One handler after the other, each of which calls `next` or answers. */
function inTurn(handlers: readonly RequestHandler[]): RequestHandler {
  return handlers.reduceRight<RequestHandler>(
    (rest, handler) =>
      function runAndGoOn(req, res, next) {
        handler(req, res, (error?: unknown) => {
          if (error === undefined || error === null) rest(req, res, next);
          else next(error);
        });
      },
    (_req, _res, next) => next(),
  );
}
