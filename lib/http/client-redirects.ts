/** Authorization responses, sent to the client by the browser (RFC 6749 §4.1.2). */
import type { Request, Response } from 'express';

import type { Client } from '../clients/client.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import type { RedirectTarget } from '../oauth/authorization-request.js';
import { codeResponse, errorResponse } from '../oauth/authorization-response.js';
import { InvalidRequestError, type OAuthError } from '../oauth/errors.js';
import { redirectUriKind } from '../oauth/redirect-uri.js';
import { appPage } from '../pages/app-page.js';
import {
  CLIENT_LOGIN_ERRORS,
  type ErrorPages,
  openAutomatically,
  type PageContextOf,
  PageError,
  sendPage,
  toPageError,
} from './pages.js';

/**
 * Sends the code: by redirect, or by a page that opens an app.
 *
 * @throws PageError the redirect URI is not one that a client may have
 */
export function sendCode(
  req: Request,
  res: Response,
  request: ApprovedRequest,
  { code, issuer, pageContextOf }: CodeResponse,
): void {
  const location = codeResponse(request, code, issuer);
  if (opensApp(req, request)) {
    const page = appPage(pageContextOf(req), { href: location, clientName: request.client.name });
    openAutomatically(res, location);
    sendPage(res, 200, page);
  } else res.redirect(303, location);
}

interface CodeResponse {
  readonly code: string;
  readonly issuer: string;
  readonly pageContextOf: PageContextOf;
}

/**
 * Sends an error to a client that the user has approved, or the operator: by redirect.
 *
 * @throws PageError for an app: the page of the error, which opens it
 */
export function sendError(
  req: Request,
  res: Response,
  error: OAuthError,
  { target, issuer }: Pick<ErrorResponse, 'target' | 'issuer'>,
): void {
  const location = errorResponse(target, error, issuer);
  if (opensApp(req, target)) {
    const link = { toClient: location, isAutomatic: true };
    throw toPageError(error, { ...CLIENT_LOGIN_ERRORS, link });
  }
  res.redirect(303, location);
}

/**
 * Sends an error before the user has allowed anything (RFC 6749 §4.1.2.1): to a program on this device or a
 * pre-registered client as {@link sendError}. Any other redirect URI was chosen by the client: nothing there is opened.
 * The page names it and links to it (RFC 9700 §4.11.2).
 *
 * @throws PageError the page
 */
export function sendEarlyError(
  req: Request,
  res: Response,
  error: OAuthError,
  { target, issuer, clientKind, pages = CLIENT_LOGIN_ERRORS }: ErrorResponse,
): void {
  if (clientKind !== 'preregistered' && redirectUriKind(target.redirectUri) !== 'loopback') {
    const link = { toClient: errorResponse(target, error, issuer) };
    throw toPageError(error, { ...pages, link });
  }
  sendError(req, res, error, { target, issuer });
}

interface ErrorResponse {
  readonly target: RedirectTarget;
  readonly issuer: string;
  readonly clientKind: Client['kind'];
  /** Default: {@link CLIENT_LOGIN_ERRORS} */
  readonly pages?: ErrorPages;
}

/**
 * Whether the response needs a page, because a browser shows nothing while it opens an app. Programs, which do not ask
 * for HTML, find the URI in the `Location` of a redirect.
 */
function opensApp({ headers }: Request, { redirectUri }: RedirectTarget): boolean {
  const kind = redirectUriKind(redirectUri);
  if (kind === undefined) {
    const error = new InvalidRequestError('This server does not allow the redirect_uri');
    throw new PageError('invalid_redirect', error);
  }
  return kind === 'custom_scheme' && (headers.accept ?? '').includes('text/html');
}
