/** Our access tokens: ES256 JWTs for one resource (RFC 9068, RFC 8725). */
import { randomBytes } from 'node:crypto';

import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';

import { MAX_OWN_TOKEN_LENGTH, requireToken } from '../oauth/bearer-token.js';
import { InvalidTokenError } from '../oauth/errors.js';
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

/** Signs and verifies access tokens of one issuer for one resource. */
export interface AccessTokens {
  sign(claims: AccessTokenClaims): Promise<string>;
  /** @throws InvalidTokenError for anything but an unexpired token of this issuer, for this resource */
  verify(token: string): Promise<AccessTokenClaims>;
  /** @throws InvalidTokenError the token of verified claims has expired since */
  requireUnexpired(claims: Pick<AccessTokenClaims, 'expiresAt'>): void;
  /** RFC 7517 §5, public keys only. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

interface AccessTokenSettings {
  /** Keying material, see {@link signingKeyFrom}: the first signs, all verify. */
  readonly materials: readonly Uint8Array[];
  readonly issuer: string;
  readonly resource: string;
  readonly now: () => number;
}

const ALGORITHM = 'ES256';
/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';
/** Clocks of two instances may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Bytes of randomness that distinguish the tokens of one grant. */
const TOKEN_ID_BYTES = 9;

export function createAccessTokens({
  materials,
  issuer,
  resource,
  now,
}: AccessTokenSettings): AccessTokens {
  const keys = materials.map(signingKeyFrom);
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('access tokens need at least one key');
  const { kid, privateKey } = newest;

  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    sign: ({ grantId, clientId, subject, scopes, issuedAt, expiresAt }) =>
      new SignJWT({ client_id: clientId, scope: formatScope(scopes) })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(resource)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        // Unique as RFC 9068 §2.2 requires, and names the grant, so that no further claim has to.
        .setJti(`${grantId}.${randomBytes(TOKEN_ID_BYTES).toString('base64url')}`)
        .sign(privateKey),
    async verify(token) {
      requireToken(token, MAX_OWN_TOKEN_LENGTH);
      try {
        const { payload } = await jwtVerify(token, (header) => keyNamed(header.kid, byKid), {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer,
          audience: resource,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: new Date(now() * 1000),
          requiredClaims: ['iat', 'exp'],
        });
        return claimsOf(payload);
      } catch (error) {
        throw invalid(error);
      }
    },
    requireUnexpired({ expiresAt }) {
      if (expiresAt + CLOCK_TOLERANCE_SECONDS <= now()) throw expired();
    },
  };
}

/** Only our own keys, by name: `jwk`, `jku` and `x5u` in the header are never used. */
function keyNamed(kid: string | undefined, keys: ReadonlyMap<string, SigningKey>) {
  const key = kid === undefined ? undefined : keys.get(kid);
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key.publicKey;
}

/** RFC 9068 §2.2: what jose leaves to the profile. */
function claimsOf({ sub, client_id, scope, jti, iat, exp }: JWTPayload): AccessTokenClaims {
  for (const text of [sub, client_id, scope, jti]) {
    if (typeof text !== 'string') throw new errors.JWTInvalid('a claim of RFC 9068 is missing');
  }
  return {
    grantId: String(jti).replace(/\..*/, ''),
    clientId: String(client_id),
    subject: String(sub),
    scopes: parseScope(String(scope)),
    issuedAt: Number(iat),
    expiresAt: Number(exp),
  };
}

function invalid(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return expired();
  if (!(error instanceof errors.JOSEError)) return error;
  return new InvalidTokenError('The access token is not valid here', { detail: error.message });
}

function expired(): InvalidTokenError {
  return new InvalidTokenError('The access token has expired');
}
