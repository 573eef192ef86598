/**
 * Clients that registered themselves: made and recognised without storage.
 *
 * Spec: RFC 7591 §3; the secret of a confidential client is derived from its id, so it needs no
 * storage either.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

import { equalInConstantTime, type KeyRing, mac } from '../keys/key-ring.js';
import type { ClientMetadata } from '../oauth/client-metadata.js';
import { InvalidClientMetadataError } from '../oauth/errors.js';
import type { ClientInformation } from '../oauth/registration-response.js';
import { type AuthMethods, BY_SECRET, type Client } from './client.js';
import { decodeClientId, type EncodedRegistration, encodeClientId } from './client-id-codec.js';
import { type ClientKeySet, parseKeySet } from './metadata-documents/client-keys.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';

/** Clients in memory, since an id never means anything else, and their size as JSON, in characters. */
const MAX_FOUND = 2_000;
const MAX_FOUND_CHARACTERS = 4_000_000;

/** Registration without a register. */
export interface RegisteredClients {
  /** @throws InvalidClientMetadataError keys that cannot be used, or an id of more than 2 kB */
  register(metadata: ClientMetadata, issuedAt: number): ClientInformation;
  find(clientId: string): Client | undefined;
  /** Whether this is the secret that came with the id; compared in constant time. */
  isSecretOf(clientId: string, secret: string): boolean;
}

/**
 * @param issuer ids and secrets are good at this issuer only, also where servers share their keys
 * @param checkUrl judges a `jwks_uri`; undefined: nothing may be fetched for a client
 */
export function createRegisteredClients(
  keys: KeyRing,
  issuer: string,
  checkUrl: ((url: string) => unknown) | undefined,
): RegisteredClients {
  const ofIssuer = (key: Uint8Array): Uint8Array => mac(key, issuer);
  const idKeys = keys.derive('client-id').map(ofIssuer);
  const secretKeys = keys.derive('client-secret').map(ofIssuer);
  const [newestIdKey, newestSecretKey] = [idKeys[0], secretKeys[0]];
  // Only ids that are genuine: what a stranger makes up takes no room.
  const found = new LRUCache<string, Client>({ max: MAX_FOUND, maxSize: MAX_FOUND_CHARACTERS });
  if (newestIdKey === undefined || newestSecretKey === undefined) throw new RangeError('no keys');
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
      const known = found.get(clientId);
      if (known !== undefined) return known;
      const registration = decodeClientId(clientId, idKeys);
      if (registration === undefined) return undefined;
      if (registration.jwksUri !== undefined && checkUrl === undefined) return undefined;
      const client = clientFrom(clientId, registration);
      found.set(clientId, client, { size: JSON.stringify(client).length });
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

function secretFor(clientId: string, key: Uint8Array): string {
  return mac(key, clientId).toString('base64url');
}

type PublicKeys = Pick<Client, 'jwks' | 'jwksUri'>;

function usableKeys(
  { jwks, jwksUri }: ClientMetadata,
  checkUrl: ((url: string) => unknown) | undefined,
): PublicKeys {
  try {
    if (jwks !== undefined) return { jwks: requireKeys(parseKeySet(jwks)), jwksUri };
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

function requireKeys(set: ClientKeySet): ClientKeySet {
  if (set.keys.length > 0) return set;
  throw new InvalidClientMetadataError(
    'jwks has no key for signatures that is supported: RSA of 2048 to 4096 bits, EC P-256 or OKP Ed25519',
  );
}

function methodsOf({ authMethod }: EncodedRegistration): AuthMethods {
  return authMethod.startsWith('client_secret_') ? BY_SECRET : [authMethod];
}

function clientFrom(id: string, metadata: EncodedRegistration): Client {
  return Object.freeze({
    id,
    kind: 'registered' as const,
    name: metadata.clientName,
    redirectUris: Object.freeze([...metadata.redirectUris]),
    authMethods: methodsOf(metadata),
    mayRefresh: metadata.mayRefresh,
    verifiedHost: undefined,
    jwks: metadata.jwks,
    jwksUri: metadata.jwksUri,
  });
}
