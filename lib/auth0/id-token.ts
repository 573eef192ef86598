/**
 * Verification of Auth0's ID token: who logged in.
 *
 * Spec: OpenID Connect Core 1.0 §3.1.3.7; Auth0's organizations.
 *
 * @module
 */
import { decodeProtectedHeader } from 'jose';

import type { Auth0Config } from '../config/config.js';
import { Auth0Error } from './auth0.js';
import type { Auth0Metadata } from './discovery.js';
import {
  CLOCK_TOLERANCE_SECONDS,
  refused,
  SIGNING_ALGORITHMS,
  type VerifiedClaims,
  verifySignedToken,
} from './signed-token.js';
import type { SigningKeys } from './signing-keys.js';

const WHAT = 'ID token';

/** Auth0's name for "a second factor was used", asked for by `acr_values`. */
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';

const ALGORITHM_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > OAuth > JSON Web Token Signature Algorithm: choose RS256.';

/** Parameters of the authorization request that the ID token has to prove, where they are configured. */
export const BINDING_PARAMETERS: readonly string[] = ['organization', 'acr_values', 'max_age'];

/** What an ID token is checked against. */
export interface IdTokenContext {
  readonly config: Pick<Auth0Config, 'clientId' | 'authorizeParams'>;
  readonly metadata: Auth0Metadata;
  readonly keys: SigningKeys;
  /** Unix seconds. */
  readonly now: number;
  /** The nonce of the login; undefined for the answer to a refresh, where there is none to expect. */
  readonly nonce: string | undefined;
}

/** @throws Auth0Error `invalid_response`, `misconfigured` or `unavailable` */
export async function verifyIdToken(
  token: string,
  context: IdTokenContext,
): Promise<VerifiedClaims> {
  const { config, metadata, keys, now, nonce } = context;
  const claims = await verifySignedToken(token, {
    what: WHAT,
    issuer: metadata.issuer,
    audience: config.clientId,
    algorithms: acceptedAlgorithms(token, metadata),
    keys,
    now,
  });
  requireAuthorizedParty(claims, config.clientId);
  if (nonce !== undefined && claims['nonce'] !== nonce) {
    throw refused(WHAT, 'nonce is not the one of this login');
  }
  if (nonce !== undefined) requireWhatWasAskedFor(claims, config.authorizeParams, now);
  return claims;
}

/** What we trust of what the tenant says it uses. */
function acceptedAlgorithms(token: string, metadata: Auth0Metadata): readonly string[] {
  const advertised = metadata.idTokenAlgorithms ?? SIGNING_ALGORITHMS;
  const accepted = SIGNING_ALGORITHMS.filter((name) => advertised.includes(name));
  if (accepted.length === 0 || usesSharedSecret(token)) {
    throw new Auth0Error('misconfigured', `${WHAT}: not signed with RS256 or PS256`, {
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
function requireAuthorizedParty(claims: VerifiedClaims, clientId: string): void {
  const azp = claims['azp'];
  const hasSeveralAudiences = Array.isArray(claims.aud) && claims.aud.length > 1;
  if (azp === undefined && !hasSeveralAudiences) return;
  if (azp !== clientId) throw refused(WHAT, 'azp is not this application');
}

/**
 * What the operator put into `authorizeParams` binds: a person can edit the address on its way to
 * Auth0, so the answer has to show that organization, second factor and age were kept.
 */
function requireWhatWasAskedFor(
  claims: VerifiedClaims,
  asked: Readonly<Record<string, string>>,
  now: number,
): void {
  const { organization, acr_values: acrValues, max_age: maxAge } = asked;
  if (organization !== undefined && !isInOrganization(claims, organization)) {
    throw refused(WHAT, 'org_id or org_name is not the configured organization');
  }
  if (acrValues !== undefined && !hasOneOf(claims, acrValues.split(' '))) {
    throw refused(WHAT, 'acr is none of the configured acr_values');
  }
  if (maxAge !== undefined && !isRecent(claims['auth_time'], Number(maxAge), now)) {
    throw refused(WHAT, 'auth_time is older than the configured max_age');
  }
}

/** An id begins with `org_`; a name is compared in lower case, as Auth0 stores it. */
export function isInOrganization(claims: VerifiedClaims, organization: string): boolean {
  if (organization.startsWith('org_')) return claims['org_id'] === organization;
  const name = claims['org_name'];
  return typeof name === 'string' && name.toLowerCase() === organization.toLowerCase();
}

function hasOneOf(claims: VerifiedClaims, acrValues: readonly string[]): boolean {
  const { acr, amr } = claims;
  if (typeof acr === 'string' && acrValues.includes(acr)) return true;
  return acrValues.includes(MULTI_FACTOR) && Array.isArray(amr) && amr.includes('mfa');
}

function isRecent(authTime: unknown, maxAgeSeconds: number, now: number): boolean {
  return typeof authTime === 'number' && now - authTime <= maxAgeSeconds + CLOCK_TOLERANCE_SECONDS;
}
