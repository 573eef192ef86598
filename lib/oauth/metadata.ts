/**
 * The metadata documents, built from what is switched on.
 *
 * Everything advertised exists, and nothing needed is left to a default that means something else
 * (R-MD-2, R-MD-3). No nulls and no empty lists: clients validate these documents strictly.
 *
 * Spec: RFC 9728 §2, RFC 8414 §2, RFC 9207 §3, client ID metadata documents §5.
 *
 * @module
 */

/** Absolute URLs; undefined where an endpoint is off or not mounted. */
export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation: string;
  readonly registration: string | undefined;
  readonly jwks: string;
}

/** What the authorization server offers. */
export interface ServerCapabilities {
  readonly issuer: string;
  readonly resource: string;
  readonly endpoints: Endpoints;
  readonly scopes: readonly string[];
  readonly clientIdMetadataDocuments: boolean;
}

type Document = Readonly<Record<string, unknown>>;

/** RFC 8414 §2. */
export function authorizationServerMetadata(server: ServerCapabilities): Document {
  const { endpoints, clientIdMetadataDocuments: withDocuments } = server;
  const authMethods = ['none', 'client_secret_basic', 'client_secret_post'];
  return {
    issuer: server.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    ...(endpoints.registration !== undefined && { registration_endpoint: endpoints.registration }),
    revocation_endpoint: endpoints.revocation,
    jwks_uri: endpoints.jwks,
    ...(server.scopes.length > 0 && { scopes_supported: server.scopes }),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: withDocuments
      ? [...authMethods, 'private_key_jwt']
      : authMethods,
    ...(withDocuments && {
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    }),
    revocation_endpoint_auth_methods_supported: withDocuments
      ? [...authMethods, 'private_key_jwt']
      : authMethods,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...(withDocuments && { client_id_metadata_document_supported: true }),
    protected_resources: [server.resource],
  };
}

/** RFC 9728 §2. `baselineScopes` is what a first login asks for, not the catalogue (RS-9). */
export function protectedResourceMetadata(
  server: Pick<ServerCapabilities, 'issuer' | 'resource'>,
  baselineScopes: readonly string[],
): Document {
  return {
    resource: server.resource,
    authorization_servers: [server.issuer],
    scopes_supported: baselineScopes,
    bearer_methods_supported: ['header'],
  };
}
