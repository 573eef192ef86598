/** Verification of the tokens in a token response: OpenID Connect Core 1.0 §3.1.3.7, RFC 9068 §4. */
import { decodeProtectedHeader } from 'jose';

import type { ApplicationConfig } from '../config/config.js';
import { hasOneOf, isRecent } from '../oauth/user-authentication.js';
import { ACCESS_TOKEN, formOfAccessToken, grantedScopes, UNVERIFIABLE } from './access-token.js';
import {
  type Auth0Authorization,
  Auth0Error,
  type Auth0Login,
  type Auth0Tokens,
  plainText,
} from './auth0.js';
import type { Auth0Metadata } from './discovery.js';
import {
  rejected,
  requireSubject,
  SIGNING_ALGORITHMS,
  type UserClaims,
  verifySignedToken,
} from './signed-token.js';
import type { Tenant } from './tenant.js';
import { requireBearer, type TokenResponse } from './token-endpoint.js';

const ID_TOKEN = 'ID token';

const ALGORITHM_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > OAuth > JSON Web Token Signature Algorithm: choose RS256.';

/** Parameters of `authorizeParams` that the ID token has to confirm. */
const BINDING_PARAMETERS: readonly string[] = ['organization', 'acr_values', 'max_age'];

type VerifierTenant = Pick<Tenant, 'config' | 'discovery' | 'keys' | 'now'>;

/** @param nonce of this login. @throws Auth0Error */
export async function verifyLogin(
  tenant: VerifierTenant,
  response: TokenResponse,
  nonce: string,
): Promise<Auth0Login> {
  const { user, claims } = await verifyTokens(tenant, response, nonce);
  const sid = user?.['sid'];
  return {
    subject: claims.sub,
    sid: typeof sid === 'string' ? sid : undefined,
    claims,
    user: user ?? {},
    scopes: scopesOfResponse(response, claims),
    tokens: tokensOf(response, claims),
  };
}

/** @throws Auth0Error */
export async function verifyRefresh(
  tenant: VerifierTenant,
  response: TokenResponse,
): Promise<Auth0Authorization> {
  requireBearer(response);
  const { claims } = await verifyTokens(tenant, response, undefined);
  const tokens = tokensOf(response, claims);
  return { tokens, claims, scopes: scopesOfResponse(response, claims) };
}

/** For a token of the application itself, without a user. @throws Auth0Error */
export async function verifyOwnToken(
  tenant: VerifierTenant,
  response: TokenResponse,
): Promise<Auth0Authorization> {
  const metadata = await tenant.discovery.get();
  const claims = await verifyAccessToken(response.accessToken, tenant, metadata, undefined);
  const scopes = scopesOfResponse(response, claims);
  return { tokens: tokensOf(response, claims), claims, scopes };
}

/** @param nonce undefined for a refresh */
async function verifyTokens(
  tenant: VerifierTenant,
  response: TokenResponse,
  nonce: string | undefined,
): Promise<{ user: UserClaims | undefined; claims: UserClaims }> {
  const metadata = await tenant.discovery.get();
  const { idToken } = response;
  if (idToken === undefined && nonce !== undefined) requireOpenidNotGranted(response);
  const user =
    idToken === undefined ? undefined : await verifyIdToken(idToken, tenant, metadata, nonce);
  const claims = await verifyAccessToken(response.accessToken, tenant, metadata, user?.sub);
  if (user === undefined && nonce !== undefined) requireBindingsIn(claims, tenant);
  return { user, claims };
}

/**
 * A third-party application (`tpc_…`) is granted no OpenID scopes and receives no ID token. Such a login has no
 * profile; PKCE binds it to this server, and the access token names the user.
 */
function requireOpenidNotGranted(response: TokenResponse): void {
  if (response.scopes !== undefined && !response.scopes.includes('openid')) return;
  throw rejected(ID_TOKEN, 'it is missing although openid was granted');
}

async function verifyIdToken(
  token: string,
  { config, keys, now }: VerifierTenant,
  metadata: Auth0Metadata,
  nonce: string | undefined,
): Promise<UserClaims> {
  const signed = await verifySignedToken(token, {
    what: ID_TOKEN,
    issuer: metadata.issuer,
    audience: config.clientId,
    algorithms: acceptedAlgorithms(token, metadata),
    keys,
    now: now(),
  });
  const claims = requireSubject(signed, ID_TOKEN);
  requireAuthorizedParty(claims, config.clientId);
  if (nonce !== undefined) {
    if (claims['nonce'] !== nonce) throw rejected(ID_TOKEN, 'nonce is not the one of this login');
    requireBindings(claims, config.authorizeParams, now());
  }
  return claims;
}

function acceptedAlgorithms(token: string, metadata: Auth0Metadata): readonly string[] {
  const advertised = metadata.idTokenAlgorithms ?? SIGNING_ALGORITHMS;
  const accepted = SIGNING_ALGORITHMS.filter((name) => advertised.includes(name));
  if (accepted.length === 0 || usesSharedSecret(token)) {
    throw new Auth0Error('misconfigured', `${ID_TOKEN}: not signed with RS256 or PS256`, {
      remedy: ALGORITHM_REMEDY,
    });
  }
  return accepted;
}

