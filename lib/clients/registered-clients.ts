/**
 * Clients that registered themselves: made and recognised without storage.
 *
 * Spec: RFC 7591 §3; the secret of a confidential client is derived from its id, so it needs no
 * storage either.
 *
 * @module
 */
import { equalInConstantTime, type KeyRing, mac } from '../keys/key-ring.js';
import type { ClientMetadata } from '../oauth/client-metadata.js';
import { InvalidClientMetadata } from '../oauth/errors.js';
import type { ClientInformation } from '../oauth/registration-response.js';
import { boundedMap } from '../storage/bounded-map.js';
import { BY_SECRET, type Client } from './client.js';
import { decodeClientId, encodeClientId, MAX_CLIENT_ID_LENGTH } from './client-id-codec.js';

/** Clients remembered: an id never means anything else. Some 1 MB, 10 MB at the very most. */
const MAX_FOUND = 2_000;

/** Registration without a register. */
export interface RegisteredClients {
  /** @throws InvalidClientMetadata when the id would be longer than 2 kB */
  register(metadata: ClientMetadata, issuedAt: number): ClientInformation;
  find(clientId: string): Client | undefined;
  /** Whether this is the secret that came with the id; compared in constant time. */
  isSecretOf(clientId: string, secret: string): boolean;
}

/** @param issuer ids and secrets are good at this issuer only, also where servers share their keys */
export function createRegisteredClients(keys: KeyRing, issuer: string): RegisteredClients {
  const ofIssuer = (key: Uint8Array): Uint8Array => mac(key, issuer);
  const idKeys = keys.derive('client-id').map(ofIssuer);
  const secretKeys = keys.derive('client-secret').map(ofIssuer);
  const [newestIdKey, newestSecretKey] = [idKeys[0], secretKeys[0]];
  // Only ids that are genuine: what a stranger makes up takes no room.
  const found = boundedMap<Client>(MAX_FOUND);
  if (newestIdKey === undefined || newestSecretKey === undefined) throw new RangeError('no keys');
  return {
    register(metadata, issuedAt) {
      const clientId = encodeClientId({ ...metadata, issuedAt }, newestIdKey);
      if (clientId.length > MAX_CLIENT_ID_LENGTH) {
        throw new InvalidClientMetadata(
          'The registration is too large: send fewer or shorter URIs',
        );
      }
      const clientSecret =
        metadata.authMethod === 'none' ? undefined : secretFor(clientId, newestSecretKey);
      return { clientId, clientSecret, issuedAt };
    },
    find(clientId) {
      const known = found.get(clientId);
      if (known !== undefined) return known;
      const registration = decodeClientId(clientId, idKeys);
      if (registration === undefined) return undefined;
      const client = clientFrom(clientId, registration);
      found.set(clientId, client);
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

function clientFrom(id: string, metadata: ClientMetadata): Client {
  return Object.freeze({
    id,
    kind: 'registered' as const,
    name: metadata.clientName,
    redirectUris: Object.freeze([...metadata.redirectUris]),
    authMethods: metadata.authMethod === 'none' ? (['none'] as const) : BY_SECRET,
    mayRefresh: metadata.mayRefresh,
    verifiedHost: undefined,
    jwks: undefined,
    jwksUri: undefined,
  });
}
