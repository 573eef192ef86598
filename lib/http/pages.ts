/** HTML responses: the language and headers of pages, and errors as pages. */
import type { ErrorRequestHandler, Request, Response } from 'express';

import type { Client } from '../clients/client.js';
import type { RedirectTarget } from '../oauth/authorization-request.js';
import { errorResponse } from '../oauth/authorization-response.js';
import { InvalidRequestError, type OAuthError } from '../oauth/errors.js';
import { optionalParameter } from '../oauth/parameters.js';
import { redirectUriKind } from '../oauth/redirect-uri.js';
import type { Brand } from '../pages/brand.js';
import { type ErrorPage, errorPage } from '../pages/error-page.js';
import type { PageLook } from '../pages/layout.js';
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
export type LookFor = (req: Request) => PageLook;

/** `ui_locales` precedes `Accept-Language` (OpenID Connect Core §3.1.2.1). */
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

/** Sends a page. The headers are set by `pageHeaders`. */
export function sendPage(res: Response, status: number, page: string): void {
  res.status(status).type('html').send(page);
}

/** An error with an error page of its own, instead of the page of its code. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly kind: ErrorPageKind;
  /** For the log, and for the response to a program that accepts JSON only. */
  readonly error: OAuthError;
  readonly way: WayOn | undefined;

  constructor(kind: ErrorPageKind, error: OAuthError, way?: WayOn) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.way = way;
  }
}

/** The link of an error page. */
export type WayOn =
  /** The error response to the client, at a redirect URI that the page names. */
  | { readonly goOn: string }
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
export interface ErrorPlace {
  readonly kindByCode: Readonly<Record<string, ErrorPageKind>>;
  readonly otherwise: ErrorPageKind;
  readonly way: WayOn | undefined;
}

/** The login of a client. */
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

/** @param place Default: {@link CLIENT_LOGIN} */
export function pageErrors(
  logError: ErrorLog,
  lookFor: LookFor,
  place: ErrorPlace = CLIENT_LOGIN,
): ErrorRequestHandler {
  return function sendErrorAsPage(thrown: unknown, req, res, next) {
    const { kind, error, way = place.way } = pageErrorOf(thrown, place);
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
    const look = lookFor(req);
    const tenantMessage = tenantMessageOf(error);
    const page = errorPage(look, { kind, correlationId, tenantMessage, link: linkOf(way, look) });
    sendPage(res, error.status === 401 ? 400 : error.status, page);
  };
}

/** Whether `Accept` names JSON and not HTML. */
function acceptsOnlyJson(req: Request): boolean {
  const accept = req.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

/** The page of an error in a flow. */
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

/**
 * Sends the error response of an authorization request (RFC 6749 §4.1.2.1): by redirect to a program on this device
 * or a pre-registered client. Any other redirect URI was chosen by the client: nothing there is opened before the
 * user has allowed anything. The page names it and links to it (RFC 9700 §4.11.2).
 *
 * @throws PageError the page
 */
export function answerClientError(
  res: Response,
  error: OAuthError,
  { target, clientKind, issuer, place = CLIENT_LOGIN }: AuthorizationErrorResponse,
): void {
  const location = errorResponse(target, error, issuer);
  if (clientKind !== 'preregistered' && redirectUriKind(target.redirectUri) !== 'loopback') {
    throw pageErrorOf(error, { ...place, way: { goOn: location } });
  }
  res.redirect(303, location);
}

interface AuthorizationErrorResponse {
  readonly target: RedirectTarget;
  readonly clientKind: Client['kind'];
  readonly issuer: string;
  readonly place?: ErrorPlace;
}