function usesSharedSecret(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg?.startsWith('HS') === true;
  } catch {
    return false;
  }
}

/** OpenID Connect Core 1.0 §3.1.3.7, steps 4 and 5. */
function requireAuthorizedParty(claims: UserClaims, clientId: string): void {
  const azp = claims['azp'];
  const hasSeveralAudiences = Array.isArray(claims.aud) && claims.aud.length > 1;
  if (azp === undefined && !hasSeveralAudiences) return;
  if (azp !== clientId) throw rejected(ID_TOKEN, 'azp is not this application');
}

/** The user can edit the authorization URL, so the ID token has to confirm what the operator requires. */
function requireBindings(
  claims: UserClaims,
  required: Readonly<Record<string, string>>,
  now: number,
): void {
  const { organization, acr_values: acrValues, max_age: maxAge } = required;
  if (organization !== undefined && !isInOrganization(claims, organization)) {
    throw rejected(ID_TOKEN, 'org_id or org_name is not the configured organization');
  }
  if (acrValues !== undefined && !hasOneOf(claims, acrValues.split(' '))) {
    throw rejected(ID_TOKEN, 'acr is none of the configured acr_values');
  }
  if (maxAge !== undefined && !isRecent(claims['auth_time'], Number(maxAge), now)) {
    throw rejected(ID_TOKEN, 'auth_time is older than the configured max_age, or in the future');
  }
}

/**
 * The user can avoid the ID token by removing `openid` from the authorization URL. Of the bindings, the access token
 * has the organization only.
 */
function requireBindingsIn(
  claims: UserClaims,
  { config: { authorizeParams } }: VerifierTenant,
): void {
  const { organization } = authorizeParams;
  const isConfirmed = (name: string): boolean =>
    name === 'organization' && organization !== undefined && isInOrganization(claims, organization);
  const missing = BINDING_PARAMETERS.filter(
    (name) => authorizeParams[name] !== undefined && !isConfirmed(name),
  );
  if (missing.length === 0) return;
  throw rejected(ID_TOKEN, `it is missing, and would have to prove ${missing.join(', ')}`);
}

/** An id begins with `org_`; Auth0 stores names in lower case. */
function isInOrganization(claims: UserClaims, organization: string): boolean {
  if (organization.startsWith('org_')) return claims['org_id'] === organization;
  const name = claims['org_name'];
  return typeof name === 'string' && name.toLowerCase() === organization.toLowerCase();
}

/** @param subject of the ID token, if there is one */
async function verifyAccessToken(
  token: string,
  tenant: VerifierTenant,
  { issuer }: Auth0Metadata,
  subject: string | undefined,
): Promise<UserClaims> {
  requireSigned(token);
  const claims = await verifyOwnAccessToken(token, tenant, issuer, tenant.config.audience);
  if (subject !== undefined && claims.sub !== subject) {
    throw rejected(ACCESS_TOKEN, 'sub differs from the ID token');
  }
  return claims;
}

/**
 * Verifies a signed access token that was issued to this application.
 *
 * @param audience undefined if the caller checks it
 */
export async function verifyOwnAccessToken(
  token: string,
  { config, keys, now }: Pick<Tenant<ApplicationConfig>, 'config' | 'keys' | 'now'>,
  issuer: string,
  audience?: string,
): Promise<UserClaims> {
  const signed = await verifySignedToken(token, {
    what: ACCESS_TOKEN,
    issuer,
    ...(audience !== undefined && { audience }),
    keys,
    now: now(),
  });
  const claims = requireSubject(signed, ACCESS_TOKEN);
  // A token may name no client: it was issued to this application (RFC 6749 §5.1), and simulators omit both claims.
  for (const name of ['azp', 'client_id']) {
    const value = claims[name];
    if (value === undefined || value === config.clientId) continue;
    const other = plainText(JSON.stringify(value));
    throw rejected(ACCESS_TOKEN, `${name} is ${other}, which is not this application`);
  }
  return claims;
}

function requireSigned(token: string): void {
  const form = formOfAccessToken(token);
  if (form === 'signed') return;
  if (form === 'other') {
    throw rejected(ACCESS_TOKEN, 'typ is neither JWT nor at+jwt, or alg neither RS256 nor PS256');
  }
  const [message, remedy] = UNVERIFIABLE[form];
  throw new Auth0Error('misconfigured', `${ACCESS_TOKEN}: ${message}`, { remedy });
}

/** Token response, access token and RBAC permissions each name some of the scopes. */
function scopesOfResponse(response: TokenResponse, claims: UserClaims): readonly string[] {
  const stated =
    response.scopes ??
    // RFC 6749 §5.1: omitted if all were granted; the ID token shows openid.
    (response.idToken === undefined ? [] : ['openid']);
  return [...new Set([...stated, ...grantedScopes(claims)])];
}

function tokensOf({ accessToken, refreshToken }: TokenResponse, { exp }: UserClaims): Auth0Tokens {
  return { accessToken, accessTokenExpiresAt: exp, refreshToken };
}
