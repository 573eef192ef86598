/**
 * The bearer token on a request to the protected resource.
 *
 * Spec: RFC 6750 §2.1 and §3.1. Only the header counts: a token in a query or a form is not looked
 * at (MCP authorization, "Token Requirements"; RS-17).
 *
 * @module
 */
import { InvalidToken } from './errors.js';

/** RFC 6750 §2.1 `b64token`, after a case-insensitive scheme and at least one space. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

/** Longest token of ours, in characters, and more: they are far below, so longer ones are foreign. */
export const MAX_OWN_TOKEN_LENGTH = 4096;

/** Longest token of Auth0's, in characters: some hundred permissions, and all that Node lets headers have. */
export const MAX_AUTH0_TOKEN_LENGTH = 16_384;

/**
 * The token, or undefined where no bearer credentials were sent (another scheme, or no header).
 *
 * @param maxLength of a token worth looking at, in characters
 * @throws InvalidToken for a bearer header that no token fits
 */
export function parseBearerToken(
  authorization: string | undefined,
  maxLength: number,
): string | undefined {
  if (authorization === undefined) return undefined;
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined && !/^Bearer(?: |$)/i.test(authorization)) return undefined;
  if (token === undefined || token.length > maxLength) {
    throw new InvalidToken('The access token is malformed');
  }
  return token;
}
