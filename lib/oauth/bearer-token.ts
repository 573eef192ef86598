/**
 * The bearer token on a request to the protected resource.
 *
 * Spec: RFC 6750 §2.1 and §3.1. Only the header counts: a token in a query or a form is not looked
 * at (MCP authorization, "Token Requirements"; RS-17).
 *
 * @module
 */
import { InvalidTokenError } from './errors.js';

/** RFC 6750 §2.1 `b64token`. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Longest token of ours, in characters, and more: they are far below, so longer ones are foreign. */
export const MAX_OWN_TOKEN_LENGTH = 4096;

/** Longest token of Auth0's, in characters: some hundred permissions, and all that Node lets headers have. */
export const MAX_AUTH0_TOKEN_LENGTH = 16_384;

/**
 * What stands after the scheme, or undefined where no bearer credentials were sent (another scheme, or
 * no header). {@link requireToken} says whether it can be a token.
 */
export function bearerCredentials(authorization = ''): string | undefined {
  const scheme = /^Bearer(?: +|$)/i.exec(authorization)?.[0];
  if (scheme === undefined) return undefined;
  let end = authorization.length;
  // Spaces only: `trimEnd` takes more for a space than RFC 9110 §5.6.3 does.
  while (end > scheme.length && authorization[end - 1] === ' ') end -= 1;
  return authorization.slice(scheme.length, end);
}

/**
 * Reads the whole token, which takes about as long as to hash it: for one that has not been seen before.
 *
 * @param maxLength of a token worth looking at, in characters
 * @throws InvalidTokenError for what no token can be
 */
export function requireToken(credentials: string, maxLength: number): void {
  if (credentials.length > maxLength || !TOKEN.test(credentials)) {
    throw new InvalidTokenError('The access token is malformed');
  }
}
