/**
 * The authorization response: the redirect URI with our answer appended.
 *
 * Spec: RFC 6749 §4.1.2 and §4.1.2.1, RFC 9207 §2 (`iss` on success and on error).
 *
 * @module
 */
import type { RedirectTarget } from './authorization-request.js';
import type { OAuthError } from './errors.js';

/** The URL that hands over an authorization code. */
export function codeResponse(target: RedirectTarget, code: string, issuer: string): string {
  return respond(target, { code }, issuer);
}

/** The URL that tells the client what went wrong. */
export function errorResponse(target: RedirectTarget, error: OAuthError, issuer: string): string {
  return respond(target, { error: error.code, error_description: error.description }, issuer);
}

/** Appends to the URI as it is, so that the bytes the client registered survive (§3.1.2). */
function respond(
  { redirectUri, state }: RedirectTarget,
  answer: Readonly<Record<string, string>>,
  issuer: string,
): string {
  const parameters = new URLSearchParams(answer);
  if (state !== undefined) parameters.set('state', state);
  parameters.set('iss', issuer);
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&';
  return `${redirectUri}${separator}${parameters}`;
}
