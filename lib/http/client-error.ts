/** Tells a client of an error, once its redirect URI is proved. */
import type { Response } from 'express';

import type { Client } from '../clients/client.js';
import type { RedirectTarget } from '../oauth/authorization-request.js';
import { errorResponse } from '../oauth/authorization-response.js';
import type { OAuthError } from '../oauth/errors.js';
import { redirectUriKind } from '../oauth/redirect-uri.js';
import { CLIENT_LOGIN, type ErrorPlace, pageErrorOf } from './pages.js';

interface ClientErrorDeps {
  readonly target: RedirectTarget;
  readonly clientKind: Client['kind'];
  readonly issuer: string;
  /** Which page explains the error. */
  readonly place?: ErrorPlace;
}

/**
 * By redirect, to a program that listens on this device or a client that the operator entered. Any other address
 * is one that a client chose for itself: no server is sent a visitor, and no app is started, before the user has
 * allowed anything; the page names the address and links to it (RFC 9700 §4.11.2).
 *
 * @throws PageError the page
 */
export function answerClientError(
  res: Response,
  error: OAuthError,
  { target, clientKind, issuer, place = CLIENT_LOGIN }: ClientErrorDeps,
): void {
  const location = errorResponse(target, error, issuer);
  if (clientKind !== 'preregistered' && redirectUriKind(target.redirectUri) !== 'loopback') {
    throw pageErrorOf(error, { ...place, way: { goOn: location } });
  }
  res.redirect(303, location);
}
