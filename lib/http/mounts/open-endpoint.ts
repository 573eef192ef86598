/**
 * Notices that the MCP endpoint serves callers without a token, and says what is missing. Once.
 *
 * Where the parts are mounted one by one, nothing fails when `auth.bearer()` is left out: everybody is
 * served. Our guard lets nobody pass without a token, so whoever got an answer has met no guard.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

import type { RequestHandler } from 'express';

import type { ResourceConfig } from '../../config/config.js';
import { pathname } from './missed-requests.js';

export interface OpenEndpointDeps {
  readonly config: Pick<ResourceConfig, 'anonymous' | 'logger'>;
  /** Absolute paths at which the MCP endpoint may rightly be met. */
  readonly guarded: ReadonlySet<string>;
}

/** Wraps a part: it stands before the route wherever this can be noticed. */
export function createOpenEndpointWatch(
  deps: OpenEndpointDeps,
): (part: RequestHandler) => RequestHandler {
  const { anonymous, logger } = deps.config;
  // What strangers may call is answered to them.
  if (anonymous !== undefined) return (part) => part;
  const watched = new WeakSet<IncomingMessage>();
  let isTold = false;
  return (part) =>
    function watchEndpoint(req, res, next) {
      const path = req.baseUrl + pathname(req.url);
      const isStranger = req.method === 'POST' && req.headers.authorization === undefined;
      if (isStranger && !isTold && deps.guarded.has(path) && !watched.has(req)) {
        watched.add(req);
        res.once('finish', () => {
          if (isTold || res.statusCode < 200 || res.statusCode > 299) return;
          isTold = true;
          logger.error(
            { request: `POST ${path}` },
            `answered ${res.statusCode} to a caller without a token: no guard stands before the route ${path}, which is open to everybody. Put auth.bearer() in front of its handler, or mount the bundle before it: app.use(auth)`,
          );
        });
      }
      part(req, res, next);
    };
}
