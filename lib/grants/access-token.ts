/** Access tokens of this server: ES256 JWTs for one resource (RFC 9068, RFC 8725). */
import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

import { CompactSign, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';

import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { MAX_OWN_TOKEN_LENGTH, requireToken } from '../oauth/bearer-token.js';
import { InvalidTokenError } from '../oauth/errors.js';
import { formatScope, parseScope } from '../oauth/scope.js';

export interface AccessTokenClaims {
  readonly grantId: string;
  readonly clientId: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface AccessTokens {
  sign(claims: AccessTokenClaims): Promise<string>;
  /** @throws InvalidTokenError for anything but an unexpired token of this issuer, for this resource */
  verify(token: string): Promise<AccessTokenClaims>;
  /** Of verified claims. */
  isExpired(claims: Pick<AccessTokenClaims, 'expiresAt'>): boolean;
  /** RFC 7517 §5, public keys only. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

const ALGORITHM = 'ES256';
/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';
/** Permitted clock difference between two instances. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** Random bytes that distinguish the tokens of one grant. */
const TOKEN_ID_BYTES = 9;
/** Of the HMAC in the header. */
const MAC_BYTES = 12;

/** @param materials keying material, see {@link signingKeyFrom}: the first signs, all verify */
export function createAccessTokens(
  materials: readonly KeyObject[],
  issuer: string,
  resource: string,
  now: () => number,
): AccessTokens {
  const keys = materials.map((material) => signingKeyFrom(material.export()));
  const known = new Map(keys.map((key) => [key.kid, key]));
  const [newest] = keys;
  if (newest === undefined) throw new RangeError('access tokens need at least one key');
  const { kid, privateKey, macKey } = newest;

  return {
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    async sign({ grantId, clientId, subject, scopes, issuedAt, expiresAt }) {
      const claims = {
        iss: issuer,
        sub: subject,
        aud: resource,
        iat: issuedAt,
        exp: expiresAt,
        // RFC 9068 §2.2: unique. It contains the grant's id, so that no further claim is needed.
        jti: `${grantId}.${randomBytes(TOKEN_ID_BYTES).toString('base64url')}`,
        client_id: clientId,
        scope: formatScope(scopes),
      };
      const payload = Buffer.from(JSON.stringify(claims));
      const tag = macOf(payload.toString('base64url'), macKey);
      return new CompactSign(payload)
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid, mac: tag })
        .sign(privateKey);
    },
    async verify(token) {
      requireToken(token, MAX_OWN_TOKEN_LENGTH);
      requireMac(token, known);
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => keyNamed(kid, known).publicKey, {
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
        if (error instanceof errors.JWTExpired) throw expired();
        if (!(error instanceof errors.JOSEError)) throw error;
        throw new InvalidTokenError('The access token is not valid for this server', {
          detail: error.message,
        });
      }
    },
    isExpired: ({ expiresAt }) => expiresAt + CLOCK_TOLERANCE_SECONDS <= now(),
  };
}

/**
 * Refuses a forged token by an HMAC of its payload, a tenth of the work of a signature: the flood of an attacker who has
 * no token of this server. Other servers verify the signature and ignore the member (RFC 7515 §4).
 *
 * @throws InvalidTokenError
 */
function requireMac(token: string, keys: ReadonlyMap<string, SigningKey>): void {
  const [, payload = ''] = token.split('.', 2);
  try {
    const { kid, mac: sent } = decodeProtectedHeader(token);
    const expected = macOf(payload, keyNamed(kid, keys).macKey);
    if (equalInConstantTime(Buffer.from(expected), Buffer.from(String(sent)))) return;
  } catch {
    // The header cannot be decoded, or names no key of this server.
  }
  throw new InvalidTokenError('The access token is not valid for this server', {
    detail: 'this server did not issue it, or issued it with another jwtSigningKey',
  });
}

/** @param payload as it is encoded in the token */
function macOf(payload: string, key: KeyObject): string {
  return mac(key, payload).subarray(0, MAC_BYTES).toString('base64url');
}

/** Only this server's keys, by `kid`: `jwk`, `jku` and `x5u` in the header are never used. */
function keyNamed(kid: string | undefined, keys: ReadonlyMap<string, SigningKey>): SigningKey {
  const key = keys.get(kid ?? '');
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key;
}

/** RFC 9068 §2.2: the claims that jose does not check. */
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

function expired(): InvalidTokenError {
  return new InvalidTokenError('The access token has expired');
}

/** Order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** For the private key: 64 bits more than the order has, so that the remainder is not biased. */
const SCALAR_BYTES = 40;

/** Bytes of keying material: for the private key, and 32 for the HMAC. */
export const SIGNING_KEY_MATERIAL_BYTES: number = SCALAR_BYTES + 32;

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** For the HMAC in the header. */
  readonly macKey: KeyObject;
  /** RFC 7517, public members only. */
  readonly jwk: Readonly<Record<string, string>>;
}

/**
 * The ES256 key pair for keying material derived from a configured secret: every instance with the same secret has
 * the same key pair, and none is distributed or stored (FIPS 186-5 §A.2.1, RFC 7518 §3.4).
 *
 * @throws RangeError material of another length
 */
export function signingKeyFrom(material: Uint8Array): SigningKey {
  const bytes = Buffer.from(material);
  if (bytes.length !== SIGNING_KEY_MATERIAL_BYTES) {
    throw new RangeError(`a signing key needs ${SIGNING_KEY_MATERIAL_BYTES} bytes of material`);
  }
  const number = BigInt(`0x${bytes.subarray(0, SCALAR_BYTES).toString('hex')}`);
  const scalar = (number % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  const members = { crv: 'P-256', kty: 'EC', x, y };
  const privateKey = createPrivateKey({
    key: { ...members, d: d.toString('base64url') },
    format: 'jwk',
  });
  // RFC 7638 §3: the required members in lexical order.
  const kid = createHash('sha256').update(JSON.stringify(members)).digest('base64url');
  return {
    kid,
    privateKey,
    publicKey: createPublicKey(privateKey),
    macKey: createSecretKey(bytes.subarray(SCALAR_BYTES)),
    jwk: { ...members, alg: ALGORITHM, use: 'sig', kid },
  };
}
