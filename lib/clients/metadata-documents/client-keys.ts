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
 * A set of public keys.
 *
 * @throws ClientMetadataError `invalid_document`, also for a private or shared key: whoever publishes
 *   one has lost it
 */
export function parseKeySet(value: unknown): ClientKeySet {
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isJsonObject)) {
    throw new ClientMetadataError('invalid_document', 'no JWK Set with at least one key');
  }
  const isSecret = (key: Record<string, unknown>): boolean =>
    key['kty'] === 'oct' || SECRET_MEMBERS.some((member) => Object.hasOwn(key, member));
  if (keys.some(isSecret)) {
    throw new ClientMetadataError('invalid_document', 'the JWK Set holds a private or shared key');
  }
  return { keys };
}
