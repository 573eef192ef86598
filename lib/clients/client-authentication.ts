/**
 * Client authentication at the token and revocation endpoints.
 *
 * Spec: RFC 6749 §2.3 and §3.2.1, RFC 7523 §2.2. A client that has a secret may present it either
 * way; one that has none must not be asked for one (CLI-11).
 *
 * @module
 */
import type { ClientCredentials } from '../oauth/client-credentials.js';
import { InvalidClientError } from '../oauth/errors.js';
import type { Client } from './client.js';
import {
  ClientAssertionError,
  type UseAssertion,
  type VerifyClientAssertion,
} from './client-assertion.js';
import type { ClientDirectory } from './client-directory.js';
import { clientFingerprint } from './fingerprint.js';

/** A client at the token endpoint, and whether it has proved who it is. */
export interface AuthenticatedClient {
  readonly id: string;
  /** False for a public client: it only said its id. */
  readonly hasProved: boolean;
  /** For logs and events. */
  readonly fingerprint: string;
  /**
   * There for a client that sent an assertion. Called once its code or token is known to be genuine and
   * before anything is done for it.
   *
   * @throws InvalidClientError the assertion was used before
   */
  readonly useAssertion?: UseAssertion;
}

/**
 * @throws InvalidClientError unknown client, wrong or missing proof: one answer for all of them
 * @throws ClientMetadataError keys of a metadata-document client cannot be fetched
 */
export type AuthenticateClient = (credentials: ClientCredentials) => Promise<AuthenticatedClient>;

interface ClientAuthenticationDeps {
  readonly clients: Omit<ClientDirectory, 'requireCommonMethod'>;
  readonly verifyAssertion: VerifyClientAssertion;
  readonly issuer: string;
  readonly now: () => number;
}

export function createClientAuthentication(deps: ClientAuthenticationDeps): AuthenticateClient {
  const { clients } = deps;
  return async function authenticateClient(credentials) {
    const { clientId, method, proof = '' } = credentials;
    const fingerprint = clientFingerprint(clientId);
    const isDocument = clients.isMetadataDocumentId(clientId);
    if (isDocument && method !== 'private_key_jwt') {
      clients.checkMetadataDocumentId(clientId);
      if (proof !== '') throw failed('a client with a metadata document has no secret');
      // The document is not needed, so its host need not be up: the grant knows whether a proof is due.
      return { id: clientId, hasProved: false, fingerprint };
    }
    const client = await clients.find(clientId);
    if (client === undefined) throw failed('no such client');
    return { id: clientId, fingerprint, ...(await prove(client, credentials, deps)) };
  };
}

async function prove(
  client: Client,
  { method, proof = '' }: ClientCredentials,
  deps: ClientAuthenticationDeps,
): Promise<Pick<AuthenticatedClient, 'hasProved' | 'useAssertion'>> {
  const { authMethods } = client;
  if (method === 'private_key_jwt') {
    if (!authMethods.includes(method)) throw failed('an assertion of a client that has none');
    return { hasProved: true, useAssertion: await verifiedAssertion(proof, client, deps) };
  }
  if (authMethods.includes('client_secret_basic')) {
    const isRight = method !== 'none' && deps.clients.isSecretOf(client.id, proof);
    if (!isRight) throw failed('wrong secret');
    return { hasProved: true };
  }
  if (!authMethods.includes('none')) throw failed('an assertion is due');
  // Some clients send an empty secret along; a real one was never issued.
  if (proof !== '') throw failed('a public client sent a proof');
  return { hasProved: false };
}

async function verifiedAssertion(
  assertion: string,
  client: Client,
  { verifyAssertion, issuer, now }: ClientAuthenticationDeps,
): Promise<UseAssertion> {
  const use = await verifyAssertion(assertion, { client, issuer, now: now() }).catch(refuse);
  return (grantId) => use(grantId).catch(refuse);
}

function refuse(error: unknown): never {
  if (error instanceof ClientAssertionError) throw failed(error.detail, error);
  throw error;
}

function failed(detail: string, cause?: unknown): InvalidClientError {
  return new InvalidClientError('Client authentication failed', { detail, cause });
}
