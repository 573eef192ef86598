/** HTML responses: the language and headers of pages, and errors as pages. */
import type { ErrorRequestHandler, Request, Response } from 'express';

import { InvalidRequestError, type OAuthError } from '../oauth/errors.js';
import { optionalParameter } from '../oauth/parameters.js';
import type { Brand } from '../pages/brand.js';
import { type ErrorPage, errorPage } from '../pages/error-page.js';
import type { PageContext } from '../pages/layout.js';
import type { Catalogue } from '../pages/texts/catalogue.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import {
  type ErrorLog,
  sendOAuthError,
  setRetryAfter,
  tenantMessageOf,
  toOAuthError,
} from './error-responses.js';
import { queryOf } from './read-request.js';

/** The brand, and the texts in the language of a request. */
export type PageContextOf = (req: Request) => PageContext;

/** `ui_locales` precedes `Accept-Language` (OpenID Connect Core §3.1.2.1). */
export function createPageContextOf(brand: Brand, catalogue: Catalogue): PageContextOf {
  return function pageContextOf(req) {
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

/** Sends a page. The headers are set by `pageHeaders`. */
export function sendPage(res: Response, status: number, page: string): void {
  res.status(status).type('html').send(page);
}

/** Lets the browser open a URI while the page is displayed (HTML Living Standard, "Refresh" header). */
export function openAutomatically(res: Response, uri: string): void {
  res.set('Refresh', `0; url=${uri}`);
}

/** An error with an error page of its own, instead of the page of its code. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly kind: ErrorPageKind;
  /** For the log, and for the response to a program that accepts JSON only. */
  readonly error: OAuthError;
  readonly link: ErrorPageLink | undefined;

  constructor(kind: ErrorPageKind, error: OAuthError, link?: ErrorPageLink) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.link = link;
  }
}

/** The link of an error page. */
type ErrorPageLink =
  /** The error response to the client, at a redirect URI that the page names. The browser may open it by itself. */
  | { readonly toClient: string; readonly isAutomatic?: boolean }
  /** A page of this server, to try again. */
  | { readonly tryAgain: string }
  /** The pending login of this browser at Auth0. */
  | { readonly signIn: string };

/**
 * The page for a form that was submitted before.
 *
 * @param signInUrl the pending login at Auth0 that the first submission started
 */
export function alreadySubmitted(signInUrl?: string): PageError {
  return new PageError(
    'already_submitted',
    new InvalidRequestError('The form was submitted before'),
    signInUrl === undefined ? undefined : { signIn: signInUrl },
  );
}

/** The error pages of one flow. */
export interface ErrorPages {
  readonly kindByCode: Readonly<Record<string, ErrorPageKind>>;
  readonly defaultKind: ErrorPageKind;
  readonly link: ErrorPageLink | undefined;
}

/** The login of a client. */
export const CLIENT_LOGIN_ERRORS: ErrorPages = {
  kindByCode: {
    invalid_client: 'unknown_client',
    unauthorized_client: 'unauthorized_client',
    access_denied: 'denied',
    temporarily_unavailable: 'unavailable',
    too_many_requests: 'too_many_requests',
    server_error: 'server_error',
  },
  defaultKind: 'invalid_request',
  link: undefined,
};

/** @param pages Default: {@link CLIENT_LOGIN_ERRORS} */
export function pageErrors(
  logError: ErrorLog,
  pageContextOf: PageContextOf,
  pages: ErrorPages = CLIENT_LOGIN_ERRORS,
): ErrorRequestHandler {
  return function sendErrorAsPage(thrown: unknown, req, res, next) {
    const { kind, error, link = pages.link } = toPageError(thrown, pages);
    const correlationId = logError(req, error);
    if (res.headersSent) {
      next(thrown);
      return;
    }
    // MCP clients that probe the URL before they open a browser register again on `invalid_client` in JSON.
    if (acceptsOnlyJson(req)) {
      sendOAuthError(res, error);
      return;
    }
    setRetryAfter(res, error);
    if (link !== undefined && 'toClient' in link && link.isAutomatic) {
      openAutomatically(res, link.toClient);
    }
    const context = pageContextOf(req);
    const tenantMessage = tenantMessageOf(error);
    const page = errorPage(context, {
      kind,
      correlationId,
      tenantMessage,
      link: linkOf(link, context),
    });
    sendPage(res, error.status === 401 ? 400 : error.status, page);
  };
}

/** Whether `Accept` names JSON and not HTML. */
function acceptsOnlyJson(req: Request): boolean {
  const accept = req.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

/** The page of an error in a flow. */
export function toPageError(thrown: unknown, pages: ErrorPages): PageError {
  if (thrown instanceof PageError) return thrown;
  const error = toOAuthError(thrown);
  return new PageError(pages.kindByCode[error.code] ?? pages.defaultKind, error, pages.link);
}

function linkOf(link: ErrorPageLink | undefined, { texts }: PageContext): ErrorPage['link'] {
  if (link === undefined) return undefined;
  if ('toClient' in link) return { href: link.toClient };
  if ('signIn' in link) return { href: link.signIn, text: texts.connectedApps.signIn };
  return { href: link.tryAgain, text: texts.errorPage.tryAgain };
}
