/** `/oauth/token` and `/oauth/revoke` with Auth0's statuses, texts, refresh tokens and token responses. */
import { authMethodOf, TOKEN_EXCHANGE, TOKEN_VAULT } from './applications.js';
import { toProviderScope } from './audiences.js';
import type { Authentications } from './authentication.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Context, Middleware } from './provider-module.js';
import { formOf, type Params, setForm } from './request-body.js';
import { REFRESH_TOKEN_PREFIX, respondToApplication, respondWithTokens } from './token-response.js';

/** Translates requests and responses of the token endpoint. */
export function tokenDialect(
  settings: () => TenantSettings,
  keys: TenantKeys,
  authentications: Authentications,
): Middleware {
  return async function translateToken(ctx, next) {
    if (ctx.path !== '/oauth/token' || ctx.method !== 'POST') return await next();
    const form = formOf(ctx);
    if (usesWrongMethod(ctx, form, settings())) return unauthorized(ctx);
    if (form.grant_type === 'client_credentials') {
      return await tokenForApplication(ctx, form, settings(), keys);
    }
    if (form.grant_type === 'refresh_token') {
      if (requiresMfa(form.audience, settings())) return mfaRequired(ctx);
      ctx.state.refresh = { audience: form.audience, scope: form.scope };
    }
    setForm(ctx, toProviderForm(form));
    await next();
    if (form.grant_type === TOKEN_EXCHANGE && ctx.state.exchanged) return;
    if (ctx.status === 200) await respondWithTokens(ctx, settings(), keys, authentications);
    else if (ctx.status < 500) toAuth0Error(ctx, form, settings());
  };
}

/** A token without a user. `oidc-provider` knows no audience per application, so the response is made here. */
async function tokenForApplication(
  ctx: Context,
  form: Params,
  settings: TenantSettings,
  keys: TenantKeys,
): Promise<void> {
  const application = settings.applications.find(({ clientId }) => clientId === form.client_id);
  const { clientSecret, clientGrants } = application ?? {};
  if (application === undefined || clientSecret === undefined) return unauthorized(ctx);
  if (form.client_secret !== clientSecret) return unauthorized(ctx);
  if (clientGrants === undefined) {
    const text = "Grant type 'client_credentials' not allowed for the client.";
    return refuse(ctx, 403, 'unauthorized_client', text);
  }
  const { audience = settings.defaultAudience ?? '' } = form;
  const api = settings.apis.find(({ identifier }) => identifier === audience);
  if (api === undefined) return refuse(ctx, 403, 'access_denied', `Service not found: ${audience}`);
  const scopes = clientGrants[audience];
  if (scopes === undefined) {
    const text = `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`;
    return refuse(ctx, 403, 'access_denied', text);
  }
  await respondToApplication(ctx, application, api, scopes, settings, keys);
}

/** Translates requests and responses of the revocation endpoint. */
export function revocationDialect(settings: () => TenantSettings): Middleware {
  return async function translateRevocation(ctx, next) {
    if (ctx.path !== '/oauth/revoke' || ctx.method !== 'POST') return await next();
    const form = formOf(ctx);
    if (usesWrongMethod(ctx, form, settings())) return unauthorized(ctx);
    setForm(ctx, { ...form, token: withoutPrefix(form.token ?? '') });
    await next();
    if (ctx.status === 401) unauthorized(ctx);
  };
}

/** An application that is set to Post and sends Basic, or the reverse, is rejected. */
function usesWrongMethod(ctx: Context, form: Params, settings: TenantSettings): boolean {
  const basicId = basicClientId(ctx.get('Authorization'));
  const id = basicId ?? form.client_id;
  const application = settings.applications.find(({ clientId }) => clientId === id);
  if (application === undefined) return false;
  const method = authMethodOf(application);
  if (basicId !== undefined) return method !== 'client_secret_basic';
  return form.client_secret !== undefined && method !== 'client_secret_post';
}

/** Client id of a Basic header (RFC 6749 §2.3.1). */
function basicClientId(authorization: string): string | undefined {
  const [, encoded] = /^Basic (\S+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const [id = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return new URLSearchParams(`id=${id}`).get('id') ?? '';
}

function requiresMfa(audience: string | undefined, { mfaOnRefresh }: TenantSettings): boolean {
  return typeof mfaOnRefresh === 'boolean' ? mfaOnRefresh : mfaOnRefresh.includes(audience ?? '');
}

function toProviderForm({ audience, resource: _resource, scope, ...form }: Params): Params {
  if (form.grant_type === TOKEN_VAULT) return form;
  if (form.grant_type === TOKEN_EXCHANGE) {
    return { ...form, ...(audience && { audience }), ...(scope && { scope }) };
  }
  // The code or refresh token determines the API; `token-response.ts` applies the policies to a refresh.
  return {
    ...form,
    ...(scope === undefined || form.grant_type === 'refresh_token'
      ? {}
      : { scope: toProviderScope(scope) }),
    ...(form.refresh_token === undefined
      ? {}
      : { refresh_token: withoutPrefix(form.refresh_token) }),
  };
}

function withoutPrefix(token: string): string {
  return token.startsWith(REFRESH_TOKEN_PREFIX) ? token.slice(REFRESH_TOKEN_PREFIX.length) : '-';
}

function toAuth0Error(ctx: Context, form: Params, settings: TenantSettings): void {
  const { error, error_description: description = '' } = ctx.body as Params;
  if (error === 'invalid_client') unauthorized(ctx);
  else if (error === 'invalid_grant') {
    refuse(ctx, 403, error, invalidGrantText(ctx, form, settings));
  } else if (description.startsWith('requested grant type is not allowed')) {
    const text = `Grant type '${form.grant_type}' not allowed for the client.`;
    refuse(ctx, 403, 'unauthorized_client', text);
  }
}

/** Auth0's text for an `invalid_grant`; `ctx.state.detail` is the provider's reason. */
function invalidGrantText(ctx: Context, form: Params, settings: TenantSettings): string {
  const detail = String(ctx.state.detail ?? '');
  if (form.grant_type !== 'refresh_token') {
    return /code_(verifier|challenge)/.test(detail)
      ? 'Failed to verify code verifier'
      : 'Invalid authorization code';
  }
  const sub = ctx.oidc.entities.RefreshToken?.accountId;
  const gone = sub !== undefined && !settings.users.some((user) => user.sub === sub);
  return gone
    ? "The refresh_token was generated for a user who doesn't exist anymore."
    : 'Unknown or invalid refresh token.';
}

function unauthorized(ctx: Context): void {
  ctx.remove('WWW-Authenticate');
  refuse(ctx, 401, 'access_denied', 'Unauthorized');
}

function mfaRequired(ctx: Context): void {
  refuse(ctx, 403, 'mfa_required', 'Multifactor authentication required');
  Object.assign(ctx.body as object, {
    mfa_token: 'Fe26.2*SERVER_1*mfa-token-of-the-demo-tenant',
    mfa_requirements: { challenge: [{ type: 'otp' }] },
  });
}

function refuse(ctx: Context, status: number, error: string, error_description: string): void {
  ctx.status = status;
  ctx.body = { error, error_description };
}
