/**
 * Which API a request is for. Auth0's `audience` may be any string while `oidc-provider` wants a
 * resource indicator to be a URI (RFC 8707 §2), so an audience travels inside as a URN.
 *
 * @module
 */
import type { ResourceServer } from 'oidc-provider';

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

/** Scopes of the tenant itself; every application may ask for them. */
export const OIDC_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  OFFLINE,
];

/** Lifetime in seconds of a token for `/userinfo` only: fixed at a day, as on Auth0. */
const USERINFO_TOKEN_SECONDS = 86_400;

/** `offline_access` becomes {@link OFFLINE}; the rest stays. */
export function scopeInside(scope: string): string {
  return scope.replace(/(?<!\S)offline_access(?!\S)/, OFFLINE);
}

/** The reverse of {@link scopeInside}. */
export function scopeOutside(scope: string): string {
  return scope.replace(OFFLINE, 'offline_access');
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
  return (_ctx: Context, resource: string): ResourceServer => {
    const api = apiOf(resource, settings());
    if (api === undefined && resource !== USERINFO_RESOURCE) {
      throw new errors.AccessDenied(`Service not found: ${audienceOf(resource)}`);
    }
    return {
      scope: [...OIDC_SCOPES, ...(api?.scopes ?? [])].join(' '),
      audience: api?.identifier ?? USERINFO_RESOURCE,
      accessTokenFormat: 'opaque',
      accessTokenTTL: api?.tokenLifetimeSeconds ?? USERINFO_TOKEN_SECONDS,
    };
  };
}
