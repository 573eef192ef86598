/**
 * Public keys of clients that sign assertions: in the document, or at its `jwks_uri` (RFC 7517 §5, RFC 7591 §2), which is
 * fetched under the rules of the document itself.
 */
import { isJsonObject } from '../../oauth/json-object.js';
import type { Client } from '../client.js';
import { ClientMetadataError } from './client-metadata-error.js';
import { createDocumentCache, type OnLoadFailure } from './document-cache.js';
import { type DocumentFetch, MAX_KEY_SET_BYTES } from './document-fetch.js';

export interface ClientKeySet {
  readonly keys: readonly Record<string, unknown>[];
}

/**
 * A client's public keys.
 *
 * @param renewal `isRenewal` fetches again if the cached set is older than half a minute
 * @throws ClientMetadataError they cannot be fetched; `isTemporary` for an outage
 */
export type FindClientKeys = (
  client: Pick<Client, 'jwks' | 'jwksUri'>,
  renewal?: { readonly isRenewal: boolean },
) => Promise<ClientKeySet>;

/** RFC 7518 §6.2.2, §6.3.2 and §6.4.1: members of private and shared keys only. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** A client that rotates its keys publishes two or three. */
const MAX_KEYS = 10;

/** Members that are labels, and their maximum length in characters. */
const LABELS = { kid: 255, alg: 32, use: 32 } as const;

/** Bytes of a coordinate on P-256 and of an Ed25519 key (RFC 7518 §6.2.1.2). */
const COORDINATE_BYTES = 32;

/** RFC 7518 §3.3 sets the minimum; above the maximum, verification is slow. */
const RSA_BITS = { min: 2048, max: 4096 } as const;
/** A large exponent makes verification as slow as signing. */
const MAX_EXPONENT_BYTES = 4;

/** Key sets by `jwks_uri`, cached like documents. */
export function createClientKeys(
  fetchDocument: DocumentFetch['fetch'],
  onFailure: OnLoadFailure,
  now: () => number,
): FindClientKeys {
  const cache = createDocumentCache(
    async (url) => {
      const { body, ...caching } = await fetchDocument(url, MAX_KEY_SET_BYTES);
      return { value: parseKeySet(body), ...caching };
    },
    onFailure,
    now,
  );
  return async function findKeys({ jwks, jwksUri }, renewal) {
    if (jwks !== undefined) return jwks;
    if (jwksUri === undefined) throw invalid('no keys');
    return cache.find(jwksUri, renewal?.isRenewal);
  };
}

/**
 * The public keys of a set, with the members that verification needs only: what is cached or put into a client id has a
 * bounded size. Keys of unsupported kinds are left out (RFC 7517 §5), so the result may be empty.
 *
 * @throws ClientMetadataError `invalid_document`, also for a private or shared key, which is compromised by its
 *   publication
 */
export function parseKeySet(value: unknown, maxKeys: number = MAX_KEYS): ClientKeySet {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0)
    throw invalid('not a JWK Set with at least one key');
  if (keys.length > maxKeys) throw invalid(`the JWK Set contains more than ${maxKeys} keys`);
  if (!keys.every(isJsonObject))
    throw invalid('the JWK Set contains a key that is not a JSON object');
  const isSecret = (key: Record<string, unknown>): boolean =>
    key['kty'] === 'oct' || SECRET_MEMBERS.some((member) => Object.hasOwn(key, member));
  if (keys.some(isSecret)) throw invalid('the JWK Set contains a private or shared key');
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
      throw invalid(`${member} of a key is not a string of at most ${maxLength} characters`);
    }
    labels[member] = label;
  }
  return labels;
}

/** RFC 7517 §4.2 and §4.3. */
function isForVerifying({ use = 'sig', key_ops: operations }: Record<string, unknown>): boolean {
  return use === 'sig' && (!Array.isArray(operations) || operations.includes('verify'));
}

/** The members of the key itself; undefined for an unsupported kind of key. */
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
  throw invalid(`${member} of a key is not base64url`);
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
