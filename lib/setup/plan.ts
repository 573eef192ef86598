/** The Auth0 settings of a server: its API and its application, in the words of Auth0's Management API. */
import { createPublicKey } from 'node:crypto';

import type { Auth0ClientAuthentication } from '../config/config.js';
import { type Environment, readEnvironment } from '../config/env.js';
import { wrongOption } from '../config/errors.js';
import type { Logger } from '../config/logger.js';
import type { RawOptions } from '../config/option-table.js';
import { resolveAppearance } from '../config/rules/appearance.js';
import { OPENID_SCOPES, resolveScopes } from '../config/rules/scopes.js';
import { resolveAuth0 } from '../config/rules/tenant.js';
import { resolveLifetimes } from '../config/rules/tokens.js';
import { resolveUrls } from '../config/rules/urls.js';
import { requireOptions } from '../config/values.js';

/** Body of `POST /api/v2/resource-servers`. */
export interface Api {
  readonly name: string;
  readonly identifier: string;
  readonly signing_alg: 'RS256';
  readonly allow_offline_access: true;
  readonly skip_consent_for_verifiable_first_party_clients: true;
  readonly scopes?: readonly { readonly value: string }[];
}

/** Body of `POST /api/v2/clients`. */
export interface Application {
  readonly name: string;
  readonly app_type: 'regular_web';
  readonly is_first_party: true;
  readonly oidc_conformant: true;
  readonly callbacks: readonly string[];
  readonly grant_types: readonly string[];
  /** One of the two: a key excludes the other methods. */
  readonly token_endpoint_auth_method?: Exclude<Method, 'private_key_jwt'>;
  readonly client_authentication_methods?: {
    readonly private_key_jwt: { readonly credentials: readonly PublicKey[] };
  };
  readonly jwt_configuration: { readonly alg: 'RS256' };
  readonly refresh_token: RefreshTokens;
  readonly oidc_logout?: {
    readonly backchannel_logout_urls: readonly string[];
    readonly backchannel_logout_initiators: {
      readonly mode: 'custom';
      readonly selected_initiators: readonly string[];
    };
  };
}

type Method = Auth0ClientAuthentication['method'];

export interface PublicKey {
  readonly name: string;
  readonly credential_type: 'public_key';
  readonly alg: string;
  readonly kid?: string;
  readonly pem: string;
}

interface RefreshTokens {
  readonly rotation_type: 'rotating' | 'non-rotating';
  readonly expiration_type: 'expiring';
  readonly leeway?: number;
  readonly token_lifetime: number;
  readonly idle_token_lifetime: number;
  readonly policies?: readonly Policy[];
}

/** Another API for which the refresh tokens get access tokens (Multi-Resource Refresh Token). */
export interface Policy {
  readonly audience: string;
  readonly scope: readonly string[];
}

/** What to create in the tenant. */
export interface TenantPlan {
  readonly api: Api;
  readonly application: Application;
  /** How the application authenticates: it has a secret or not. */
  readonly method: Method;
  /** The MCP endpoint. */
  readonly resource: string;
  /** `TENANT.us.auth0.com` if the environment does not name it yet. */
  readonly tenantHost: string;
}

const DAY = 24 * 60 * 60;

/** Auth0's limit for a refresh token. */
const MAX_TOKEN_LIFETIME = 365 * DAY;

/** Time in which Auth0 still accepts a rotated refresh token: longer than a short outage of the store. */
const LEEWAY_SECONDS = 60;

/** Not `session-expired`: a login outlives the browser session, by its refresh token. */
const LOGOUT_INITIATORS = [
  'rp-logout',
  'idp-logout',
  'password-changed',
  'session-revoked',
  'account-deleted',
];

/** Stands for a tenant and credentials that do not exist yet. */
const NOT_YET = {
  configUrl: 'https://tenant.invalid/.well-known/openid-configuration',
  clientId: 'not-created-yet',
  clientSecret: 'not-created-yet',
} as const;

/**
 * Reads the environment as `auth0Mcp()` does; only tenant, client id and secret may be missing.
 *
 * @param withBackchannelLogout whether Auth0 notifies the server of logouts, which needs an Enterprise plan
 * @throws Auth0McpConfigError
 */
