/** Response headers of endpoints, documents and pages. */
import type { RequestHandler, Response } from 'express';

/** A year, in seconds. */
const HSTS_MAX_AGE_SECONDS = 31_536_000;

/** RFC 6749 §5.1: responses with tokens or other secrets must not be cached. */
export const noStore: RequestHandler = function noStore(_req, res, next) {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Pragma', 'no-cache');
  next();
};

/** For documents that change with the configuration only: cached for an hour. */
export const cacheable: RequestHandler = function cacheable(_req, res, next) {
  cacheableFor(res, 3600);
  next();
};

/** Allows any cache to store the response for so many seconds. */
export function cacheableFor(res: Response, seconds: number): void {
  res.set('Cache-Control', `public, max-age=${seconds}`);
}

/** For endpoints, documents and pages: no content sniffing, and HSTS on https. */
export function baseHeaders({ isHttps }: { readonly isHttps: boolean }): RequestHandler {
  return function setBaseHeaders(_req, res, next) {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    if (isHttps) res.setHeader('Strict-Transport-Security', `max-age=${HSTS_MAX_AGE_SECONDS}`);
    next();
  };
}

/**
 * For pages: not in a frame, no external resources, no referrer. The policy replaces one that the app may have set,
 * whose `form-action` would block the redirects after a form.
 *
 * @param contentSecurityPolicy called once, at the first page, because it computes colours
 */
export function pageHeaders(contentSecurityPolicy: () => string): RequestHandler {
  let policy: string | undefined;
  return function setPageHeaders(_req, res, next) {
    policy ??= contentSecurityPolicy();
    res.set({
      // Error pages as well.
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policy,
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      // A text fragment in the URL would scroll past the warnings to the buttons.
      'Document-Policy': 'force-load-at-top',
    });
    // Web clients open the login in a popup and wait for it. The app's policy, on a page or a redirect, would sever
    // the popup from its opener, which then considers it closed.
    res.removeHeader('Cross-Origin-Opener-Policy');
    // RFC 9700 §2.6: no cross-origin reads of pages, whatever the app allows elsewhere.
    res.removeHeader('Access-Control-Allow-Origin');
    res.removeHeader('Access-Control-Allow-Credentials');
    next();
  };
}

/** For pages that users open themselves: no other window has a reference to them. */
export const isolated: RequestHandler = function isolated(_req, res, next) {
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  next();
};
