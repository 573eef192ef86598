/** Verification of JWTs that Auth0 has signed (RFC 7519 §7.2). */
import {
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';

import { Auth0Error } from './auth0.js';
import type { SigningKeys } from './signing-keys.js';

/** RFC 8725 §3.1. Asymmetric only: a shared secret could sign as well as verify. */
export const SIGNING_ALGORITHMS: readonly string[] = ['RS256', 'PS256'];

/** Tolerated difference between the clocks of Auth0 and this server. */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** OpenID Connect Core 1.0 §2. */
const MAX_SUBJECT_CHARACTERS = 255;

type SignedClaims = JWTPayload & { readonly exp: number };

/** The claims of a token that names a user. */
export type UserClaims = SignedClaims & { readonly sub: string };

interface SignedTokenRules {
  /** The kind of token, for messages. */
  readonly what: string;
  readonly issuer: string;
  /** Undefined if the caller checks the audience. */
  readonly audience?: string;
  /** Default: {@link SIGNING_ALGORITHMS}. */
  readonly algorithms?: readonly string[];
  readonly keys: Pick<SigningKeys, 'find'>;
  /** Unix seconds. */
  readonly now: number;
}

/** The token has expired, and is valid otherwise. */
export class TokenExpiredError extends Auth0Error {
  constructor(what: string) {
    super('invalid_response', `${what} refused: it has expired`);
  }
}

/**
 * Verifies signature, issuer, audience and times.
 *
 * @throws Auth0Error `invalid_response`, or `unavailable` if the keys cannot be fetched
 */
export async function verifySignedToken(
  token: string,
  rules: SignedTokenRules,
): Promise<SignedClaims> {
  const { what, issuer, audience, algorithms = SIGNING_ALGORITHMS, keys, now } = rules;
  const claims = await verifyJwt(token, what, keys, {
    ...(audience !== undefined && { audience }),
    issuer,
    algorithms: [...algorithms],
    requiredClaims: ['exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now * 1000),
  });
  const { exp, iat } = claims;
  if (exp === undefined) throw rejected(what, 'exp is missing');
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) {
    throw rejected(what, "iat is in the future: compare this server's clock with real time");
  }
  return { ...claims, exp };
}

async function verifyJwt(
  token: string,
  what: string,
  keys: Pick<SigningKeys, 'find'>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    const find: JWTVerifyGetKey = async (...header) => (await keys.find(...header)).key;
    return (await jwtVerify(token, find, options)).payload;
  } catch (error) {
    if (error instanceof Auth0Error) throw error;
    if (error instanceof errors.JWTExpired) throw new TokenExpiredError(what);
    // jose's error contains the claims, which are personal data: only its message is used.
    throw rejected(what, error instanceof Error ? error.message : 'not a JWT');
  }
}

/** @throws Auth0Error `invalid_response` */
export function requireSubject(claims: SignedClaims, what: string): UserClaims {
  const { sub } = claims;
  if (sub === undefined || sub === '' || sub.length > MAX_SUBJECT_CHARACTERS) {
    throw rejected(what, 'sub is missing, empty or too long');
  }
  return { ...claims, sub };
}

/** The error for a token that does not verify. */
export function rejected(what: string, reason: string): Auth0Error {
  return new Auth0Error('invalid_response', `${what} refused: ${reason}`);
}
