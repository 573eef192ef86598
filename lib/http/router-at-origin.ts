/**
 * A router with absolute paths, wherever it is mounted.
 *
 * @module
 */
import type { RequestHandler, Router } from 'express';

/**
 * Lets the router match the URL as the client sent it. Below a prefix Express cuts the prefix off,
 * and other middleware may rewrite `req.url`; where that leaves another URL, the router is asked a
 * second time with it, so that a rewritten request does not slip past a guard.
 */
export function routerAtOrigin(router: Router): RequestHandler {
  return function routeAtOrigin(req, res, next) {
    const { url, baseUrl, originalUrl } = req;
    const here = baseUrl + url;
    const restore = (): void => {
      req.url = url;
      req.baseUrl = baseUrl;
    };
    const tryUrl = (candidate: string, otherwise: (error?: unknown) => void): void => {
      req.url = candidate;
      req.baseUrl = '';
      router(req, res, (error?: unknown) => {
        restore();
        otherwise(error);
      });
    };
    tryUrl(originalUrl, (error) => {
      if (error !== undefined || here === originalUrl) next(error);
      else tryUrl(here, next);
    });
  };
}
