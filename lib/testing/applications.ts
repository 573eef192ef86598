/** Look-up of the tenant's applications, and their client metadata for `oidc-provider`. */
import type { AdapterPayload } from 'oidc-provider';

import { redirectUriKind } from '../oauth/redirect-uri.js';
import type { Application, TenantAuthMethod, TenantSettings } from './options.js';
import type { Context } from './provider-module.js';

/** The grant type of RFC 8693. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** The grant type of Token Vault. */
export const TOKEN_VAULT =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token';

/** Client metadata of an application; undefined for an unknown id. */
export function clientMetadataOf(
  settings: TenantSettings,
  clientId: string,
): AdapterPayload | undefined {
  const application = settings.applications.find((candidate) => candidate.clientId === clientId);
  if (application === undefined) return undefined;
  const {
    clientSecret,
    jwks,
    refreshTokenGrant = true,
    callbackUrls = [],
    onBehalfOf,
    tokenVault,
  } = application;
  const hasLogin = onBehalfOf === undefined || callbackUrls.length > 0;
  const metadata = {
    client_id: clientId,
    token_endpoint_auth_method: authMethodOf(application),
    redirect_uris: [...callbackUrls],
    // A Custom API client has no login.
    response_types: hasLogin ? ['code'] : [],
    grant_types: [
      ...(hasLogin ? ['authorization_code'] : []),
      ...(hasLogin && refreshTokenGrant ? ['refresh_token'] : []),
      ...(onBehalfOf === undefined ? [] : [TOKEN_EXCHANGE]),
      ...(tokenVault === true ? [TOKEN_VAULT] : []),
    ],
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
    ...(jwks === undefined ? {} : { jwks: { keys: jwks.keys.map((key) => ({ ...key })) } }),
  };
  // The provider's type requires every key; these are its client metadata.
  return metadata as AdapterPayload;
}

/** The applications after a request to `/authorize` with the setting `loopbackCallbacks`; undefined without a change. */
export function withLoopbackCallback(
  { applications, loopbackCallbacks }: TenantSettings,
  clientId: unknown,
  redirectUri: unknown,
): readonly Application[] | undefined {
  const url = String(redirectUri);
  const application = applications.find((one) => one.clientId === clientId);
  const isAllowed = loopbackCallbacks || application?.loopbackCallbacks === true;
  if (!isAllowed || redirectUriKind(url) !== 'loopback') return undefined;
  if (application === undefined || application.callbackUrls?.includes(url)) return undefined;
  const [, baseUrl] = /^(.*)\/auth\/callback$/.exec(url) ?? [];
  const changed = {
    ...(baseUrl === undefined ? {} : { backchannelLogoutUri: `${baseUrl}/backchannel-logout` }),
    ...application,
    callbackUrls: [...(application.callbackUrls ?? []), url],
  };
  return applications.map((one) => (one === application ? changed : one));
}

/** The authentication method of this application, with defaults. */
export function authMethodOf(application: Application): TenantAuthMethod {
  if (application.tokenEndpointAuthMethod !== undefined) return application.tokenEndpointAuthMethod;
  if (application.clientSecret !== undefined) return 'client_secret_post';
  return application.jwks === undefined ? 'none' : 'private_key_jwt';
}

/** The application that a request at the token endpoint authenticated as. */
export function applicationOf(ctx: Context, settings: TenantSettings): Application | undefined {
  const id = ctx.oidc.client?.clientId;
  return settings.applications.find(({ clientId }) => clientId === id);
}

/** The application with this id, if it is a third-party one. */
export function thirdPartyOf(
  clientId: unknown,
  { applications }: TenantSettings,
): Application | undefined {
  return applications.find((one) => one.clientId === clientId && one.thirdParty === true);
}