export function planTenant(
  environment: Environment,
  withBackchannelLogout: boolean,
  logger: Logger,
  policies: readonly Policy[] = [],
): TenantPlan {
  const given = readEnvironment(environment).options;
  // Plain http is a stand-in for a tenant.
  const hasTenant = [given.configUrl, given.domain].some(
    (value) => value !== undefined && !/^((https:\/\/)?TENANT\.|http:)/.test(String(value)),
  );
  const raw = withoutCredentials(given, hasTenant);
  requireOptions(raw, ['audience', 'baseUrl']);
  const auth0 = resolveAuth0(raw, logger);
  const urls = resolveUrls(raw);
  const { supported } = resolveScopes(raw, logger);
  const own = supported.filter((scope) => !OPENID_SCOPES.includes(scope));
  // Auth0 does not allow these in names.
  const name = resolveAppearance(raw, urls.resource).brand.name.replace(/[<>]/g, '');
  const { baseUrl, callbackUrl, isHttps, resource } = urls;
  if (withBackchannelLogout && !isHttps) {
    throw wrongOption('baseUrl', baseUrl, 'Back-channel logout needs a public https URL.');
  }
  return {
    api: {
      name,
      identifier: auth0.audience,
      signing_alg: 'RS256',
      allow_offline_access: true,
      // The server has a consent page of its own.
      skip_consent_for_verifiable_first_party_clients: true,
      ...(own.length > 0 && { scopes: own.map((value) => ({ value })) }),
    },
    application: {
      name,
      app_type: 'regular_web',
      is_first_party: true,
      oidc_conformant: true,
      callbacks: [callbackUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      ...authenticationSettings(auth0.authentication),
      jwt_configuration: { alg: 'RS256' },
      refresh_token: {
        ...refreshTokens(raw, auth0.authentication.method),
        ...(policies.length > 0 && { policies }),
      },
      ...(withBackchannelLogout && { oidc_logout: logoutSettings(baseUrl) }),
    },
    method: auth0.authentication.method,
    resource,
    tenantHost: hasTenant ? auth0.discoveryUrl.host : 'TENANT.us.auth0.com',
  };
}

function withoutCredentials(raw: RawOptions, hasTenant: boolean): RawOptions {
  const { configUrl, clientId, clientSecret } = NOT_YET;
  const { clientSecret: _secret, ...rest } = raw;
  const method =
    raw.tokenEndpointAuthMethod ??
    (raw.auth0PrivateKey === undefined ? 'client_secret_post' : 'private_key_jwt');
  return {
    ...rest,
    ...(!hasTenant && { domain: undefined, configUrl }),
    clientId,
    ...(method !== 'none' && method !== 'private_key_jwt' && { clientSecret }),
  };
}

function authenticationSettings(
  authentication: Auth0ClientAuthentication,
): Pick<Application, 'token_endpoint_auth_method' | 'client_authentication_methods'> {
  const { method } = authentication;
  if (method !== 'private_key_jwt') return { token_endpoint_auth_method: method };
  const { alg = 'RS256', kid, ...key } = authentication.key;
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const credential = { name: 'express-auth0-mcp', credential_type: 'public_key', alg } as const;
  const credentials = [{ ...credential, ...(kid !== undefined && { kid }), pem }];
  return { client_authentication_methods: { private_key_jwt: { credentials } } };
}

/** As long as the server's own refresh tokens, so that neither ends a login before the other. */
function refreshTokens(raw: RawOptions, method: Method): RefreshTokens {
  const { refreshTokenSeconds, refreshTokenIdleSeconds } = resolveLifetimes(raw);
  const lifetime = Math.min(refreshTokenSeconds, MAX_TOKEN_LIFETIME);
  return {
    // RFC 9700 §2.2.2: refresh tokens of a public client have to be rotated.
    ...(method === 'none'
      ? { rotation_type: 'rotating', leeway: LEEWAY_SECONDS }
      : { rotation_type: 'non-rotating' }),
    expiration_type: 'expiring',
    token_lifetime: lifetime,
    // The server refreshes at Auth0 only when Auth0's access token, valid for a day, has expired.
    idle_token_lifetime: Math.min(refreshTokenIdleSeconds + DAY, lifetime - 1),
  };
}

function logoutSettings(baseUrl: string): NonNullable<Application['oidc_logout']> {
  return {
    backchannel_logout_urls: [`${baseUrl}/backchannel-logout`],
    backchannel_logout_initiators: { mode: 'custom', selected_initiators: LOGOUT_INITIATORS },
  };
}
