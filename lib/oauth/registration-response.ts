/** The client information response (RFC 7591 §3.2.1): all registered values, since SDKs validate it; no nulls. */
import type { ClientMetadata } from './client-metadata.js';

export interface ClientInformation {
  readonly clientId: string;
  /** Undefined for a client without a secret. */
  readonly clientSecret: string | undefined;
  /** Public keys for `private_key_jwt`, or their URL. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  readonly jwksUri?: string | undefined;
  /** Unix seconds. */
  readonly issuedAt: number;
}

/** Secrets never expire (`0`): known clients do not recover from an expired one. */
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
    application_type: metadata.applicationType,
  };
}
