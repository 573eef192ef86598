/**
 * The client information response.
 *
 * Spec: RFC 7591 §3.2.1. Carries everything registered, since SDKs validate it (CLI-10); no nulls.
 *
 * @module
 */
import type { ClientMetadata } from './client-metadata.js';

/** What a registration produced. */
export interface ClientInformation {
  readonly clientId: string;
  /** Undefined for a client that asked for none. */
  readonly clientSecret: string | undefined;
  /** Public keys of a client that asked for `private_key_jwt`, or where they are. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  readonly jwksUri?: string | undefined;
  /** Unix seconds. */
  readonly issuedAt: number;
}

/** The wire form. Secrets never expire (`0`): real clients do not recover from one that does (CLI-22). */
export function registrationResponse(
  client: ClientInformation,
  metadata: ClientMetadata,
): Readonly<Record<string, unknown>> {
  return {
    client_id: client.clientId,
    client_id_issued_at: client.issuedAt,
    ...(client.clientSecret !== undefined && {
      client_secret: client.clientSecret,
      client_secret_expires_at: 0,
    }),
    ...(metadata.clientName !== undefined && { client_name: metadata.clientName }),
    redirect_uris: metadata.redirectUris,
    token_endpoint_auth_method: metadata.authMethod,
    ...(client.jwks !== undefined && { jwks: client.jwks }),
    ...(client.jwksUri !== undefined && { jwks_uri: client.jwksUri }),
    grant_types: metadata.mayRefresh
      ? ['authorization_code', 'refresh_token']
      : ['authorization_code'],
    response_types: ['code'],
  };
}
