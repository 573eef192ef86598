/**
 * Pages as answers: the right language, the right headers, and the error surface for people.
 *
 * @module
 */
import type { ErrorRequestHandler, Request, Response } from 'express';

import type { OAuthError } from '../oauth/errors.js';
import { optionalParameter } from '../oauth/parameters.js';
import type { Brand } from '../pages/brand.js';
import { errorPage } from '../pages/error-page.js';
import type { PageLook } from '../pages/layout.js';
import type { Catalogue } from '../pages/texts/catalogue.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import type { ErrorLog } from './error-log.js';
import { sendOAuthError, setRetryAfter } from './json-errors.js';
import { toOAuthError } from './oauth-error.js';
import { queryOf } from './request-query.js';

/** An error that a page of its own explains better than the one of its code would. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly kind: ErrorPageKind;
  /** What is logged, and answered to a program that asks for JSON. */
  readonly error: OAuthError;
  /** Where the person may go from here: the client, told of the error. */
  readonly link: string | undefined;

  constructor(kind: ErrorPageKind, error: OAuthError, link?: string) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.link = link;
  }
}

/** Chooses how a page looks for one reader. */
export type LookFor = (req: Request) => PageLook;

/** `ui_locales` before `Accept-Language` (OpenID Connect Core §3.1.2.1). */
export function createLookFor(brand: Brand, catalogue: Catalogue): LookFor {
  return function lookFor(req) {
    const texts = catalogue.choose({
      uiLocales: uiLocales(req),
      acceptLanguage: req.headers['accept-language'],
    });
    return { brand, texts };
  };
}

function uiLocales(req: Request): string | undefined {
  try {
    return optionalParameter(queryOf(req), 'ui_locales');
  } catch {
    // A repeated parameter must not break the page that reports it.
    return undefined;
  }
}

/** @param lookFor the same as for the pages that go well */
export function pageErrors(logError: ErrorLog, lookFor: LookFor): ErrorRequestHandler {
  return function answerWithPage(thrown: unknown, req, res, next) {
    const { kind, error, link } = asPageError(thrown);
    const correlationId = logError(req, error);
    if (res.headersSent) {
      next(thrown);
      return;
    }
    // CLI-20: a program looks before it opens a browser, and registers again on exactly this.
    if (wantsJson(req)) {
      sendOAuthError(res, error);
      return;
    }
    setRetryAfter(res, error);
    const page = errorPage(lookFor(req), {
      kind,
      correlationId,
      link: link === undefined ? undefined : { href: link },
    });
    sendPage(res, error.status === 401 ? 400 : error.status, page);
  };
}

/** Sends a whole page; the surface has set its headers. */
export function sendPage(res: Response, status: number, page: string): void {
  res.status(status).type('html').send(page);
}

/** Only a caller that names JSON and not HTML. */
function wantsJson(req: Request): boolean {
  const accept = req.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

const KIND_BY_CODE: Readonly<Record<string, ErrorPageKind>> = {
  invalid_client: 'unknown_client',
  access_denied: 'denied',
  temporarily_unavailable: 'unavailable',
  too_many_requests: 'too_many_requests',
  server_error: 'server_error',
};

function asPageError(thrown: unknown): Pick<PageError, 'kind' | 'error' | 'link'> {
  if (thrown instanceof PageError) return thrown;
  const error = toOAuthError(thrown);
  return { kind: KIND_BY_CODE[error.code] ?? 'invalid_request', error, link: undefined };
}
