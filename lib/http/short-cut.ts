/**
 * A short cut to what answers at one path, past the routers of all others.
 *
 * A call of the guarded endpoint, or a refresh, is none for the sixteen paths that the routers before
 * it know, and finding that out one by one costs more than checking its token.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { StrippedPrefixOf } from './mounts/stripped-prefix.js';

/** So many requests take the long way at first, on which a wrong mount is noticed. */
const LONG_WAYS = 20;

export interface ShortCutDeps {
  /** By absolute path. Any other way of writing it takes the long way, which knows them all. */
  readonly straight: ReadonlyMap<string, RequestHandler>;
  readonly longWay: RequestHandler;
  readonly strippedPrefixOf: StrippedPrefixOf;
}

/** Goes straight to the handler of a path where a request is for exactly that. */
export function shortCut({ straight, longWay, strippedPrefixOf }: ShortCutDeps): RequestHandler {
  let taken = 0;
  return function goStraight(req, res, next) {
    const { url } = req;
    const handler = taken < LONG_WAYS ? undefined : straight.get(url);
    if (handler !== undefined && req.originalUrl === url && strippedPrefixOf(req) === '') {
      handler(req, res, next);
    } else {
      taken += 1;
      longWay(req, res, next);
    }
  };
}
