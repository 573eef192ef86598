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
import type { Client } from './client.js';
import { decodeClientId, encodeClientId, MAX_CLIENT_ID_LENGTH } from './client-id-codec.js';

/** Registration without a register. */
export interface RegisteredClients {
  /** @throws InvalidClientMetadata when the id would be longer than 2 kB */
  register(metadata: ClientMetadata, issuedAt: number): ClientInformation;
  find(clientId: string): Client | undefined;
  /** Whether this is the secret that came with the id; compared in constant time. */
  isSecretOf(clientId: string, secret: string): boolean;
}

export function createRegisteredClients(keys: KeyRing): RegisteredClients {
  const idKeys = keys.derive('client-id');
  const secretKeys = keys.derive('client-secret');
  const [newestIdKey, newestSecretKey] = [idKeys[0], secretKeys[0]];
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
      const registration = decodeClientId(clientId, idKeys);
      return registration === undefined ? undefined : clientFrom(clientId, registration);
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
  return {
    id,
    kind: 'registered',
    name: metadata.clientName,
    redirectUris: metadata.redirectUris,
    authMethod: metadata.authMethod,
    mayRefresh: metadata.mayRefresh,
    verifiedHost: undefined,
    jwks: undefined,
    jwksUri: undefined,
  };
}
