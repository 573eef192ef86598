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
import { hash } from 'node:crypto';

import { createIds } from '../config/random-ids.js';
import { MAX_OWN_TOKEN_LENGTH, refuseLonger, requireToken } from '../oauth/bearer-token.js';
import { InvalidToken } from '../oauth/errors.js';
import { formatScope, parseScope } from '../oauth/scope.js';
import { boundedMap } from '../storage/bounded-map.js';
import { type JwtReading, readJwt, writeJwt } from './own-jwt.js';
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
  /** As {@link verify}, at once: for the check in front of every request. */
  verifyAtOnce(token: string): AccessTokenClaims;
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
/** Clocks of two instances may differ by this much (R-RS-6). */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Verified tokens remembered: about 5 MB at most. */
const MAX_VERIFIED = 10_000;
/** Of randomness, to tell the tokens of one grant apart. */
const TOKEN_ID_BYTES = 9;

export function createAccessTokens(deps: AccessTokensDeps): AccessTokens {
  const keys = deps.materials.map(signingKeyFrom);
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('access tokens need at least one key');
  const verified = boundedMap<AccessTokenClaims>(MAX_VERIFIED);
  const newId = createIds(TOKEN_ID_BYTES);

  function verifyAtOnce(token: string): AccessTokenClaims {
    refuseLonger(token, MAX_OWN_TOKEN_LENGTH);
    const name = hash('sha256', token, 'base64url');
    const known = verified.get(name);
    if (known === undefined) requireToken(token, MAX_OWN_TOKEN_LENGTH);
    const claims = known ?? verify(token, byKid, deps);
    if (claims.expiresAt + CLOCK_TOLERANCE_SECONDS <= deps.now()) throw expired();
    if (known === undefined) verified.set(name, claims);
    return claims;
  }

  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    sign: async (claims) => sign({ ...claims, id: newId() }, newest, deps),
    verify: async (token) => verifyAtOnce(token),
    verifyAtOnce,
  };
}

function sign(
  claims: AccessTokenClaims & { readonly id: string },
  key: SigningKey,
  { issuer, resource }: AccessTokensDeps,
): string {
  return writeJwt(
    TYPE,
    {
      iss: issuer,
      sub: claims.subject,
      aud: resource,
      client_id: claims.clientId,
      scope: formatScope(claims.scopes),
      iat: claims.issuedAt,
      exp: claims.expiresAt,
      // Unique as RFC 9068 §2.2 wants it, and names the grant, so that no further claim has to.
      jti: `${claims.grantId}.${claims.id}`,
    },
    key,
  );
}

function verify(
  token: string,
  keys: ReadonlyMap<string, SigningKey>,
  deps: AccessTokensDeps,
): AccessTokenClaims {
  const claims = claimsOf(readJwt(token, TYPE, keys), deps);
  if (typeof claims !== 'string') return claims;
  throw new InvalidToken('The access token is not valid here', { detail: claims });
}

/** RFC 9068 §4: the claims, or what is wrong with them. */
function claimsOf(reading: JwtReading, { issuer, resource, now }: AccessTokensDeps) {
  if (!('payload' in reading)) return reading.problem;
  const { iss, aud, sub, client_id, scope, jti, iat, exp, nbf } = reading.payload;
  if (iss !== issuer) return 'it is of another issuer';
  if (!(Array.isArray(aud) ? aud : [aud]).includes(resource)) return 'it is for another resource';
  for (const text of [sub, client_id, scope, jti]) {
    if (typeof text !== 'string') return 'it lacks a claim';
  }
  for (const time of [iat, exp, nbf ?? 0]) {
    if (typeof time !== 'number') return 'it lacks a time';
  }
  if (Number(nbf ?? 0) > now() + CLOCK_TOLERANCE_SECONDS) return 'it is not valid yet';
  return {
    grantId: String(jti).replace(/\..*/, ''),
    clientId: String(client_id),
    subject: String(sub),
    scopes: parseScope(String(scope)),
    issuedAt: Number(iat),
    expiresAt: Number(exp),
  };
}

function expired(): InvalidToken {
  return new InvalidToken('The access token has expired');
}
