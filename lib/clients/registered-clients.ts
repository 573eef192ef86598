/**
 * Dynamically registered clients (RFC 7591 §3), without storage: the client id contains the registration, and the secret
 * of a confidential client is derived from it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { equalInConstantTime, type KeyRing, mac } from '../keys/key-ring.js';
import type { ClientMetadata } from '../oauth/client-metadata.js';
import { InvalidClientMetadataError } from '../oauth/errors.js';
import type { ClientInformation } from '../oauth/registration-response.js';
import { type Client, SECRET_METHODS } from './client.js';
import { decodeClientId, type EncodedRegistration, encodeClientId } from './client-id-codec.js';
import { parseKeySet } from './metadata-documents/client-keys.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';

/** Decoded ids in memory: at most 8 kB each. */
const MAX_CACHED = 500;

export interface RegisteredClients {
  /** @throws InvalidClientMetadataError keys that cannot be used, or an id of more than 2 kB */
  register(metadata: ClientMetadata, issuedAt: number): ClientInformation;
  find(clientId: string): Client | undefined;
  /** Whether this is the secret that was issued with the id; compared in constant time. */
  isSecretOf(clientId: string, secret: string): boolean;
}

/**
 * @param issuer ids and secrets are valid at this issuer only, even where servers share their keys
 * @param checkUrl validates a `jwks_uri`; undefined: nothing is fetched for a client
 */
export function createRegisteredClients(
  keys: KeyRing,
  issuer: string,
  checkUrl: ((url: string) => unknown) | undefined,
): RegisteredClients {
  const ofIssuer = (key: KeyObject): KeyObject => createSecretKey(mac(key, issuer));
  const idKeys = keys.derive('client-id').map(ofIssuer);
  const secretKeys = keys.derive('client-secret').map(ofIssuer);
  const [newestIdKey, newestSecretKey] = [idKeys[0], secretKeys[0]];
  if (newestIdKey === undefined || newestSecretKey === undefined) throw new RangeError('no keys');
  // Genuine ids only: forged ones take no memory.
  const cached = new LRUCache<string, Client>({ max: MAX_CACHED });
  return {
    register(metadata, issuedAt) {
      const publicKeys = usableKeys(metadata, checkUrl);
      const clientId = encodeClientId({ ...metadata, ...publicKeys, issuedAt }, newestIdKey);
      if (clientId === undefined) {
        throw new InvalidClientMetadataError(
          'The registration is too large: send fewer or shorter URIs, or jwks_uri for jwks',
        );
      }
      const hasSecret = metadata.authMethod.startsWith('client_secret_');
      const clientSecret = hasSecret ? secretFor(clientId, newestSecretKey) : undefined;
      return { clientId, clientSecret, issuedAt, ...publicKeys };
    },
    find(clientId) {
      const known = cached.get(clientId);
      if (known !== undefined) return known;
      const registration = decodeClientId(clientId, idKeys);
      if (registration === undefined) return undefined;
      if (registration.jwksUri !== undefined && checkUrl === undefined) return undefined;
      const client = clientFrom(clientId, registration);
      cached.set(clientId, client);
      return client;
    },
    isSecretOf(clientId, secret) {
      const sent = Buffer.from(secret);
      return secretKeys.some((key) =>
        equalInConstantTime(Buffer.from(secretFor(clientId, key)), sent),
      );
    },
  };
}

function secretFor(clientId: string, key: KeyObject): string {
  return mac(key, clientId).toString('base64url');
}

function usableKeys(
  { jwks, jwksUri }: ClientMetadata,
  checkUrl: ((url: string) => unknown) | undefined,
): Pick<Client, 'jwks' | 'jwksUri'> {
  try {
    if (jwks !== undefined) {
      const keySet = parseKeySet(jwks);
      if (keySet.keys.length > 0) return { jwks: keySet, jwksUri };
      throw new InvalidClientMetadataError(
        'jwks has no key for signatures that is supported: RSA of 2048 to 4096 bits, EC P-256 or OKP Ed25519',
      );
    }
    if (jwksUri !== undefined) checkUrl?.(jwksUri);
  } catch (cause) {
    if (!(cause instanceof ClientMetadataError)) throw cause;
    const { detail } = cause;
    const what =
      jwks === undefined ? 'jwks_uri cannot be fetched' : `jwks cannot be used: ${detail}`;
    throw new InvalidClientMetadataError(what, { detail, cause });
  }
  if (jwksUri !== undefined && checkUrl === undefined) {
    throw new InvalidClientMetadataError('jwks_uri is not fetched here: send jwks');
  }
  return { jwks: undefined, jwksUri };
}

function clientFrom(id: string, registration: EncodedRegistration): Client {
  const { authMethod, clientName, redirectUris, mayRefresh, jwks, jwksUri } = registration;
  return Object.freeze({
    id,
    kind: 'registered' as const,
    name: clientName,
    redirectUris: Object.freeze([...redirectUris]),
    authMethods: authMethod.startsWith('client_secret_') ? SECRET_METHODS : ([authMethod] as const),
    mayRefresh,
    verifiedHost: undefined,
    jwks,
    jwksUri,
  });
}
