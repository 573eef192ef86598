/** `/oidc/register` (RFC 7591 §3): if it is switched on, everyone can create third-party applications. */
import { randomBytes } from 'node:crypto';

import { stringsIn } from '../oauth/json-object.js';
import type { Application, TenantSettings } from './options.js';
import type { Context, Middleware } from './provider-module.js';
import { jsonOf } from './request-body.js';

const GRANT_TYPES: readonly string[] = ['authorization_code', 'refresh_token'];

/** @param configure changes the settings */
export function registration(
  settings: () => TenantSettings,
  configure: (change: Partial<TenantSettings>) => void,
): Middleware {
  return async function register(ctx, next) {
    if (ctx.path !== '/oidc/register' || ctx.method !== 'POST') return await next();
    if (!settings().dynamicClientRegistration) {
      // Status and text as reported by users of MCP clients.
      return refuse(ctx, 'invalid_request', 'dynamic client registration is disabled');
    }
    const requested = jsonOf(ctx);
    const redirectUris = stringsIn(requested['redirect_uris']);
    if (redirectUris.length === 0 || !redirectUris.every((uri) => URL.canParse(uri))) {
      return refuse(ctx, 'invalid_redirect_uri', 'redirect_uris has to be a list of URLs');
    }
    const application = applicationFrom(requested, redirectUris);
    configure({ applications: [...settings().applications, application] });
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = responseFor(application);
  };
}

function applicationFrom(
  requested: Readonly<Record<string, unknown>>,
  callbackUrls: readonly string[],
): Application {
  const { client_name: name, token_endpoint_auth_method: method } = requested;
  const grants = stringsIn(requested['grant_types']);
  return {
    clientId: `tpc_${randomText(24)}`,
    name: typeof name === 'string' ? name : 'My Dynamic Application',
    thirdParty: true,
    callbackUrls,
    refreshTokenGrant: grants.includes('refresh_token'),
    ...(method === 'none' ? {} : { clientSecret: randomText(48) }),
  };
}

function responseFor(application: Application): Record<string, unknown> {
  const { clientId, clientSecret, name, callbackUrls, refreshTokenGrant } = application;
  return {
    client_name: name,
    client_id: clientId,
    ...(clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : {
          client_secret: clientSecret,
          client_secret_expires_at: 0,
          token_endpoint_auth_method: 'client_secret_post',
        }),
    redirect_uris: callbackUrls,
    grant_types: refreshTokenGrant === true ? GRANT_TYPES : GRANT_TYPES.slice(0, 1),
  };
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url').replace(/\W/g, '0');
}

function refuse(ctx: Context, error: string, error_description: string): void {
  ctx.status = 400;
  ctx.body = { error, error_description };
}
