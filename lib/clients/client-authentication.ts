/**
 * Client authentication at the token and revocation endpoints.
 *
 * Spec: RFC 6749 §2.3 and §3.2.1, RFC 7523 §2.2. A client that has a secret may present it either
 * way; one that has none must not be asked for one (CLI-11).
 *
 * @module
 */
import type { ClientCredentials } from '../oauth/client-credentials.js';
import { InvalidClient } from '../oauth/errors.js';
import type { Client } from './client.js';
import { ClientAssertionError, type VerifyClientAssertion } from './client-assertion.js';
import type { ClientDirectory } from './client-directory.js';
import { clientFingerprint } from './fingerprint.js';

/** A client at the token endpoint, and whether it has proved who it is. */
export interface AuthenticatedClient {
  readonly id: string;
  /** False for a public client: it only said its id. */
  readonly hasProved: boolean;
  /** For logs and events. */
  readonly fingerprint: string;
}

/**
 * @throws InvalidClient unknown client, wrong or missing proof: one answer for all of them
 * @throws ClientMetadataError keys of a metadata-document client cannot be fetched
 */
export type AuthenticateClient = (credentials: ClientCredentials) => Promise<AuthenticatedClient>;

interface ClientAuthenticationDeps {
  readonly clients: ClientDirectory;
  readonly verifyAssertion: VerifyClientAssertion;
  /** Accepted in `aud` of an assertion: our issuer and the token endpoint. */
  readonly audiences: readonly string[];
  readonly now: () => number;
}

export function createClientAuthentication(deps: ClientAuthenticationDeps): AuthenticateClient {
  const { clients } = deps;
  return async function authenticateClient(credentials) {
    const { clientId } = credentials;
    const fingerprint = clientFingerprint(clientId);
    // R-CI-9: a public client proves nothing by its document, so its host need not be up. What the
    // grant remembers of it decides whether a proof was due.
    if (credentials.method === 'none' && clients.isMetadataDocumentId(clientId)) {
      clients.checkMetadataDocumentId(clientId);
      return { id: clientId, hasProved: false, fingerprint };
    }
    const client = await clients.find(clientId);
    if (client === undefined) throw failed('no such client');
    const hasProved = await prove(client, credentials, deps);
    return { id: clientId, hasProved, fingerprint };
  };
}

async function prove(
  client: Client,
  { method, proof = '' }: ClientCredentials,
  deps: ClientAuthenticationDeps,
): Promise<boolean> {
  if (client.authMethod === 'none') {
    // Some clients send an empty secret along; a real one was never issued.
    if (proof !== '') throw failed('a public client sent a proof');
    return false;
  }
  if (client.authMethod === 'private_key_jwt') {
    if (method !== 'private_key_jwt') throw failed('an assertion is due');
    await verifyAssertion(proof, client, deps);
    return true;
  }
  const isSecret = method === 'client_secret_basic' || method === 'client_secret_post';
  if (!isSecret || !deps.clients.isSecretOf(client.id, proof)) throw failed('wrong secret');
  return true;
}

async function verifyAssertion(
  assertion: string,
  client: Client,
  { verifyAssertion: verify, audiences, now }: ClientAuthenticationDeps,
): Promise<void> {
  try {
    await verify(assertion, { client, audiences, now: now() });
  } catch (error) {
    if (error instanceof ClientAssertionError) throw failed(error.detail, error);
    throw error;
  }
}

function failed(detail: string, cause?: unknown): InvalidClient {
  return new InvalidClient('Client authentication failed', { detail, cause });
}
