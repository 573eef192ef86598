/**
 * The consent form's memory: the validated request travels in the form, sealed, and comes back only
 * through the browser that was shown it. Until a person decides, nothing is stored.
 *
 * Spec: PX-8 (CSRF), PX-18, R-AZ-18; design: `GET /authorize` writes to no store.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import type { Request, Response } from 'express';

import type { ApprovedRequest } from '../grants/code-grant.js';
import type { Sealer } from '../keys/seal.js';
import { AccessDenied } from '../oauth/errors.js';
import { type CookieRules, cookieOf } from './cookies.js';
import { PageError } from './pages.js';

/** Seconds a page may stand open before its buttons stop working. */
const FORM_TTL_SECONDS = 600;

/** Puts requests into forms and takes them out again. */
export interface ConsentForms {
  /** The text for the hidden field; makes sure that the browser has the cookie it is bound to. */
  write(req: Request, res: Response, request: ApprovedRequest): string;
  /**
   * The request behind a submitted form.
   *
   * @throws PageError the form is of another browser, from another site, forged or too old
   */
  read(req: Request, sealed: string | undefined): ApprovedRequest;
}

interface ConsentFormsDeps {
  readonly sealer: Sealer;
  readonly cookies: CookieRules;
  readonly issuer: string;
  /** Our public origin; a form from any other is refused. */
  readonly origin: string;
  readonly now: () => number;
}

export function createConsentForms(deps: ConsentFormsDeps): ConsentForms {
  const cookieName = deps.cookies.name('form');
  // Servers that share a key have policies of their own: a form of one is none of another.
  const boundTo = (cookie: string): string => `${deps.issuer} ${cookie}`;
  return {
    write(req, res, request) {
      const known = cookieOf(req, cookieName);
      const cookie = isCookieValue(known) ? known : randomBytes(18).toString('base64url');
      res.cookie(cookieName, cookie, {
        ...deps.cookies.options,
        maxAge: FORM_TTL_SECONDS * 1000,
      });
      const content = JSON.stringify({ expiresAt: deps.now() + FORM_TTL_SECONDS, request });
      return deps.sealer.seal(Buffer.from(content), boundTo(cookie)).toString('base64url');
    },
    read(req, sealed) {
      refuseOtherSites(req, deps.origin);
      const cookie = cookieOf(req, cookieName);
      const opened = deps.sealer.open(
        Buffer.from(sealed ?? '', 'base64url'),
        boundTo(cookie ?? ''),
      );
      if (!isCookieValue(cookie) || opened === undefined) throw foreign('not of this browser');
      // Sealed by `write`, so its form is known.
      const content: { expiresAt: number; request: ApprovedRequest } = JSON.parse(String(opened));
      if (content.expiresAt <= deps.now()) {
        throw new PageError('login_expired', denied('the form is too old'));
      }
      return content.request;
    },
  };
}

function isCookieValue(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]{24}$/.test(value);
}

/**
 * Fetch metadata where the browser sends it, `Origin` otherwise. With our referrer policy browsers
 * send `Origin: null` for the page's own form, so `null` says nothing; the cookie decides then.
 */
function refuseOtherSites(req: Request, origin: string): void {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw foreign(`sec-fetch-site: ${site}`);
  const sent = req.headers.origin;
  if (sent !== undefined && sent !== 'null' && sent !== origin) throw foreign('another origin');
}

function foreign(detail: string): PageError {
  return new PageError('other_browser', denied(detail));
}

function denied(detail: string): AccessDenied {
  return new AccessDenied('The form is not valid here', { detail });
}
