/**
 * The documents under `/.well-known` as an Auth0 tenant serves them, the same for OpenID Discovery and
 * RFC 8414: no `grant_types_supported`, no `none`, no scopes of APIs, and DCR always advertised.
 */
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Context, Middleware } from './provider-module.js';

/**
 * Issuer of a request: its host, with a trailing slash. At Auth0, too, a custom domain and the canonical
 * one have different issuers; here `localhost` and `127.0.0.1`.
 */
export function issuerOf(ctx: Context): string {
  return `http://${ctx.host}/`;
}

const DISCOVERY = /^\/\.well-known\/(openid-configuration|oauth-authorization-server)$/;

/** Serves the two discovery documents and the key set. */
export function discovery(settings: () => TenantSettings, keys: TenantKeys): Middleware {
  return async function serveDocuments(ctx, next) {
    if (ctx.method !== 'GET') return await next();
    if (DISCOVERY.test(ctx.path)) ctx.body = discoveryDocument(issuerOf(ctx), settings());
    else if (ctx.path === '/.well-known/jwks.json') ctx.body = keys.jwks(settings().algInJwks);
    else return await next();
    ctx.set('Cache-Control', 'public, max-age=15, stale-while-revalidate=15, stale-if-error=86400');
  };
}

function discoveryDocument(issuer: string, settings: TenantSettings): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    token_endpoint: `${issuer}oauth/token`,
    device_authorization_endpoint: `${issuer}oauth/device/code`,
    userinfo_endpoint: `${issuer}userinfo`,
    mfa_challenge_endpoint: `${issuer}mfa/challenge`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    registration_endpoint: `${issuer}oidc/register`,
    revocation_endpoint: `${issuer}oauth/revoke`,
    end_session_endpoint: `${issuer}oidc/logout`,
    ...SUPPORTED,
    ...(settings.clientIdMetadataDocuments ? { client_id_metadata_document_supported: true } : {}),
    ...(settings.issInResponse ? { authorization_response_iss_parameter_supported: true } : {}),
  };
}

const SUPPORTED = {
  scopes_supported: words(
    'openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address',
  ),
  response_types_supported: [
    'code',
    'token',
    'id_token',
    'code token',
    'code id_token',
    'token id_token',
    'code token id_token',
  ],
  response_modes_supported: words('query fragment form_post'),
  code_challenge_methods_supported: words('S256 plain'),
  subject_types_supported: ['public'],
  token_endpoint_auth_methods_supported: words(
    'client_secret_basic client_secret_post private_key_jwt',
  ),
  token_endpoint_auth_signing_alg_values_supported: words('RS256 RS384 PS256'),
  id_token_signing_alg_values_supported: words('HS256 RS256 PS256'),
  claims_supported: words(
    'aud auth_time created_at email email_verified exp family_name given_name iat identities iss name nickname phone_number picture sub',
  ),
  request_uri_parameter_supported: false,
  request_parameter_supported: false,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
};

function words(list: string): string[] {
  return list.split(' ');
}
