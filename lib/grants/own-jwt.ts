/**
 * Compact JWTs under our own ES256 keys: written, and read strictly.
 *
 * With `node:crypto` and at once, where a library that suits every key and runtime has to go through
 * WebCrypto's threads: a signature costs a quarter of that here, a check less than half.
 *
 * Spec: RFC 7515 §3.1 and §5.2 (compact form, validation), RFC 7518 §3.4 (ES256), RFC 8725 §3.1.
 *
 * @module
 */
import { sign, verify } from 'node:crypto';

import { jsonObjectIn } from '../oauth/json-object.js';
import type { SigningKey } from './signing-key.js';

const ALGORITHM = 'ES256';
const HASH = 'sha256';
/** RFC 7518 §3.4: R and S, one after the other. */
const DSA_ENCODING = 'ieee-p1363';
/** 64 bytes in base64url. */
const SIGNATURE_LENGTH = 86;

/** A genuine token's payload, and why one is not genuine otherwise. */
export type JwtReading =
  | { readonly payload: Readonly<Record<string, unknown>> }
  | { readonly problem: string };

/** Signs `payload` under `key`, which the header names. */
export function writeJwt(type: string, payload: object, { kid, privateKey }: SigningKey): string {
  const text = `${encode({ alg: ALGORITHM, typ: type, kid })}.${encode(payload)}`;
  const signature = sign(HASH, Buffer.from(text), { key: privateKey, dsaEncoding: DSA_ENCODING });
  return `${text}.${signature.toString('base64url')}`;
}

/**
 * Reads a token of one type under one of our keys. Only the payload of a genuine one is parsed, so
 * nothing a stranger wrote is looked at beyond the header.
 */
export function readJwt(
  token: string,
  type: string,
  keys: ReadonlyMap<string, SigningKey>,
): JwtReading {
  // Text split at something has one part at least.
  const parts = token.split('.', 4) as [string, ...string[]];
  const [header, payload = '', signature = '', ...more] = parts;
  if (more.length > 0 || signature.length !== SIGNATURE_LENGTH)
    return { problem: 'no JWT of ours' };
  const key = keyNamedBy(parseObject(header), type, keys);
  if (key === undefined) return { problem: 'its header is not one of ours' };
  const bytes = Buffer.from(signature, 'base64url');
  // One text per signature: the decoder passes over foreign characters and spare bits.
  if (bytes.toString('base64url') !== signature) return { problem: 'its signature is misspelt' };
  const text = Buffer.from(`${header}.${payload}`);
  const publicKey = { key: key.publicKey, dsaEncoding: DSA_ENCODING } as const;
  if (!verify(HASH, text, publicKey, bytes)) return { problem: 'its signature is wrong' };
  const claims = parseObject(payload);
  return claims === undefined ? { problem: 'its payload is no object' } : { payload: claims };
}

/**
 * Only our own keys, by name: `jwk`, `jku` and `x5u` in the header are never looked at. RFC 7515
 * §4.1.11: an extension that has to be understood is one that is not understood here.
 */
function keyNamedBy(
  header: Readonly<Record<string, unknown>> | undefined,
  type: string,
  keys: ReadonlyMap<string, SigningKey>,
): SigningKey | undefined {
  if (header === undefined || header.alg !== ALGORITHM || 'crit' in header) return undefined;
  const { typ, kid } = header;
  if (typeof typ !== 'string' || typeof kid !== 'string') return undefined;
  // RFC 7515 §4.1.9: "application/" may be left out.
  const isOfType = typ.toLowerCase().replace(/^application\//, '') === type;
  return isOfType ? keys.get(kid) : undefined;
}

function parseObject(part: string): Readonly<Record<string, unknown>> | undefined {
  return jsonObjectIn(Buffer.from(part, 'base64url').toString('utf8'));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
