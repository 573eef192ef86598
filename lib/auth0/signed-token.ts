/** Verification of JWTs that Auth0 has signed (RFC 7519 §7.2). */
import { hash } from 'node:crypto';

import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';

import { Auth0Error } from './auth0.js';
import { type Auth0Metadata, type CachedDocument, createCachedDocument } from './discovery.js';
import type { Auth0Http } from './http.js';

/** RFC 8725 §3.1. Asymmetric only: a shared secret could sign as well as verify. */
export const SIGNING_ALGORITHMS: readonly string[] = ['RS256', 'PS256'];

/** Tolerated difference between the clocks of Auth0 and this server. */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** OpenID Connect Core 1.0 §2. */
const MAX_SUBJECT_CHARACTERS = 255;

export type SignedClaims = JWTPayload & { readonly exp: number };

/** The claims of a token that names a user. */
export type UserClaims = SignedClaims & { readonly sub: string };

export interface SignedTokenRules {
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

/** Ten minutes: after that a revoked key is no longer accepted. */
const FRESH_SECONDS = 10 * 60;

/** Keys in use are refreshed this long before they expire, so that no request waits. */
const RENEW_AHEAD_SECONDS = 2 * 60;

/** Minimum time between fetches for unknown values of `kid`. */
const COOLDOWN_SECONDS = 30;

/** Hash of a key set. */
export type KeySetId = string;

type Find = JWTVerifyGetKey;
type Key = Awaited<ReturnType<Find>>;

/**
 * Auth0's signing keys (RFC 7517 §5, OpenID Connect Core 1.0 §10.1.1). Auth0 publishes the next key before it is used,
 * so a rotation usually needs no extra fetch. During an outage the last keys stay in use.
 */
export interface SigningKeys {
  /** The key for a token header, with the key set it belongs to. @throws Auth0Error `unavailable` */
  find(...token: Parameters<Find>): Promise<{ readonly key: Key; readonly keySet: KeySetId }>;
  /** The current key set, unless it has to be fetched. */
  currentSet(): KeySetId | undefined;
  /** Fetches the keys. @throws Auth0Error */
  ready(): Promise<void>;
}

interface KeySet {
  readonly id: KeySetId;
  readonly find: Find;
  readonly loadedAt: number;
}

export function createSigningKeys(
  discovery: CachedDocument<Auth0Metadata>,
  http: Auth0Http,
  now: () => number,
): SigningKeys {
  async function fetchKeySet(): Promise<KeySet> {
    const { jwksUri } = await discovery.get();
    return { ...(await fetchKeys(http, jwksUri)), loadedAt: now() };
  }
  const keySets = createCachedDocument(fetchKeySet, now, FRESH_SECONDS, RENEW_AHEAD_SECONDS);

  return {
    async find(...token) {
      const keySet = await keySets.get();
      try {
        return { key: await keySet.find(...token), keySet: keySet.id };
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        if (Math.abs(now() - keySet.loadedAt) < COOLDOWN_SECONDS) throw error;
      }
      const renewed = await keySets.renew();
      return { key: await renewed.find(...token), keySet: renewed.id };
    },
    currentSet: () => keySets.cached()?.id,
    async ready() {
      await keySets.get();
    },
  };
}

async function fetchKeys(http: Auth0Http, url: string): Promise<Omit<KeySet, 'loadedAt'>> {
  const what = 'signing keys';
  const { status, body } = await http({ what, url, isRepeatable: true });
  if (status !== 200 || !Array.isArray(body?.['keys'])) {
    throw new Auth0Error(
      'unavailable',
      `${what}: ${url} responded with ${status} without a key set`,
    );
  }
  try {
    const find = createLocalJWKSet(body as unknown as JSONWebKeySet);
    return { id: hash('sha256', JSON.stringify(body['keys']), 'base64url'), find };
  } catch {
    throw new Auth0Error('unavailable', `${what}: ${url} returned a malformed key set`);
  }
}
