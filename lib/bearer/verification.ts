/** Verifies access tokens of this server and, with `auth0McpResource()`, of Auth0. */
import { parseApiRequest } from '../auth0/api-token.js';
import { Auth0Error, type Auth0TokenRequest } from '../auth0/auth0.js';
import type { AuthorizationServer } from '../auth0/create-auth0.js';
import type { PresentedToken, PresentedTokens } from '../auth0/presented-token.js';
import { CLOCK_TOLERANCE_SECONDS, TokenExpiredError } from '../auth0/signed-token.js';
import { deepFreeze, frozenUrl } from '../config/deep-freeze.js';
import { missingOption } from '../config/errors.js';
import type { AccessTokenClaims, AccessTokens } from '../grants/access-token.js';
import { auth0ClaimsOf } from '../grants/auth0-tokens.js';
import type { Grants } from '../grants/grants.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import {
  InvalidGrantError,
  InvalidTokenError,
  TemporarilyUnavailableError,
} from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import { count, traced } from '../telemetry.js';
import {
  type AccessToken,
  Auth0SessionEndedError,
  type AuthInfo,
  type ConnectionTokenRequest,
  NoAuth0TokenError,
  TokenPassthroughError,
} from './caller.js';
import { type CachedCaller, type CallerCache, FRESH_MS } from './caller-cache.js';
import { type ConnectionTokenOf, noConnections } from './connection-token.js';

/**
 * Resolves a token to its caller, without a promise if the caller is cached.
 *
 * @throws InvalidTokenError with the same description for every invalid token
 * @throws StorageUnavailableError the grant cannot be read: 503, never 401
 */
export type VerifyBearer = (token: string) => AccessToken | Promise<AccessToken>;

/** At this age a caller is renewed in the background: a token that calls four times a second never waits. */
const RENEW_AFTER_MS = 750;

const CHECKS = 'auth0_mcp.bearer.checks';

/** @param currentScopes the scopes of a token that it has at present: it can lose some before it expires */
export function createVerification(
  accessTokens: Pick<AccessTokens, 'verify' | 'isExpired'>,
  grants: Pick<Grants, 'find' | 'auth0Token'>,
  cache: CallerCache,
  challenge: ChallengeBase,
  currentScopes: (claims: AccessTokenClaims, grant: GrantRecord) => readonly string[],
  connectionTokenOf: ConnectionTokenOf,
): VerifyBearer {
  async function auth0Token(grantId: string, request?: Auth0TokenRequest): Promise<string> {
    try {
      return await grants.auth0Token(grantId, request);
    } catch (error) {
      throw error instanceof InvalidGrantError
        ? new Auth0SessionEndedError(challenge, error)
        : error;
    }
  }

  async function read(
    token: string,
    claims: AccessTokenClaims,
    known: CachedCaller | undefined,
  ): Promise<CachedCaller> {
    const readAtMs = performance.now();
    const { grantId, clientId, subject, expiresAt } = claims;
    const grant = await grants.find(grantId, known?.grant);
    requireGrantOf(claims, grant);
    const scopes = Object.freeze([...currentScopes(claims, grant)]);
    if (grant === known?.grant) {
      return { ...known, caller: Object.freeze({ ...known.caller, scopes }), readAtMs };
    }
    const caller = Object.freeze({
      token,
      clientId,
      scopes,
      expiresAt,
      subject,
      isMachine: grant.subject === undefined,
      claims: auth0ClaimsOf(grant),
      user: deepFreeze(grant.user),
      ...(grant.enterprise && { enterprise: deepFreeze(grant.enterprise) }),
      auth0Token:
        grant.auth0 === undefined
          ? noAuth0Token
          : Object.freeze((request?: Auth0TokenRequest) => auth0Token(grantId, request)),
      connectionToken:
        grant.auth0 === undefined
          ? noAuth0Token
          : Object.freeze((connection: string, request?: ConnectionTokenRequest) =>
              connectionTokenOf(grantId, connection, request),
            ),
    });
    return { claims, caller, grant, readAtMs };
  }

  async function readCached(token: string, known?: CachedCaller): Promise<AccessToken> {
    const claims = known?.claims ?? (await accessTokens.verify(token));
    const fresh = await cache.fill(token, claims.grantId, () => read(token, claims, known));
    return fresh.caller;
  }

  return function verifyBearer(token) {
    const cached = cache.get(token);
    if (cached === undefined || accessTokens.isExpired(cached.claims)) {
      return observed(() => readCached(token));
    }
    const ageMs = performance.now() - cached.readAtMs;
    if (ageMs >= FRESH_MS) return observed(() => readCached(token, cached));
    count(CHECKS);
    if (ageMs >= RENEW_AFTER_MS) {
      // If the store is still unavailable when the caller is no longer fresh, the request fails then.
      readCached(token, cached).catch(() => undefined);
    }
    return cached.caller;
  };
}

/** Traces and counts a check that is not cached. */
function observed(verify: () => Promise<AccessToken>): Promise<AccessToken> {
  return traced('auth0_mcp.bearer.verify', verify, CHECKS);
}

