/**
 * Which API a request is for. Auth0's `audience` may be any string while `oidc-provider` wants a
 * resource indicator to be a URI (RFC 8707 §2), so an audience travels inside as a URN.
 *
 * @module
 */
import type { Client, ResourceServer } from 'oidc-provider';

import { thirdPartyOf } from './applications.js';
import type { Api, TenantSettings } from './options.js';
import type { Context, ProviderModule } from './provider-module.js';

const API_URN = 'urn:tenant:api:';

/** What a request without audience asks for: a token that only `/userinfo` reads. */
export const USERINFO_RESOURCE = 'urn:tenant:userinfo';

/**
 * How `offline_access` is called inside. The provider drops that scope unless `prompt=consent`
 * (OIDC Core §11), Auth0 does not.
 */
export const OFFLINE = 'tenant:offline_access';

/** Always asked for inside: Auth0 gives a token where no scope can be granted, the provider does not. */
export const NO_SCOPE = 'tenant:no_scope';

/** Scopes of the tenant itself; every application may ask for them. */
export const OIDC_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  OFFLINE,
  NO_SCOPE,
];

/** Lifetime of a token in seconds where the API does not say: a day, as on Auth0. */
const TOKEN_SECONDS = 86_400;

/** The same for a third-party application. */
const THIRD_PARTY_TOKEN_SECONDS = 3600;

/** `offline_access` becomes {@link OFFLINE}; the rest stays. */
export function scopeInside(scope: string): string {
  return scope.replace(/(?<!\S)offline_access(?!\S)/, OFFLINE);
}

/** The reverse of {@link scopeInside}. */
export function scopeOutside(scope: string): string {
  return scope.replace(OFFLINE, 'offline_access').replace(NO_SCOPE, '').trim();
}

/** The resource indicator that stands for an audience inside the provider. */
export function resourceOf(audience: string): string {
  return `${API_URN}${Buffer.from(audience).toString('base64url')}`;
}

function audienceOf(resource: string): string {
  return Buffer.from(resource.slice(API_URN.length), 'base64url').toString();
}

/** The API behind a resource indicator; nothing for {@link USERINFO_RESOURCE} or a deleted API. */
export function apiOf(resource: unknown, { apis }: TenantSettings): Api | undefined {
  if (typeof resource !== 'string' || !resource.startsWith(API_URN)) return undefined;
  const audience = audienceOf(resource);
  return apis.find(({ identifier }) => identifier === audience);
}

/** Tells the provider about an API. @throws AccessDenied, in Auth0's words, for an unknown one. */
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
