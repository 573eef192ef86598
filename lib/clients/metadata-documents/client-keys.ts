/**
 * The public keys a client signs its assertions with: in its document, or at its `jwks_uri`.
 *
 * Spec: RFC 7517 §5 (JWK Set), RFC 7591 §2 (`jwks`, `jwks_uri`). Fetched under the same rules as the
 * document itself.
 *
 * @module
 */
import { isJsonObject } from '../../oauth/json-object.js';
import type { Client } from '../client.js';
import { ClientMetadataError } from './client-metadata-error.js';
import { createDocumentCache, type OnLoadFailure } from './document-cache.js';
import { type DocumentFetch, MAX_KEY_SET_BYTES } from './document-fetch.js';

/** A JWK Set of public keys. */
export interface ClientKeySet {
  readonly keys: readonly Record<string, unknown>[];
}

/**
 * A client's public keys.
 *
 * @param renewal `isRenewal` asks the host again if the cached set is not brand new
 * @throws ClientMetadataError when they cannot be had; `isTemporary` for an outage
 */
export type FindClientKeys = (
  client: Pick<Client, 'jwks' | 'jwksUri'>,
  renewal?: { readonly isRenewal: boolean },
) => Promise<ClientKeySet>;

/** RFC 7518 §6.2.2, §6.3.2 and §6.4.1: the members that only a private or shared key has. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** Keys in one set: a client that rotates its keys publishes two or three. */
const MAX_KEYS = 10;

/** Members that are labels, and their length in characters. */
const LABELS = { kid: 255, alg: 32, use: 32 } as const;

/** Bytes of a coordinate on P-256 and of an Ed25519 key (RFC 7518 §6.2.1.2). */
const COORDINATE_BYTES = 32;

/** RFC 7518 §3.3 has the minimum; above the maximum a signature takes long to verify. */
const RSA_BITS = { min: 2048, max: 4096 } as const;
/** A large exponent makes each verification as slow as a signature. */
const MAX_EXPONENT_BYTES = 4;

/** Key sets by `jwks_uri`, cached and bounded like documents. */
export function createClientKeys(
  documents: Pick<DocumentFetch, 'fetch'>,
  now: () => number,
  onFailure: OnLoadFailure,
): FindClientKeys {
  const cache = createDocumentCache<ClientKeySet>({
    now,
    onFailure,
    async load(url) {
      const { body, caching } = await documents.fetch(url, MAX_KEY_SET_BYTES);
      return { value: parseKeySet(body), caching };
    },
  });
  return async function clientKeys({ jwks, jwksUri }, renewal) {
    if (jwks !== undefined) return jwks;
    if (jwksUri === undefined) throw new ClientMetadataError('invalid_document', 'no keys');
    return cache.find(jwksUri, renewal?.isRenewal);
  };
}

/**
 * The public keys of a set, with no members but those that verifying needs: what is cached or put into a
 * client id has a bounded size, whatever the client sent. Keys of kinds that are not supported here are left out
 * (RFC 7517 §5), so that there may be none.
 *
 * @throws ClientMetadataError `invalid_document`, also for a private or shared key: a client that publishes
 *   one has lost it
 */
export function parseKeySet(value: unknown): ClientKeySet {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw invalid('no JWK Set with at least one key');
  if (keys.length > MAX_KEYS) throw invalid(`the JWK Set holds more than ${MAX_KEYS} keys`);
  if (!keys.every(isJsonObject)) throw invalid('the JWK Set holds a key that is no JSON object');
  const isSecret = (key: Record<string, unknown>): boolean =>
    key['kty'] === 'oct' || SECRET_MEMBERS.some((member) => Object.hasOwn(key, member));
  if (keys.some(isSecret)) throw invalid('the JWK Set holds a private or shared key');
  const usable = keys.flatMap((key) => {
    const labels = labelsOf(key);
    const material = isForVerifying(key) ? materialOf(key) : undefined;
    return material === undefined ? [] : [{ ...material, ...labels }];
  });
  return { keys: withoutDuplicates(usable) };
}

function labelsOf(key: Readonly<Record<string, unknown>>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [member, maxLength] of Object.entries(LABELS)) {
    const label = key[member];
    if (label === undefined) continue;
    if (typeof label !== 'string' || label.length > maxLength) {
      throw invalid(`${member} of a key is no text of at most ${maxLength} characters`);
    }
    labels[member] = label;
  }
  return labels;
}

/** RFC 7517 §4.2 and §4.3. */
function isForVerifying({ use = 'sig', key_ops: operations }: Record<string, unknown>): boolean {
  return use === 'sig' && (!Array.isArray(operations) || operations.includes('verify'));
}

/** The members that make up the key; undefined for a kind of key that is not supported. */
function materialOf(key: Readonly<Record<string, unknown>>): Record<string, string> | undefined {
  const { kty, crv } = key;
  if (kty === 'EC' && crv === 'P-256') {
    return { kty, crv, x: coordinate(key, 'x'), y: coordinate(key, 'y') };
  }
  if (kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x: coordinate(key, 'x') };
  if (kty !== 'RSA') return undefined;
  const n = base64url(key, 'n');
  const e = base64url(key, 'e');
  const bits = bitLength(Buffer.from(n, 'base64url'));
  const isSupported = bits >= RSA_BITS.min && bits <= RSA_BITS.max;
  return isSupported && Buffer.byteLength(e, 'base64url') <= MAX_EXPONENT_BYTES
    ? { kty, n, e }
    : undefined;
}

function coordinate(key: Readonly<Record<string, unknown>>, member: string): string {
  const text = base64url(key, member);
  if (Buffer.byteLength(text, 'base64url') === COORDINATE_BYTES) return text;
  throw invalid(`${member} of a key is not ${COORDINATE_BYTES} bytes`);
}

function base64url(key: Readonly<Record<string, unknown>>, member: string): string {
  const text = key[member];
  if (typeof text === 'string' && /^[A-Za-z0-9_-]+$/.test(text)) return text;
  throw invalid(`${member} of a key is no base64url`);
}

/** RFC 7518 §2: a number has no leading zero byte, though some libraries write one. */
function bitLength(bytes: Uint8Array): number {
  const significant = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return significant.length * 8 - (Math.clz32(significant[0] ?? 0) - 24);
}

function withoutDuplicates<T>(keys: readonly T[]): T[] {
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}

function invalid(detail: string): ClientMetadataError {
  return new ClientMetadataError('invalid_document', detail);
}
