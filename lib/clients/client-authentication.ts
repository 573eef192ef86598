/** Client authentication at the token and revocation endpoints (RFC 6749 §2.3 and §3.2.1, RFC 7523 §2.2). */
import { type Auth0Authorization, Auth0Error } from '../auth0/auth0.js';
import type { ClientAuthMethod, ClientCredentials } from '../oauth/client-credentials.js';
import { InvalidClientError } from '../oauth/errors.js';
import type { GrantRecord } from '../storage/records.js';
import type { Client } from './client.js';
import {
  ClientAssertionError,
  type UseAssertion,
  type VerifyClientAssertion,
} from './client-assertion.js';
import type { ClientDirectory } from './client-directory.js';

/** The client of a request. */
export interface IdentifiedClient {
  readonly id: string;
  /** How it authenticated; `none` for a public client. */
  readonly authMethod: ClientAuthMethod;
  /** False for a public client, which only states its id. */
  readonly isAuthenticated: boolean;
  /**
   * For a client that sent an assertion. To be called once its code or token is known to be genuine, before
   * anything is done for it.
   *
   * @throws InvalidClientError the assertion was used before
   */
  readonly useAssertion?: UseAssertion;
  /** For an application of Auth0: what Auth0 granted it for this request. */
  readonly auth0?: Auth0Authorization;
}

/**
 * Checks id and secret of an application at Auth0.
 *
 * @throws Auth0Error `invalid_client` for a wrong id or secret
 */
export type AuthenticateAtAuth0 = (
  clientId: string,
  clientSecret: string,
) => Promise<Auth0Authorization>;

/**
 * @throws InvalidClientError unknown client, wrong or missing credentials: the same response for all of them
 * @throws ClientMetadataError keys of a metadata-document client cannot be fetched
 */
export type AuthenticateClient = (credentials: ClientCredentials) => Promise<IdentifiedClient>;

export function createClientAuthentication(
  clients: Omit<ClientDirectory, 'requireCommonMethod'>,
  verifyAssertion: VerifyClientAssertion,
  authenticateAtAuth0: AuthenticateAtAuth0,
): AuthenticateClient {
  async function authenticate(
    client: Client,
    { method, proof = '' }: ClientCredentials,
  ): Promise<Omit<IdentifiedClient, 'id' | 'authMethod'>> {
    const { authMethods } = client;
    if (method === 'private_key_jwt') {
      if (!authMethods.includes(method)) throw failed('an assertion of a client without keys');
      const use = await verifyAssertion(proof, client).catch(reject);
      return { isAuthenticated: true, useAssertion: (grantId) => use(grantId).catch(reject) };
    }
    if (authMethods.includes('client_secret_basic')) {
      if (client.isAuth0Application && proof !== '') {
        const auth0 = await authenticateAtAuth0(client.id, proof).catch(reject);
        return { isAuthenticated: true, auth0 };
      }
      const isRight = method !== 'none' && clients.isSecretOf(client.id, proof);
      if (!isRight) throw failed('wrong secret');
      return { isAuthenticated: true };
    }
    if (!authMethods.includes('none')) throw failed('an assertion is required');
    // Some public clients send an empty secret.
    if (proof !== '') throw failed('a public client sent credentials');
    return { isAuthenticated: false };
  }

  return async function authenticateClient(credentials) {
    const { clientId, method, proof = '' } = credentials;
    if (clients.isMetadataDocumentId(clientId) && method !== 'private_key_jwt') {
      clients.checkMetadataDocumentId(clientId);
      if (proof !== '') throw failed('a client with a metadata document has no secret');
      // The document is not fetched: the grant records whether authentication is required.
      return { id: clientId, authMethod: 'none', isAuthenticated: false };
    }
    const client = await clients.find(clientId);
    if (client === undefined) throw failed('no such client');
    const authenticated = await authenticate(client, credentials);
    const authMethod = authenticated.isAuthenticated ? method : 'none';
    return { id: clientId, authMethod, ...authenticated };
  };
}

/**
 * Requires a client with credentials to use them.
 *
 * @throws InvalidClientError the grant's client did not authenticate
 */
export function requireClientAuthentication(grant: GrantRecord, client: IdentifiedClient): void {
  if (grant.client.authMethod === 'none' || client.isAuthenticated) return;
  throw failed('no credentials were sent');
}

/**
 * The grant after use by `client`. A client whose authentication is optional (its document lists `none` beside
 * `private_key_jwt`) is bound to it by its first use.
 */
export function withClientAuthentication(
  grant: GrantRecord,
  client: IdentifiedClient,
): GrantRecord {
  if (!client.isAuthenticated || grant.client.authMethod !== 'none') return grant;
  return { ...grant, client: { ...grant.client, authMethod: 'private_key_jwt' } };
}

function reject(error: unknown): never {
  if (error instanceof ClientAssertionError) throw failed(error.detail, error);
  if (error instanceof Auth0Error && error.kind === 'invalid_client') {
    throw failed('Auth0 rejected id or secret', error);
  }
  throw error;
}

function failed(detail: string, cause?: unknown): InvalidClientError {
  return new InvalidClientError('Client authentication failed', { detail, cause });
}
