/**
 * From Auth0's token answer to a login: both tokens verified, their claims and scopes put together.
 *
 * Flow: token endpoint → here → {@link Auth0Login} or {@link Auth0Refresh}.
 *
 * @module
 */
import type { Auth0Config } from '../config/config.js';
import { verifyAccessToken } from './access-token.js';
import type { Auth0Login, Auth0Refresh, Auth0Tokens } from './auth0.js';
import type { CachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import { grantedScopes } from './granted-scopes.js';
import { BINDING_PARAMETERS, isInOrganization, verifyIdToken } from './id-token.js';
import { refused, type VerifiedClaims } from './signed-token.js';
import type { SigningKeys } from './signing-keys.js';
import type { TokenResponse } from './token-endpoint.js';

/** Every method throws Auth0Error. */
export interface TokenVerification {
  /** @param nonce the one sent with this login */
  login(response: TokenResponse, nonce: string): Promise<Auth0Login>;
  /** @param sentRefreshToken kept where Auth0 does not rotate */
  refresh(response: TokenResponse, sentRefreshToken: string): Promise<Auth0Refresh>;
}

/** What {@link createTokenVerification} needs. */
export interface TokenVerificationDeps {
  readonly config: Pick<Auth0Config, 'clientId' | 'audience' | 'authorizeParams'>;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly keys: SigningKeys;
  readonly now: () => number;
}

/** Pure but for the keys and the discovery document it reads. */
export function createTokenVerification(deps: TokenVerificationDeps): TokenVerification {
  return {
    async login(response, nonce) {
      const { user, claims } = await verifyBoth(deps, response, nonce);
      const sid = user?.['sid'];
      return {
        subject: claims.sub,
        sid: typeof sid === 'string' ? sid : undefined,
        claims,
        user: user ?? {},
        scopes: scopesOfAnswer(response, claims),
        tokens: tokensOf(response, claims, undefined),
      };
    },
    async refresh(response, sentRefreshToken) {
      const { claims } = await verifyBoth(deps, response, undefined);
      const tokens = tokensOf(response, claims, sentRefreshToken);
      return { tokens, claims, scopes: scopesOfAnswer(response, claims) };
    },
  };
}

async function verifyBoth(
  deps: TokenVerificationDeps,
  response: TokenResponse,
  nonce: string | undefined,
): Promise<{ user: VerifiedClaims | undefined; claims: VerifiedClaims }> {
  const { config, keys } = deps;
  const now = deps.now();
  const metadata = await deps.discovery.get();
  const { idToken } = response;
  if (idToken === undefined && nonce !== undefined) requireRefusedOpenid(response);
  const user =
    idToken === undefined
      ? undefined
      : await verifyIdToken(idToken, { config, metadata, keys, now, nonce });
  const claims = await verifyAccessToken(response.accessToken, {
    config,
    issuer: metadata.issuer,
    keys,
    now,
    subject: user?.sub,
  });
  if (user === undefined && nonce !== undefined) requireProofIn(claims, config.authorizeParams);
  return { user, claims };
}

/**
 * A third-party application (`tpc_…`) gets no OpenID scopes and so no ID token. That is a login
 * without a profile: the code is bound to it by PKCE, and the access token says who it is for. With
 * `openid` granted, or nothing said, the ID token must be there.
 */
function requireRefusedOpenid(response: TokenResponse): void {
  if (response.scopes !== undefined && !response.scopes.includes('openid')) return;
  throw refused('ID token', 'it is missing although openid was granted');
}

/**
 * What binds a login is proved by the ID token, which a person can have left out: with scopes that lack
 * `openid`, written into the address on its way to Auth0. The access token has the organization only.
 */
function requireProofIn(claims: VerifiedClaims, asked: Readonly<Record<string, string>>): void {
  const { organization } = asked;
  const isProved = (name: string): boolean =>
    name === 'organization' && organization !== undefined && isInOrganization(claims, organization);
  const unproved = BINDING_PARAMETERS.filter(
    (name) => asked[name] !== undefined && !isProved(name),
  );
  if (unproved.length === 0) return;
  throw refused('ID token', `it is missing, and would have to prove ${unproved.join(', ')}`);
}

/** Auth0's answer, its access token and its role-based permissions each know a part. */
function scopesOfAnswer(response: TokenResponse, claims: VerifiedClaims): readonly string[] {
  const stated =
    response.scopes ??
    // RFC 6749 §5.1: left out when all was granted, of which the ID token shows openid.
    (response.idToken === undefined ? [] : ['openid']);
  return [...new Set([...stated, ...grantedScopes(claims)])];
}

function tokensOf(
  response: TokenResponse,
  claims: VerifiedClaims,
  sentRefreshToken: string | undefined,
): Auth0Tokens {
  return {
    accessToken: response.accessToken,
    accessTokenExpiresAt: claims.exp,
    refreshToken: response.refreshToken ?? sentRefreshToken,
  };
}
