/**
 * What Auth0 keeps from third-party applications ("enhanced security controls"): scopes about the person,
 * APIs that nobody opened to them, parameters it does not know, and the news of a failed login.
 *
 * @module
 */
import { apiOf, OFFLINE, OIDC_SCOPES, resourceOf } from './audiences.js';
import type { TenantSettings } from './options.js';
import type { Context } from './provider-module.js';

/** Parameters of `/authorize` that they may send, besides `ext-…`. */
const ALLOWED_PARAMETERS: readonly string[] = (
  'acr_values audience authorization_details client_id code_challenge code_challenge_method connection ' +
  'correlation_id display dpop_jkt login_hint max_age nonce prompt redirect_uri resource response_type ' +
  'scope state ui_locales'
).split(' ');

/** Why a request is not even looked at. */
export interface Refusal {
  readonly error: string;
  readonly description: string;
}

/**
 * What is wrong with a request to `/authorize`, if anything is.
 *
 * @param audience the API that is asked for
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

/** The scopes that are looked at, of those asked for: none about the person. */
export function withoutPersonalScopes(scopes: string): string {
  const kept = (scope: string) => scope === OFFLINE || !OIDC_SCOPES.includes(scope);
  return scopes.split(' ').filter(kept).join(' ');
}
