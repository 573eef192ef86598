/**
 * Auth0's "enhanced security controls" for third-party applications: no OpenID scopes, no API that is not
 * opened to them, no unknown parameters.
 */
import { apiOf, OFFLINE, OIDC_SCOPES, resourceOf } from './audiences.js';
import type { TenantSettings } from './options.js';
import type { Context } from './provider-module.js';

/** Allowed parameters of `/authorize`, besides `ext-…`. */
const ALLOWED_PARAMETERS: readonly string[] = (
  'acr_values audience authorization_details client_id code_challenge code_challenge_method connection ' +
  'correlation_id display dpop_jkt login_hint max_age nonce prompt redirect_uri resource response_type ' +
  'scope state ui_locales'
).split(' ');

/** Why a request is rejected. */
export interface Refusal {
  readonly error: string;
  readonly description: string;
}

/**
 * Why a request to `/authorize` is rejected; undefined if it is allowed.
 *
 * @param audience identifier of the requested API
 */
export function refusalOf(
  query: Context['query'],
  audience: string | undefined,
  settings: TenantSettings,
): Refusal | undefined {
  const foreign = Object.keys(query).find(
    (name) => !ALLOWED_PARAMETERS.includes(name) && !name.startsWith('ext-'),
  );
  if (foreign !== undefined) {
    return { error: 'invalid_request', description: `Unsupported parameter: ${foreign}` };
  }
  if (query.code_challenge === undefined) {
    return { error: 'invalid_request', description: 'Missing required parameter: code_challenge' };
  }
  const api = audience === undefined ? undefined : apiOf(resourceOf(audience), settings);
  if (api !== undefined && api.thirdPartyScopes === undefined) {
    return {
      error: 'unauthorized_client',
      description: `Client "${query.client_id}" is not authorized to access resource server "${audience}".`,
    };
  }
  return undefined;
}

/** The requested scopes that Auth0 considers for third-party applications. */
export function withoutOidcScopes(scopes: string): string {
  const isConsidered = (scope: string) => scope === OFFLINE || !OIDC_SCOPES.includes(scope);
  return scopes.split(' ').filter(isConsidered).join(' ');
}
