/** From a bearer token to its caller: is the token ours, and is its grant alive? */
import { hash } from 'node:crypto';

import type { AccessTokenClaims, AccessTokens } from '../grants/access-token.js';
import { auth0ClaimsOf } from '../grants/auth0-claims.js';
import type { Grants } from '../grants/grants.js';
import { MAX_OWN_TOKEN_LENGTH, refuseLonger } from '../oauth/bearer-token.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { InvalidGrantError, InvalidTokenError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import { count, traced } from '../telemetry.js';
import type { AccessToken, AuthInfo } from './auth-info.js';
import { Auth0SessionEndedError } from './auth0-session-ended.js';
import { type CachedCaller, type CallerCache, FRESH_MS } from './caller-cache.js';

/**
 * Resolves a token to its caller; without a promise where the caller is cached.
 *
 * @throws InvalidTokenError for every token that grants nothing, in one wording
 * @throws StorageUnavailableError when the grant cannot be read: 503, never 401
 */
export type VerifyBearer = (token: string) => AccessToken | Promise<AccessToken>;

/** From this age on a caller is read again in the background, so that a busy token never waits. */
const RENEW_AFTER_MS = 500;

export function createVerification(
  accessTokens: Pick<AccessTokens, 'verify' | 'requireUnexpired'>,
  grants: Pick<Grants, 'find' | 'auth0Token'>,
  cache: CallerCache,
  challenge: ChallengeBase,
): VerifyBearer {
  async function auth0Token(grantId: string): Promise<string> {
    try {
      return await grants.auth0Token(grantId);
    } catch (error) {
      throw error instanceof InvalidGrantError
        ? new Auth0SessionEndedError(challenge, error)
        : error;
    }
  }

  async function read(token: string, claims: AccessTokenClaims): Promise<CachedCaller> {
    const readAtMs = performance.now();
    const { grantId, clientId, subject, scopes, expiresAt } = claims;
    const grant = await grants.find(grantId);
    requireGrantOf(claims, grant);
    const caller = {
      token,
      clientId,
      scopes: [...scopes],
      expiresAt,
      subject,
      claims: auth0ClaimsOf(grant),
      user: grant.user,
      auth0Token: Object.freeze(() => auth0Token(grantId)),
    };
    return { claims, caller, readAtMs };
  }

  async function readCached(
    token: string,
    tokenHash: string,
    known?: AccessTokenClaims,
  ): Promise<AccessToken> {
    const claims = known ?? (await accessTokens.verify(token));
    const fresh = await cache.fill(tokenHash, claims.grantId, () => read(token, claims));
    return ownCopy(fresh.caller);
  }

  return function verifyBearer(token) {
    refuseLonger(token, MAX_OWN_TOKEN_LENGTH);
    const tokenHash = hash('sha256', token, 'base64url');
    const cached = cache.get(tokenHash);
    if (cached === undefined) return readCached(token, tokenHash);
    accessTokens.requireUnexpired(cached.claims);
    const ageMs = performance.now() - cached.readAtMs;
    if (ageMs >= FRESH_MS) return readCached(token, tokenHash, cached.claims);
    if (ageMs >= RENEW_AFTER_MS) {
      // A store that cannot be reached shows once the caller is no longer fresh.
      readCached(token, tokenHash, cached.claims).catch(() => undefined);
    }
    return ownCopy(cached.caller);
  };
}

/** The same, counted, and traced where a token is really verified. */
export function observed(verify: VerifyBearer): VerifyBearer {
  return function verifyBearer(token) {
    const caller = verify(token);
    if (caller instanceof Promise) {
      return traced('auth0_mcp.bearer.verify', () => caller, 'auth0_mcp.bearer.checks');
    }
    count('auth0_mcp.bearer.checks');
    return caller;
  };
}

/** The grant has the last word: a signature alone does not make one user another. */
function requireGrantOf(
  { subject, clientId }: AccessTokenClaims,
  grant: GrantRecord | undefined,
): asserts grant is GrantRecord {
  if (grant?.subject === subject && grant.client.id === clientId) return;
  throw new InvalidTokenError('The access token is not valid here', {
    detail: 'its grant was revoked or has expired, or belongs to another user or client',
  });
}

/** Everything else in it is frozen; a route that changes its scopes changes no other request. */
function ownCopy(caller: AccessToken): AccessToken {
  return { ...caller, scopes: [...caller.scopes] };
}

/** The caller as the MCP SDK expects it on the request. A `URL` can be changed: each has its own. */
export function authInfoOf(accessToken: AccessToken, resource: string): AuthInfo {
  const { token, clientId, scopes, expiresAt, subject, claims, user, auth0Token } = accessToken;
  const extra = { subject, claims, user, auth0Token };
  return {
    token,
    clientId,
    scopes,
    expiresAt,
    resource: new URL(resource),
    extra,
  };
}
