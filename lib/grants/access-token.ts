/**
 * Our access tokens: signed JWTs for one resource.
 *
 * A verified token is remembered under its hash, since a signature check costs as much as a whole
 * Express request. What is remembered are the claims of a token that was genuine: whether its
 * grant still lives is asked each time.
 *
 * Spec: RFC 9068 (profile), RFC 7519, RFC 8725 (best practices).
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';

import { InvalidToken } from '../oauth/errors.js';
import { formatScope, parseScope } from '../oauth/scope.js';
import { type SigningKey, signingKeyFrom } from './signing-key.js';

/** What an access token says. */
export interface AccessTokenClaims {
  readonly grantId: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Makes and checks access tokens of one issuer for one resource. */
export interface AccessTokens {
  sign(claims: AccessTokenClaims): Promise<string>;
  /** @throws InvalidToken for anything but an unexpired token of ours, for this resource */
  verify(token: string): Promise<AccessTokenClaims>;
  /** RFC 7517 §5, public keys only. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

interface AccessTokensDeps {
  /** Keying material, see {@link signingKeyFrom}: first signs, all verify. */
  readonly materials: readonly Uint8Array[];
  readonly issuer: string;
  readonly resource: string;
  readonly now: () => number;
}

/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';
const ALGORITHM = 'ES256';
/** Clocks of two instances may differ by this much (R-RS-6). */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Verified tokens remembered: about 5 MB at most. */
const MAX_VERIFIED = 10_000;

export function createAccessTokens(deps: AccessTokensDeps): AccessTokens {
  const keys = deps.materials.map(signingKeyFrom);
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('access tokens need at least one key');
  const verified = new LRUCache<string, AccessTokenClaims>({ max: MAX_VERIFIED });
  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    sign: (claims) => sign(claims, newest, deps),
    async verify(token) {
      const hash = createHash('sha256').update(token).digest('base64url');
      const known = verified.get(hash);
      const claims = known ?? (await verify(token, byKid, deps));
      if (claims.expiresAt + CLOCK_TOLERANCE_SECONDS <= deps.now()) {
        throw new InvalidToken('The access token has expired');
      }
      if (known === undefined) verified.set(hash, claims);
      return claims;
    },
  };
}

function sign(
  claims: AccessTokenClaims,
  { kid, privateKey }: SigningKey,
  { issuer, resource }: AccessTokensDeps,
): Promise<string> {
  return (
    new SignJWT({ client_id: claims.clientId, scope: formatScope(claims.scopes) })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
      .setIssuer(issuer)
      .setSubject(claims.subject)
      .setAudience(resource)
      .setIssuedAt(claims.issuedAt)
      .setExpirationTime(claims.expiresAt)
      // Unique as RFC 9068 §2.2 wants it, and names the grant, so that no further claim has to.
      .setJti(`${claims.grantId}.${randomBytes(9).toString('base64url')}`)
      .sign(privateKey)
  );
}

async function verify(
  token: string,
  keys: ReadonlyMap<string, SigningKey>,
  { issuer, resource, now }: AccessTokensDeps,
): Promise<AccessTokenClaims> {
  try {
    const { payload } = await jwtVerify(
      token,
      // Only our own keys, by name: `jwk`, `jku` and `x5u` in the header are never looked at.
      ({ kid }) => {
        const key = keys.get(kid ?? '');
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key.publicKey;
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer,
        audience: resource,
        requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti', 'scope'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now() * 1000),
      },
    );
    return {
      grantId: String(payload.jti).split('.')[0] ?? '',
      clientId: String(payload.client_id),
      subject: String(payload.sub),
      scopes: parseScope(String(payload.scope)),
      issuedAt: Number(payload.iat),
      expiresAt: Number(payload.exp),
    };
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      throw new InvalidToken('The access token has expired', { cause: error });
    }
    const detail = error instanceof Error ? error.message : undefined;
    throw new InvalidToken('The access token is not valid here', { detail, cause: error });
  }
}
