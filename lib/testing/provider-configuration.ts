/** Configuration of `oidc-provider`: what is granted. `token-response.ts` replaces the tokens it issues. */
import type { Account, Configuration, JWK } from 'oidc-provider';

import type { TenantStore } from './adapter.js';
import { applicationOf, thirdPartyOf } from './applications.js';
import { apiOf, OFFLINE, OIDC_SCOPES, resourceServerInfo, USERINFO_RESOURCE } from './audiences.js';
import { type Authentications, MULTI_FACTOR } from './authentication.js';
import { renderAuthorizeError } from './authorize-dialect.js';
import { type Consents, loginAndConsent } from './consent.js';
import type { TenantSettings } from './options.js';
import type { Context, ProviderModule } from './provider-module.js';
import type { TenantState } from './state.js';

/** Auth0's default: 30 days. */
const REFRESH_TOKEN_SECONDS = 30 * 86_400;

/** @param settings read at every request, since a spec may change them */
export function providerConfiguration(
  module: ProviderModule,
  settings: () => TenantSettings,
  store: TenantStore,
  { keys, cookieKey }: Pick<TenantState, 'keys' | 'cookieKey'>,
  {
    consents,
    authentications,
  }: { readonly consents: Consents; readonly authentications: Authentications },
): Configuration {
  return {
    adapter: (model: string) => store.adapter(model),
    jwks: {
      keys: [{ ...keys.current().privateKey.export({ format: 'jwk' }), alg: 'RS256' } as JWK],
    },
    cookies: cookies(cookieKey),
    clientAuthMethods: ['client_secret_post', 'client_secret_basic', 'none', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'RS384', 'PS256'] },
    responseTypes: ['code'],
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub'] },
    acrValues: [MULTI_FACTOR],
    // Auth0 requires PKCE of a confidential application only if the request had a challenge.
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
      policy: loginAndConsent(module, settings, consents, authentications),
      url: (_ctx, { prompt, uid }) =>
        `/u/${prompt.name === 'consent' ? 'consent' : 'login'}?state=${uid}`,
    },
    findAccount: (_ctx, sub, token) => accountOf(settings(), sub, token !== undefined),
    loadExistingGrant: (ctx) => grantFor(ctx, settings(), module, authentications),
    issueRefreshToken: (_ctx, client, code) =>
      code.scopes.has(OFFLINE) && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => applicationOf(ctx, settings())?.refreshTokenRotation ?? true,
    renderError: renderAuthorizeError,
  };
}

/** All in seconds. */
function lifetimes(settings: () => TenantSettings): Configuration['ttl'] {
  return {
    // A number would override the lifetime of the API.
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

function cookies(key: string): Configuration['cookies'] {
  return {
    keys: [key],
    names: { session: 'auth0', interaction: 'auth0_login', resume: 'auth0_resume' },
    // Browsers reject `SameSite=None` without `Secure`, which plain http on loopback cannot have.
    long: { signed: true, httpOnly: true, sameSite: 'lax' },
    short: { signed: true, httpOnly: true, sameSite: 'lax' },
  };
}

function accountOf(settings: TenantSettings, sub: string, forTokens: boolean): Account | undefined {
  const user = settings.users.find((candidate) => candidate.sub === sub);
  if (user === undefined || (forTokens && user.blocked === true)) return undefined;
  return { accountId: sub, claims: () => ({ sub }) };
}

async function grantFor(
  ctx: Context,
  settings: TenantSettings,
  { errors }: ProviderModule,
  authentications: Authentications,
) {
  const { account, client, provider, requestParamScopes, params } = ctx.oidc;
  if (account === undefined || client === undefined) return undefined;
  if (settings.users.find(({ sub }) => sub === account.accountId)?.blocked === true) {
    throw new errors.CustomOIDCProviderError('unauthorized', 'user is blocked');
  }
  const api = apiOf(params?.resource, settings);
  const hasOffline = api?.allowOfflineAccess !== false && client.grantTypeAllowed('refresh_token');
  const isThirdParty = thirdPartyOf(client.clientId, settings) !== undefined;
  const open = isThirdParty ? (api?.thirdPartyScopes ?? []) : (api?.scopes ?? []);
  const known = new Set([...OIDC_SCOPES, ...open]);
  // Auth0 drops unknown scopes silently.
  const granted = [...requestParamScopes].filter(
    (scope) => known.has(scope) && (scope !== OFFLINE || hasOffline),
  );
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope(granted.filter((scope) => OIDC_SCOPES.includes(scope)));
  grant.addResourceScope(String(params?.resource), granted);
  authentications.note(ctx, await grant.save());
  return grant;
}
