/**
 * The memory of a form before there is a session: what it is about travels in it, sealed, and comes
 * back only through the browser that was shown it. Until a person decides, nothing is stored.
 *
 * Spec: PX-8 (CSRF), PX-18, R-AZ-18; design: `GET /authorize` writes to no store.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import type { Request, Response } from 'express';

import type { Sealer } from '../keys/seal.js';
import { AccessDenied } from '../oauth/errors.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import { type CookieRules, cookieOf } from './cookies.js';
import { PageError } from './pages.js';
import { signOfAnotherSite } from './same-origin.js';

/** Seconds a page may stand open before its buttons stop working. */
const FORM_TTL_SECONDS = 600;

/** Puts something into forms and takes it out again; `Content` is whatever JSON can hold. */
export interface SealedForms<Content> {
  /** The text for the hidden field; makes sure that the browser has the cookie it is bound to. */
  write(req: Request, res: Response, content: Content): string;
  /**
   * What is behind a submitted form.
   *
   * @throws PageError the form is of another browser, from another site, forged or too old
   */
  read(req: Request, sealed: string | undefined): Content;
}

export interface SealedFormsDeps {
  /** Of these forms alone: one of another kind does not open. */
  readonly sealer: Sealer;
  readonly cookies: CookieRules;
  readonly issuer: string;
  /** Our public origin; a form from any other is refused. */
  readonly origin: string;
  readonly now: () => number;
}

/** @param pages what is shown for a form that is not this browser's, and for one that is too old */
export function createSealedForms<Content>(
  deps: SealedFormsDeps,
  pages: { readonly foreign: ErrorPageKind; readonly expired: ErrorPageKind },
): SealedForms<Content> {
  const cookieName = deps.cookies.name('form');
  // Servers that share a key have policies of their own: a form of one is none of another.
  const boundTo = (cookie: string): string => `${deps.issuer} ${cookie}`;
  const foreign = (detail: string): PageError => new PageError(pages.foreign, denied(detail));
  return {
    write(req, res, content) {
      const known = cookieOf(req, cookieName);
      const cookie = isCookieValue(known) ? known : randomBytes(18).toString('base64url');
      res.cookie(cookieName, cookie, {
        ...deps.cookies.options,
        maxAge: FORM_TTL_SECONDS * 1000,
      });
      const text = JSON.stringify({ expiresAt: deps.now() + FORM_TTL_SECONDS, content });
      return deps.sealer.seal(Buffer.from(text), boundTo(cookie)).toString('base64url');
    },
    read(req, sealed) {
      const sign = signOfAnotherSite(req, deps.origin);
      if (sign !== undefined) throw foreign(sign);
      const cookie = cookieOf(req, cookieName);
      const opened = deps.sealer.open(
        Buffer.from(sealed ?? '', 'base64url'),
        boundTo(cookie ?? ''),
      );
      if (!isCookieValue(cookie) || opened === undefined) throw foreign('not of this browser');
      // Sealed by `write`, so its form is known.
      const { expiresAt, content }: { expiresAt: number; content: Content } = JSON.parse(
        String(opened),
      );
      if (expiresAt <= deps.now())
        throw new PageError(pages.expired, denied('the form is too old'));
      return content;
    },
  };
}

function isCookieValue(value: string | undefined): value is string {
  return value !== undefined && /^[A-Za-z0-9_-]{24}$/.test(value);
}

function denied(detail: string): AccessDenied {
  return new AccessDenied('The form is not valid here', { detail });
}
