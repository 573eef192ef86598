/** Authorization responses: RFC 6749 §4.1.2, RFC 9207 §2. */
import type { RedirectTarget } from './authorization-request.js';
import type { OAuthError } from './errors.js';

/** @returns the URL of the redirect */
export function codeResponse(target: RedirectTarget, code: string, issuer: string): string {
  return responseUrl(target, { code }, issuer);
}

/** RFC 6749 §4.1.2.1. @returns the URL of the redirect */
export function errorResponse(target: RedirectTarget, error: OAuthError, issuer: string): string {
  return responseUrl(target, { error: error.code, error_description: error.description }, issuer);
}

/** Appended to the unchanged redirect URI (§3.1.2). */
function responseUrl(
  { redirectUri, state }: RedirectTarget,
  fields: Readonly<Record<string, string>>,
  issuer: string,
): string {
  const parameters = new URLSearchParams(fields);
  if (state !== undefined) parameters.set('state', state);
  parameters.set('iss', issuer);
  const separator = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&';
  return `${redirectUri}${separator}${parameters}`;
}
