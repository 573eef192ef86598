/**
 * A router with absolute paths, wherever it is mounted.
 *
 * @module
 */
import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';

import type { StrippedPrefixOf } from './mounts/stripped-prefix.js';

/**
 * Lets the router match the URL as the client sent it. Below a prefix Express cuts the prefix off, a
 * proxy may have done so before, and other middleware may rewrite `req.url`; where that leaves
 * another URL, the router is asked again with it, so that no request slips past a guard.
 *
 * @param options.isGuard asks with the URL below the mount as well, since a guard that stands where `baseUrl`
 *   does not say must not let everything through; and with each URL decoded, since a route with a parameter
 *   (`/:tenant/mcp`) matches `/%61/mcp` too
 */
export function routerAtOrigin(
  router: Router,
  strippedPrefixOf: StrippedPrefixOf,
  { isGuard }: { readonly isGuard: boolean },
): RequestHandler {
  return function routeAtOrigin(req, res, next) {
    const { url, baseUrl, originalUrl } = req;
    const here = baseUrl + url;
    const stripped = strippedPrefixOf(req);
    const received = [originalUrl, stripped + withoutOrigin(originalUrl), here];
    const urls = new Set(isGuard ? withDecoded([...received, url]) : received);
    if (urls.size === 1) route(router, originalUrl, req, res, next);
    else tryEach(urls.values());

    function tryEach(candidates: Iterator<string>): void {
      const { value, done } = candidates.next();
      if (done) {
        next();
        return;
      }
      route(router, value, req, res, (error) => {
        if (error === undefined || error === null) tryEach(candidates);
        else next(error);
      });
    }
  };
}

function withDecoded(urls: readonly string[]): readonly string[] {
  return [...urls, ...urls.map(decodedPath)];
}

/** RFC 3986 §6.2.2.2: without the escapes that a path does not need. Those of other bytes than ASCII stay. */
function decodedPath(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (!path.includes('%')) return url;
  const decoded = path.replace(/%[0-7][0-9a-f]/gi, (encoded) => {
    const character = decodeURIComponent(encoded);
    return '/?#%'.includes(character) ? encoded : character;
  });
  return decoded + url.slice(path.length);
}

/** RFC 9112 §3.2.2: a request line may carry the whole URL; a prefix goes in front of its path. */
function withoutOrigin(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^[^/?#]*:\/\/[^/?#]*/, '');
}

/** Asks the router about one URL; what Express has set on the request is back when it passes. */
function route(router: Router, as: string, req: Request, res: Response, next: NextFunction): void {
  const { url, baseUrl } = req;
  req.url = as;
  req.baseUrl = '';
  router(req, res, (error?: unknown) => {
    req.url = url;
    req.baseUrl = baseUrl;
    next(error);
  });
}
