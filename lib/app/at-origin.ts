/** Routers with absolute paths, wherever in the app they are mounted. */
import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';

import type { ResourceConfig } from '../config/config.js';
import { isFromTrustedProxy } from '../http/caller-address.js';

/** The URLs that a request may be for, each once. */
type UrlsOf = (req: Request) => readonly string[];

/**
 * Matches the router against each of the URLs. Below a mount path Express cuts the path off, a proxy may have done so
 * before, and other middleware may rewrite `req.url`.
 */
export function atOrigin(router: Router, urlsOf: UrlsOf): RequestHandler {
  return function routeAtOrigin(req, res, next) {
    tryNext(urlsOf(req));

    function tryNext([url, ...others]: readonly string[]): void {
      if (url === undefined) next();
      else {
        route(router, url, req, res, (error?: unknown) => {
          if (error === undefined || error === null) tryNext(others);
          else next(error);
        });
      }
    }
  };
}

/** The URL as received, with the prefix that a proxy stripped, and as the app is mounted. */
export function createUrlsOf(config: ResourceConfig): UrlsOf {
  return (req) => [...new Set(receivedUrls(req, config))];
}

/**
 * For the guard. Adds the URL below the mount, since a guard that is mounted where `baseUrl` does not say must not let
 * everything through; and each URL decoded, since a route with a parameter (`/:tenant/mcp`) matches `/%61/mcp` too.
 */
export function createGuardedUrlsOf(config: ResourceConfig): UrlsOf {
  return function guardedUrlsOf(req) {
    const urls = [...receivedUrls(req, config), req.url];
    return [...new Set([...urls, ...urls.map(withDecodedPath)])];
  };
}

function receivedUrls(req: Request, config: ResourceConfig): readonly string[] {
  const { originalUrl, baseUrl, url } = req;
  return [originalUrl, strippedPrefixOf(req, config) + withoutOrigin(originalUrl), baseUrl + url];
}

/**
 * `X-Forwarded-Prefix` counts where Express trusts the proxy: any other caller could make a cache store a document
 * of ours under another path. A prefix that `baseUrl` does not begin with belongs to another app.
 */
function strippedPrefixOf(req: Request, { basePath, strippedPrefix }: ResourceConfig): string {
  const header = req.headers['x-forwarded-prefix'];
  if (basePath === '' || typeof header !== 'string' || !isFromTrustedProxy(req)) {
    return strippedPrefix;
  }
  const forwarded = header.replace(/\/+$/, '');
  const isOurs = forwarded !== '' && `${basePath}/`.startsWith(`${forwarded}/`);
  return isOurs ? forwarded : strippedPrefix;
}

/** RFC 9112 §3.2.2: a request line may carry the whole URL; a prefix goes in front of its path. */
function withoutOrigin(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^[^/?#]*:\/\/[^/?#]*/, '');
}

/** RFC 3986 §6.2.2.2: without the escapes that a path does not need. Those of other bytes than ASCII stay. */
function withDecodedPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  const decoded = path.replace(/%[0-7][0-9a-f]/gi, (encoded) => {
    const character = decodeURIComponent(encoded);
    return '/?#%'.includes(character) ? encoded : character;
  });
  return decoded + url.slice(path.length);
}

/** Runs the router with another URL; `next` finds the request as Express had set it. */
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
