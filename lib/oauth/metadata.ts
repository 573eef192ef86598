/**
 * Metadata documents: RFC 9728 §2, RFC 8414 §2, RFC 9207 §3, client ID metadata documents §5.
 *
 * They contain every supported feature, and no other. No nulls or empty arrays: clients validate these documents
 * strictly.
 */
import { JWT_BEARER } from './token-request.js';

/** Absolute URLs; undefined for a disabled endpoint. */
export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation: string;
  readonly registration: string | undefined;
  readonly jwks: string;
}

export interface ServerCapabilities {
  readonly issuer: string;
  readonly resource: string;
  readonly endpoints: Endpoints;
  readonly scopes: readonly string[];
  /** Whether client ID metadata documents are supported. */
  readonly hasMetadataDocuments: boolean;
  readonly grantTypes: readonly string[];
  /** Signature algorithms of client assertions; undefined if no client can have keys. */
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
    grant_types_supported: server.grantTypes,
    // draft-ietf-oauth-identity-assertion-authz-grant §7. Without the issuers that are trusted.
    ...(server.grantTypes.includes(JWT_BEARER) && {
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    }),
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

/** RFC 9728 §2. @param baselineScopes of a first login, not all supported scopes */
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
 * For clients that support OpenID Connect Discovery only; complete according to its §3. The server issues no ID tokens,
 * as the response types show.
 */
export function openidConfiguration(server: ServerCapabilities): Document {
  return {
    ...authorizationServerMetadata(server),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}
