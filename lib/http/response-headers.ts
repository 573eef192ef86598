/**
 * Headers every answer of a surface has.
 *
 * @module
 */
import type { RequestHandler, Response } from 'express';

/** A year, in seconds. */
const HSTS_MAX_AGE_SECONDS = 31_536_000;

/** RFC 6749 §5.1: nothing with a token in or near it is kept by a cache. */
export const noStore: RequestHandler = function noStore(_req, res, next) {
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Pragma', 'no-cache');
  next();
};

/** Our documents change with the configuration only; an hour is short enough for a change. */
export const cacheable: RequestHandler = function cacheable(_req, res, next) {
  cacheableFor(res, 3600);
  next();
};

/** Lets anybody keep the answer, in seconds. */
export function cacheableFor(res: Response, seconds: number): void {
  res.set('Cache-Control', `public, max-age=${seconds}`);
}

/** For every answer: no content sniffing, and on https no way back to http (R-DP-6). */
export function baseHeaders({ isHttps }: { readonly isHttps: boolean }): RequestHandler {
  return function setBaseHeaders(_req, res, next) {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    if (isHttps) res.setHeader('Strict-Transport-Security', `max-age=${HSTS_MAX_AGE_SECONDS}`);
    next();
  };
}

/**
 * For pages: not in a frame (PX-9), nothing loaded from elsewhere, no referrer (R-AZ-10). Our own
 * policy replaces one the host app may have set: a `form-action` in it would break the redirect.
 *
 * @param contentSecurityPolicy asked once, at the first page: the colours of the style have to be found
 */
export function pageHeaders(contentSecurityPolicy: () => string): RequestHandler {
  let policy: string | undefined;
  return function setPageHeaders(_req, res, next) {
    policy ??= contentSecurityPolicy();
    res.set({
      // Set here and not by each endpoint alone: a page for a refusal is no less a page.
      'Cache-Control': 'no-store',
      'Content-Security-Policy': policy,
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      // A text fragment in the address would scroll past what is asked, to the answer alone.
      'Document-Policy': 'force-load-at-top',
    });
    // Web clients open the login in a popup and wait for it. A host app's policy, on a page or on a redirect,
    // would cut the popup off from its opener, which then takes it for closed.
    res.removeHeader('Cross-Origin-Opener-Policy');
    // RFC 9700 §2.6: no cross-origin reads here, whatever the host app allows elsewhere.
    res.removeHeader('Access-Control-Allow-Origin');
    res.removeHeader('Access-Control-Allow-Credentials');
    next();
  };
}

/** For pages that users open themselves: no window that opened them, or that they open, has a handle on them. */
export const isolated: RequestHandler = function isolated(_req, res, next) {
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  next();
};
