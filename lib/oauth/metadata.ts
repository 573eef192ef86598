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
  /** Whether client ID metadata documents are on. */
  readonly hasMetadataDocuments: boolean;
  /** Signature algorithms of client assertions; undefined where no client can have keys. */
  readonly assertionAlgorithms: readonly string[] | undefined;
}

type Document = Readonly<Record<string, unknown>>;

/** RFC 8414 §2. */
export function authorizationServerMetadata(server: ServerCapabilities): Document {
  const { endpoints, assertionAlgorithms } = server;
  const authMethods = [
    'none',
    'client_secret_basic',
    'client_secret_post',
    ...(assertionAlgorithms === undefined ? [] : ['private_key_jwt']),
  ];
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
    token_endpoint_auth_methods_supported: authMethods,
    revocation_endpoint_auth_methods_supported: authMethods,
    ...(assertionAlgorithms !== undefined && {
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    }),
    ...(server.hasMetadataDocuments && { client_id_metadata_document_supported: true }),
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
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
    ...(baselineScopes.length > 0 && { scopes_supported: baselineScopes }),
    bearer_methods_supported: ['header'],
  };
}

/**
 * The same for clients that only know OpenID Connect Discovery: complete by its §3, so that they
 * can read it (R-MD-5). We issue no ID tokens, and the response types say so.
 */
export function openidConfiguration(server: ServerCapabilities): Document {
  return {
    ...authorizationServerMetadata(server),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
