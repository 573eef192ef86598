/**
 * Pages as answers: the right language, the right headers, and the error surface for people.
 *
 * @module
 */
import type { ErrorRequestHandler, Request, Response } from 'express';

import type { OAuthError } from '../oauth/errors.js';
import { optionalParameter } from '../oauth/parameters.js';
import type { Brand } from '../pages/brand.js';
import { type ErrorPage, errorPage } from '../pages/error-page.js';
import type { PageLook } from '../pages/layout.js';
import type { Catalogue } from '../pages/texts/catalogue.js';
import type { ErrorPageKind } from '../pages/texts/page-texts.js';
import type { ErrorLog } from './error-log.js';
import { sendOAuthError, setRetryAfter } from './json-errors.js';
import { tenantMessageOf, toOAuthError } from './oauth-error.js';
import { queryOf } from './request-query.js';

/** An error that a page of its own explains better than the one of its code would. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly kind: ErrorPageKind;
  /** What is logged, and answered to a program that asks for JSON. */
  readonly error: OAuthError;
  readonly way: WayOn | undefined;

  constructor(kind: ErrorPageKind, error: OAuthError, way?: WayOn) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.way = way;
  }
}

/** Where the person may go from an error page. */
export type WayOn =
  /** To the client, told of the error: somebody else's place, which the page names. */
  | { readonly goOn: string }
  /** To a page of ours, for another try. */
  | { readonly tryAgain: string }
  /** To Auth0, where a login of this browser waits. */
  | { readonly signIn: string };

/** What is special about the errors of one page: words of its own, and the way back to it. */
export interface ErrorPlace {
  readonly kindByCode: Readonly<Record<string, ErrorPageKind>>;
  readonly otherwise: ErrorPageKind;
  readonly way: WayOn | undefined;
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

/**
 * @param lookFor the same as for the pages that go well
 * @param place Default: {@link CLIENT_LOGIN}
 */
export function pageErrors(
  logError: ErrorLog,
  lookFor: LookFor,
  place: ErrorPlace = CLIENT_LOGIN,
): ErrorRequestHandler {
  return function answerWithPage(thrown: unknown, req, res, next) {
    const { kind, error, way = place.way } = pageErrorOf(thrown, place);
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
    const look = lookFor(req);
    const tenantMessage = tenantMessageOf(error);
    const page = errorPage(look, { kind, correlationId, tenantMessage, link: linkOf(way, look) });
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

/** On the way of a client's login. */
export const CLIENT_LOGIN: ErrorPlace = {
  kindByCode: {
    invalid_client: 'unknown_client',
    unauthorized_client: 'unauthorized_client',
    access_denied: 'denied',
    temporarily_unavailable: 'unavailable',
    too_many_requests: 'too_many_requests',
    server_error: 'server_error',
  },
  otherwise: 'invalid_request',
  way: undefined,
};

/** The same error, with the page that explains it at this place. */
export function pageErrorOf(thrown: unknown, place: ErrorPlace): PageError {
  if (thrown instanceof PageError) return thrown;
  const error = toOAuthError(thrown);
  return new PageError(place.kindByCode[error.code] ?? place.otherwise, error, place.way);
}

function linkOf(way: WayOn | undefined, { texts }: PageLook): ErrorPage['link'] {
  if (way === undefined) return undefined;
  if ('goOn' in way) return { href: way.goOn };
  if ('signIn' in way) return { href: way.signIn, text: texts.connectedApps.signIn };
  return { href: way.tryAgain, text: texts.errorPage.tryAgain };
}
