/**
 * The ES256 keys for access tokens, derived from the configured secrets.
 *
 * Every instance with the same secret has the same key pair: nothing to distribute or to store.
 *
 * Spec: RFC 7518 §3.4 (ES256), FIPS 186-5 §A.2.1 (a scalar from extra random bits), RFC 7638 (kid).
 *
 * @module
 */
import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
} from 'node:crypto';

/** Order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Bytes of keying material: 64 bits more than the order has, so that the remainder is not biased. */
export const SIGNING_KEY_MATERIAL_BYTES = 40;

/** A key pair with its name. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** RFC 7517, public members only. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** The key pair for one piece of keying material. */
export function signingKeyFrom(material: Uint8Array): SigningKey {
  const scalar = (BigInt(`0x${Buffer.from(material).toString('hex')}`) % (ORDER - 1n)) + 1n;
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
    jwk: { ...members, alg: 'ES256', use: 'sig', kid },
  };
}
