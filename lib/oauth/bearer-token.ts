/** Bearer tokens in the `Authorization` header (RFC 6750 §2.1), the only place that MCP allows ("Token Requirements"). */
import { InvalidTokenError } from './errors.js';

/** RFC 6750 §2.1 `b64token`. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** In characters; tokens of this server are far shorter. */
export const MAX_OWN_TOKEN_LENGTH = 4096;

/** In characters: hundreds of permissions, and the limit of Node for headers. */
export const MAX_AUTH0_TOKEN_LENGTH = 16_384;

/**
 * The credentials, not validated; undefined without the header or with another scheme.
 */
export function bearerCredentials(authorization = ''): string | undefined {
  const scheme = /^Bearer(?: +|$)/i.exec(authorization)?.[0];
  if (scheme === undefined) return undefined;
  let end = authorization.length;
  // `trimEnd` removes more characters than RFC 9110 §5.6.3 allows.
  while (end > scheme.length && authorization[end - 1] === ' ') end -= 1;
  return authorization.slice(scheme.length, end);
}

/**
 * @param maxLength in characters
 * @throws InvalidTokenError the credentials are malformed or too long
 */
export function requireToken(credentials: string, maxLength: number): void {
  if (credentials.length > maxLength || !TOKEN.test(credentials)) {
    throw new InvalidTokenError('The access token is malformed');
  }
}
