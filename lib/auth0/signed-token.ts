/**
 * What ID tokens and access tokens of Auth0 have in common: an asymmetric signature by one of its
 * keys, the issuer, the audience, the times.
 *
 * Spec: RFC 7519 §7.2, RFC 8725 §3.1 (algorithms are ours to choose, not the token's).
 *
 * @module
 */
import { type JWTPayload, jwtVerify } from 'jose';

import { Auth0Error } from './auth0.js';
import type { SigningKeys } from './signing-keys.js';

/** Asymmetric algorithms Auth0 signs with: a key everybody can read never signs (HS256). */
export const SIGNING_ALGORITHMS: readonly string[] = ['RS256', 'PS256'];

/** How far Auth0's clock and ours may differ, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** Longest subject accepted, in characters (OpenID Connect Core 1.0 §2). */
const MAX_SUBJECT_CHARACTERS = 255;

/** Claims that were checked to be there. */
export type SignedClaims = JWTPayload & { readonly exp: number };

/** The claims of a token that names a person. */
export type VerifiedClaims = SignedClaims & { readonly sub: string };

/** What one kind of token has to satisfy. */
export interface SignedTokenRules {
  /** The kind of token, in words, for messages. */
  readonly what: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly keys: SigningKeys;
  /** Unix seconds. */
  readonly now: number;
}

/** A token that names a person. @throws Auth0Error as {@link verifySignature} does */
export async function verifySignedToken(
  token: string,
  rules: SignedTokenRules,
): Promise<VerifiedClaims> {
  const claims = await verifySignature(token, rules);
  const { sub } = claims;
  if (sub === undefined || sub === '' || sub.length > MAX_SUBJECT_CHARACTERS) {
    throw refused(rules.what, 'sub is missing, empty or too long');
  }
  return { ...claims, sub };
}

/** @throws Auth0Error `invalid_response`, or `unavailable` when the keys cannot be had */
export async function verifySignature(
  token: string,
  rules: SignedTokenRules,
): Promise<SignedClaims> {
  const claims = await verify(token, rules);
  const { exp, iat } = claims;
  if (exp === undefined) throw refused(rules.what, 'exp is missing');
  if (iat !== undefined && iat > rules.now + CLOCK_TOLERANCE_SECONDS) {
    throw refused(rules.what, "iat is in the future: compare this server's clock with real time");
  }
  return { ...claims, exp };
}

async function verify(token: string, rules: SignedTokenRules): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, rules.keys.find, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: [...rules.algorithms],
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(rules.now * 1000),
    });
    return payload;
  } catch (error) {
    if (error instanceof Auth0Error) throw error;
    // jose's error carries the claims, a person's data: only its sentence goes further.
    throw refused(rules.what, error instanceof Error ? error.message : 'not a JWT');
  }
}

/** The error for a token that does not verify. */
export function refused(what: string, reason: string): Auth0Error {
  return new Auth0Error('invalid_response', `${what} refused: ${reason}`);
}
