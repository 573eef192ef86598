/**
 * The API of a request. Auth0's `audience` may be any string, a resource indicator of `oidc-provider`
 * has to be a URI (RFC 8707 §2); so an audience is passed to the provider as a URN.
 */
import type { Client, ResourceServer } from 'oidc-provider';

import { thirdPartyOf } from './applications.js';
import type { Api, TenantSettings } from './options.js';
import type { Context, ProviderModule } from './provider-module.js';

const API_URN = 'urn:tenant:api:';

/** Of a request without audience: the token is for `/userinfo` only. */
export const USERINFO_RESOURCE = 'urn:tenant:userinfo';

/**
 * `offline_access` at the provider, which drops that scope unless `prompt=consent` (OIDC Core §11);
 * Auth0 does not.
 */
export const OFFLINE = 'tenant:offline_access';

/** Always requested from the provider: Auth0 issues a token without any granted scope, the provider does not. */
export const NO_SCOPE = 'tenant:no_scope';

/** Scopes of the tenant itself; every application may request them. */
export const OIDC_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  OFFLINE,
  NO_SCOPE,
];

/** Default lifetime of an access token, as on Auth0. */
export const TOKEN_SECONDS = 86_400;

/** The same for a third-party application. */
const THIRD_PARTY_TOKEN_SECONDS = 3600;

/** Replaces `offline_access` by {@link OFFLINE}. */
export function toProviderScope(scope: string): string {
  return scope.replace(/(?<!\S)offline_access(?!\S)/, OFFLINE);
}

/** The reverse of {@link toProviderScope}. */
export function toAuth0Scope(scope: string): string {
  return scope.replace(OFFLINE, 'offline_access').replace(NO_SCOPE, '').trim();
}

/** The resource indicator of an audience at the provider. */
export function resourceOf(audience: string): string {
  return `${API_URN}${Buffer.from(audience).toString('base64url')}`;
}

function audienceOf(resource: string): string {
  return Buffer.from(resource.slice(API_URN.length), 'base64url').toString();
}

/** The API of a resource indicator; undefined for {@link USERINFO_RESOURCE} or a deleted API. */
export function apiOf(resource: unknown, { apis }: TenantSettings): Api | undefined {
  if (typeof resource !== 'string' || !resource.startsWith(API_URN)) return undefined;
  const audience = audienceOf(resource);
  return apis.find(({ identifier }) => identifier === audience);
}

/** An API for the provider. @throws AccessDenied with Auth0's text for an unknown one */
export function resourceServerInfo(settings: () => TenantSettings, { errors }: ProviderModule) {
  return (_ctx: Context, resource: string, { clientId }: Client): ResourceServer => {
    const lifetime =
      thirdPartyOf(clientId, settings()) === undefined ? TOKEN_SECONDS : THIRD_PARTY_TOKEN_SECONDS;
    const api = apiOf(resource, settings());
    if (api === undefined && resource !== USERINFO_RESOURCE) {
      throw new errors.AccessDenied(`Service not found: ${audienceOf(resource)}`);
    }
    return {
      scope: [...OIDC_SCOPES, ...(api?.scopes ?? [])].join(' '),
      audience: api?.identifier ?? USERINFO_RESOURCE,
      accessTokenFormat: 'opaque',
      accessTokenTTL: api?.tokenLifetimeSeconds ?? lifetime,
    };
  };
}
