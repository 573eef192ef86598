/**
 * What ID tokens and access tokens of Auth0 have in common: an asymmetric signature by one of its
 * keys, the issuer, the audience, the times.
 *
 * Spec: RFC 7519 §7.2, RFC 8725 §3.1 (algorithms are ours to choose, not the token's).
 *
 * @module
 */
import { errors, type JWTPayload, jwtVerify } from 'jose';

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

/** What a token of this tenant has to satisfy, whoever it is for. */
export interface IssuedTokenRules {
  /** The kind of token, in words, for messages. */
  readonly what: string;
  readonly issuer: string;
  readonly algorithms: readonly string[];
  readonly keys: Pick<SigningKeys, 'find'>;
  /** Unix seconds. */
  readonly now: number;
}

/** What one kind of token has to satisfy. */
export interface SignedTokenRules extends IssuedTokenRules {
  readonly audience: string;
}

/** Its time is over, and nothing else was found wrong with it. */
export class TokenExpiredError extends Auth0Error {
  constructor(what: string) {
    super('invalid_response', `${what} refused: it has expired`);
  }
}

/** A token that names a person. @throws Auth0Error as {@link verifySignature} does */
export async function verifySignedToken(
  token: string,
  rules: SignedTokenRules,
): Promise<VerifiedClaims> {
  return requireSubject(await verifySignature(token, rules), rules.what);
}

/** @throws Auth0Error `invalid_response`, or `unavailable` when the keys cannot be had */
export async function verifySignature(
  token: string,
  rules: SignedTokenRules,
): Promise<SignedClaims> {
  return await verify(token, rules, { audience: rules.audience });
}

/**
 * Signature, issuer and times, and nothing of the audience: that is left to the caller.
 *
 * @throws Auth0Error as {@link verifySignature} does
 */
export async function verifyIssued(token: string, rules: IssuedTokenRules): Promise<SignedClaims> {
  return await verify(token, rules, {});
}

/** @throws Auth0Error `invalid_response` */
export function requireSubject(claims: SignedClaims, what: string): VerifiedClaims {
  const { sub } = claims;
  if (sub === undefined || sub === '' || sub.length > MAX_SUBJECT_CHARACTERS) {
    throw refused(what, 'sub is missing, empty or too long');
  }
  return { ...claims, sub };
}

async function verify(
  token: string,
  rules: IssuedTokenRules,
  further: { readonly audience?: string },
): Promise<SignedClaims> {
  const claims = await verifyJwt(token, rules, further);
  const { exp, iat } = claims;
  if (exp === undefined) throw refused(rules.what, 'exp is missing');
  if (iat !== undefined && iat > rules.now + CLOCK_TOLERANCE_SECONDS) {
    throw refused(rules.what, "iat is in the future: compare this server's clock with real time");
  }
  return { ...claims, exp };
}

async function verifyJwt(
  token: string,
  rules: IssuedTokenRules,
  further: { readonly audience?: string },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, rules.keys.find, {
      ...further,
      issuer: rules.issuer,
      algorithms: [...rules.algorithms],
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(rules.now * 1000),
    });
    return payload;
  } catch (error) {
    if (error instanceof Auth0Error) throw error;
    if (error instanceof errors.JWTExpired) throw new TokenExpiredError(rules.what);
    // jose's error carries the claims, a person's data: only its sentence goes further.
    throw refused(rules.what, error instanceof Error ? error.message : 'not a JWT');
  }
}

/** The error for a token that does not verify. */
export function refused(what: string, reason: string): Auth0Error {
  return new Auth0Error('invalid_response', `${what} refused: ${reason}`);
}
