/**
 * How `oidc-provider` is set up to keep the state of a tenant.
 *
 * What it issues is replaced afterwards (`token-answer.ts`); here is decided who gets what.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { Account, Configuration, JWK } from 'oidc-provider';

import type { TenantStore } from './adapter.js';
import { applicationOf, thirdPartyOf } from './applications.js';
import { apiOf, OFFLINE, OIDC_SCOPES, resourceServerInfo, USERINFO_RESOURCE } from './audiences.js';
import { renderAuthorizeError } from './authorize-dialect.js';
import { type Consents, loginAndConsent } from './consent.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Context, ProviderModule } from './provider-module.js';

/** What the set-up needs. */
export interface ConfigurationDeps {
  readonly module: ProviderModule;
  readonly settings: () => TenantSettings;
  readonly store: TenantStore;
  readonly keys: TenantKeys;
  readonly consents: Consents;
}

/** Refresh tokens live as long as Auth0's by default: 30 days, in seconds. */
const REFRESH_TOKEN_SECONDS = 30 * 86_400;

/** Builds the configuration; everything that a spec may change is read from the settings per call. */
export function providerConfiguration(deps: ConfigurationDeps): Configuration {
  const { module, settings, store, keys, consents } = deps;
  return {
    adapter: (model: string) => store.adapter(model),
    jwks: {
      keys: [{ ...keys.current().privateKey.export({ format: 'jwk' }), alg: 'RS256' } as JWK],
    },
    cookies: cookies(),
    clientAuthMethods: ['client_secret_post', 'client_secret_basic', 'none', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS384', 'PS256'] },
    responseTypes: ['code'],
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub'] },
    // Auth0 asks a confidential application for PKCE only if it started with it.
    pkce: { required: (_ctx, client) => client.clientAuthMethod === 'none' },
    // Refresh tokens outlive the browser session, with or without `offline_access` of OIDC.
    expiresWithSession: () => false,
    ttl: lifetimes(settings),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => USERINFO_RESOURCE,
        getResourceServerInfo: resourceServerInfo(settings, module),
        useGrantedResource: () => true,
      },
    },
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      revocation: '/oauth/revoke',
      jwks: '/internal/jwks',
      end_session: '/internal/logout',
    },
    interactions: {
      policy: loginAndConsent(module, settings, consents),
      url: (_ctx, { prompt, uid }) =>
        `/u/${prompt.name === 'consent' ? 'consent' : 'login'}?state=${uid}`,
    },
    findAccount: (_ctx, sub, token) => accountOf(settings(), sub, token !== undefined),
    loadExistingGrant: (ctx) => grantFor(ctx, settings(), module),
    issueRefreshToken: (_ctx, client, code) =>
      code.scopes.has(OFFLINE) && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => applicationOf(ctx, settings())?.refreshTokenRotation ?? true,
    renderError: renderAuthorizeError,
  };
}

/** All in seconds. */
function lifetimes(settings: () => TenantSettings): Configuration['ttl'] {
  return {
    // A fixed number here would override what the dashboard sets per API.
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? 86_400,
    AuthorizationCode: 600,
    IdToken: 36_000,
    Interaction: 3600,
    Session: 7 * 86_400,
    Grant: REFRESH_TOKEN_SECONDS,
    RefreshToken(ctx, token) {
      const application = applicationOf(ctx, settings());
      const lifetime = application?.refreshTokenLifetimeSeconds ?? REFRESH_TOKEN_SECONDS;
      return Math.max(1, lifetime - token.totalLifetime());
    },
  };
}

function cookies(): Configuration['cookies'] {
  return {
    keys: [randomBytes(32).toString('base64url')],
    names: { session: 'auth0', interaction: 'auth0_login', resume: 'auth0_resume' },
    // Plain http on loopback: a browser would refuse `SameSite=None` without `Secure`.
    long: { signed: true, httpOnly: true, sameSite: 'lax' },
    short: { signed: true, httpOnly: true, sameSite: 'lax' },
  };
}

function accountOf(settings: TenantSettings, sub: string, forTokens: boolean): Account | undefined {
  const user = settings.users.find((candidate) => candidate.sub === sub);
  if (user === undefined || (forTokens && user.blocked === true)) return undefined;
  return { accountId: sub, claims: () => ({ sub }) };
}

async function grantFor(ctx: Context, settings: TenantSettings, { errors }: ProviderModule) {
  const { account, client, provider, requestParamScopes, params } = ctx.oidc;
  if (account === undefined || client === undefined) return undefined;
  if (settings.users.find(({ sub }) => sub === account.accountId)?.blocked === true) {
    throw new errors.CustomOIDCProviderError('unauthorized', 'user is blocked');
  }
  const api = apiOf(params?.resource, settings);
  const mayStay = api?.allowOfflineAccess !== false && client.grantTypeAllowed('refresh_token');
  const isThirdParty = thirdPartyOf(client.clientId, settings) !== undefined;
  const open = isThirdParty ? (api?.thirdPartyScopes ?? []) : (api?.scopes ?? []);
  const known = new Set([...OIDC_SCOPES, ...open]);
  // Auth0 drops unknown scopes without a word.
  const granted = [...requestParamScopes].filter(
    (scope) => known.has(scope) && (scope !== OFFLINE || mayStay),
  );
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(granted.filter((scope) => OIDC_SCOPES.includes(scope)));
  grant.addResourceScope(String(params?.resource), granted);
  await grant.save();
  return grant;
}