/** The signature alone is not enough: the grant must exist and belong to the same user and client. */
function requireGrantOf(
  { subject, clientId }: AccessTokenClaims,
  grant: GrantRecord | undefined,
): asserts grant is GrantRecord {
  // RFC 9068 §2.2: without a user the client is the subject.
  const isSame = grant?.client.id === clientId && (grant.subject ?? clientId) === subject;
  if (isSame) return;
  throw new InvalidTokenError('The access token is not valid for this server', {
    detail: 'its grant was revoked or has expired, or belongs to another user or client',
  });
}

/** The caller in the shape of the MCP SDK. */
export type AuthInfoOf = (accessToken: AccessToken) => AuthInfo;

export function createAuthInfoOf(resource: string): AuthInfoOf {
  // Requests share all but `scopes` and the two objects.
  const url = frozenUrl(resource);
  return function authInfoOf(accessToken) {
    const { token, clientId, expiresAt, subject } = accessToken;
    const { isMachine, claims, user, enterprise, auth0Token, connectionToken } = accessToken;
    const extra = {
      subject,
      isMachine,
      claims,
      user,
      ...(enterprise && { enterprise }),
      auth0Token,
      connectionToken,
    };
    return { token, clientId, scopes: [...accessToken.scopes], expiresAt, resource: url, extra };
  };
}

/** For tokens that Auth0 issued. An outage of Auth0 is 503, never 401. */
export function createAuth0Verification(
  tokens: PresentedTokens,
  tokenFor: (
    token: string,
    presented: PresentedToken,
    request?: Auth0TokenRequest,
  ) => Promise<string>,
): VerifyBearer {
  function callerOfAuth0(token: string, presented: PresentedToken): AccessToken {
    const { clientId, scopes, expiresAt, subject, claims } = presented;
    return Object.freeze({
      token,
      clientId,
      scopes,
      expiresAt,
      subject,
      // Auth0's own claim; RFC 9068 has none for the grant.
      isMachine: claims['gty'] === 'client-credentials' || subject === `${clientId}@clients`,
      claims,
      user: NO_USER,
      auth0Token: Object.freeze((request?: Auth0TokenRequest) =>
        tokenFor(token, presented, request),
      ),
      connectionToken: Object.freeze(async () => {
        throw noConnections();
      }),
    });
  }

  async function verifyUncached(token: string): Promise<AccessToken> {
    try {
      return callerOfAuth0(token, await tokens.verify(token));
    } catch (error) {
      throw toTokenError(error);
    }
  }
  return function verifyBearer(token) {
    const cached = tokens.cached(token);
    if (cached === undefined) return observed(() => verifyUncached(token));
    count(CHECKS);
    return callerOfAuth0(token, cached);
  };
}

/** The client receives the ID token. */
const NO_USER: Record<string, unknown> = Object.freeze({});

/**
 * `auth0Token()` for tokens that Auth0 issued: a token of another API, in exchange.
 *
 * @param audience of this server
 */
export function createTokenFor(
  { exchange }: Pick<AuthorizationServer, 'exchange'>,
  challenge: ChallengeBase,
  audience: string,
  now: () => number,
): (token: string, presented: PresentedToken, request?: Auth0TokenRequest) => Promise<string> {
  return async function tokenFor(token, presented, request) {
    const api = parseApiRequest(request, audience);
    if (api === undefined || api.audience === audience) throw new TokenPassthroughError();
    if (exchange === undefined) throw missingOption('clientId', APPLICATION_REMEDY);
    // A tool may run for longer than its token lasts.
    if (presented.expiresAt + CLOCK_TOLERANCE_SECONDS <= now())
      throw new Auth0SessionEndedError(challenge, undefined);
    try {
      return (await exchange(token, presented, api)).accessToken;
    } catch (error) {
      if (!(error instanceof Auth0Error)) throw error;
      if (error.kind === 'session_ended') throw new Auth0SessionEndedError(challenge, error);
      throw new TemporarilyUnavailableError('The login service cannot be reached at the moment', {
        retryAfterSeconds: error.retryAfterSeconds,
        cause: error,
      });
    }
  };
}

const APPLICATION_REMEDY =
  'auth0Token({ audience }) exchanges tokens with an application of your own: give auth0McpResource() the clientId of a Custom API client, and its clientSecret or auth0PrivateKey (Auth0 dashboard: Applications, On-Behalf-Of Token Exchange).';

const noAuth0Token = Object.freeze(async (): Promise<string> => {
  throw new NoAuth0TokenError();
});

/** The reason and remedy are for the log only. */
function toTokenError(error: unknown): unknown {
  if (error instanceof TokenExpiredError)
    return new InvalidTokenError('The access token has expired');
  if (!(error instanceof Auth0Error) || error.kind === 'unavailable') return error;
  const { message, remedy } = error;
  return new InvalidTokenError('The access token is not valid for this server', {
    detail: remedy === undefined ? message : `${message}. ${remedy}`,
  });
}
