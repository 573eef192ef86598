/**
 * From a bearer token to the caller: is it ours, and does its grant live?
 *
 * Spec: RFC 6750 §3.1, RFC 9068 §4; MCP authorization, "Token Handling".
 *
 * @module
 */
import type { AccessTokenClaims } from '../grants/access-token.js';
import { auth0ClaimsOf } from '../grants/auth0-claims.js';
import type { Grants } from '../grants/grants.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { InvalidGrant, InvalidToken } from '../oauth/errors.js';
import type { AtOnce } from '../storage/at-once.js';
import type { GrantRecord } from '../storage/records.js';
import type { AccessToken, AuthInfo } from './auth-info.js';
import { Auth0SessionEnded } from './auth0-session-ended.js';

/**
 * @throws InvalidToken for everything that does not entitle to anything, in one wording
 * @throws StorageUnavailable when that cannot be found out: 503, never 401 (R-RS-7)
 */
export type VerifyBearer = (token: string) => AtOnce<AccessToken>;

interface VerificationDeps {
  readonly accessTokens: { verify(token: string): AtOnce<AccessTokenClaims> };
  readonly grants: Pick<Grants, 'auth0Token'> & {
    find(grantId: string): AtOnce<GrantRecord | undefined>;
  };
  readonly challenge: ChallengeBase;
}

/** What all calls on one grant share. */
type SharedByCalls = Pick<AccessToken, 'claims' | 'auth0Token'>;

export function createVerification(deps: VerificationDeps): VerifyBearer {
  const { accessTokens, grants, challenge } = deps;

  async function askForAuth0Token(grantId: string): Promise<string> {
    try {
      return await grants.auth0Token(grantId);
    } catch (error) {
      throw error instanceof InvalidGrant ? new Auth0SessionEnded(challenge, error) : error;
    }
  }

  /** By grant: an unchanged one is the same object on every request. */
  const known = new WeakMap<GrantRecord, SharedByCalls>();

  function sharedBy(grantId: string, grant: GrantRecord): SharedByCalls {
    const before = known.get(grant);
    if (before !== undefined) return before;
    const shared = {
      claims: auth0ClaimsOf(grant),
      auth0Token: () => askForAuth0Token(grantId),
    };
    known.set(grant, shared);
    return shared;
  }

  /** Who is calling, once both the token and the grant are there. */
  function callerOf(
    token: string,
    { grantId, clientId, subject, scopes, expiresAt }: AccessTokenClaims,
    grant: GrantRecord | undefined,
  ): AccessToken {
    // The grant has the last word: a signature alone does not make somebody another person.
    if (grant === undefined || grant.subject !== subject || grant.client.id !== clientId) {
      throw new InvalidToken('The access token is not valid here', {
        detail: 'its grant has ended, or is of somebody else',
      });
    }
    const { claims, auth0Token } = sharedBy(grantId, grant);
    return {
      token,
      clientId,
      scopes: [...scopes],
      expiresAt,
      subject,
      claims,
      // Frozen, as all that is opened from the store.
      user: grant.user,
      auth0Token,
    };
  }

  function findCaller(token: string, claims: AccessTokenClaims): AtOnce<AccessToken> {
    const grant = grants.find(claims.grantId);
    return grant instanceof Promise
      ? grant.then((found) => callerOf(token, claims, found))
      : callerOf(token, claims, grant);
  }

  // Written out, where it could be composed: this is in front of every request.
  return function verifyBearer(token) {
    const claims = accessTokens.verify(token);
    return claims instanceof Promise
      ? claims.then((verified) => findCaller(token, verified))
      : findCaller(token, claims);
  };
}

/**
 * The caller as the MCP SDK expects it on the request.
 *
 * @param resource a `URL` is passed on as it is, and so shared by all callers
 */
export function authInfoOf(accessToken: AccessToken, resource: string | URL): AuthInfo {
  const { token, clientId, scopes, expiresAt, subject, claims, user, auth0Token } = accessToken;
  const extra = { subject, claims, user, auth0Token };
  return {
    token,
    clientId,
    scopes,
    expiresAt,
    resource: typeof resource === 'string' ? new URL(resource) : resource,
    extra,
  };
}
