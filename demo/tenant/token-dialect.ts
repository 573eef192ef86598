/**
 * `/oauth/token` and `/oauth/revoke` as Auth0 speaks them: its statuses, its texts, its refresh
 * tokens, and the answers that carry tokens rewritten by {@link answerWithTokens}.
 *
 * @module
 */
import { authMethodOf } from './applications.js';
import { scopeInside } from './audiences.js';
import type { TenantKeys } from './keys.js';
import type { TenantSettings } from './options.js';
import type { Context, Step } from './provider-module.js';
import { formOf, type Params, setForm } from './request-body.js';
import { answerWithTokens, REFRESH_TOKEN_PREFIX } from './token-answer.js';

/** Translates the token endpoint, both ways. */
export function tokenDialect(settings: () => TenantSettings, keys: TenantKeys): Step {
  return async function speakToken(ctx, next) {
    if (ctx.path !== '/oauth/token' || ctx.method !== 'POST') return await next();
    const form = formOf(ctx);
    if (usesWrongMethod(ctx, form, settings())) return unauthorized(ctx);
    if (form.grant_type === 'refresh_token' && settings().mfaOnRefresh) return mfaRequired(ctx);
    setForm(ctx, formInside(form));
    await next();
    if (ctx.status === 200) await answerWithTokens(ctx, settings(), keys);
    else if (ctx.status < 500) errorOutside(ctx, form, settings());
  };
}

/** Translates the revocation endpoint, both ways. */
export function revocationDialect(settings: () => TenantSettings): Step {
  return async function speakRevocation(ctx, next) {
    if (ctx.path !== '/oauth/revoke' || ctx.method !== 'POST') return await next();
    const form = formOf(ctx);
    if (usesWrongMethod(ctx, form, settings())) return unauthorized(ctx);
    setForm(ctx, { ...form, token: withoutPrefix(form.token ?? '') });
    await next();
    if (ctx.status === 401) unauthorized(ctx);
  };
}

/** An application set to Post that sends Basic, or the reverse, is turned away. */
function usesWrongMethod(ctx: Context, form: Params, settings: TenantSettings): boolean {
  const basicId = basicClientId(ctx.get('Authorization'));
  const id = basicId ?? form.client_id;
  const application = settings.applications.find(({ clientId }) => clientId === id);
  if (application === undefined) return false;
  const method = authMethodOf(application);
  if (basicId !== undefined) return method !== 'client_secret_basic';
  return form.client_secret !== undefined && method !== 'client_secret_post';
}

/** Client id out of a Basic header (RFC 6749 §2.3.1), if there is one. */
function basicClientId(authorization: string): string | undefined {
  const [, encoded] = /^Basic (\S+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const [id = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return new URLSearchParams(`id=${id}`).get('id') ?? '';
}

function formInside({ audience: _audience, resource: _resource, ...form }: Params): Params {
  // Auth0 ignores `audience` here; the code or refresh token says which API it is for.
  return {
    ...form,
    ...(form.scope === undefined ? {} : { scope: scopeInside(form.scope) }),
    ...(form.refresh_token === undefined
      ? {}
      : { refresh_token: withoutPrefix(form.refresh_token) }),
  };
}

function withoutPrefix(token: string): string {
  return token.startsWith(REFRESH_TOKEN_PREFIX) ? token.slice(REFRESH_TOKEN_PREFIX.length) : '-';
}

function errorOutside(ctx: Context, form: Params, settings: TenantSettings): void {
  const { error, error_description: description = '' } = ctx.body as Params;
  if (error === 'invalid_client') unauthorized(ctx);
  else if (error === 'invalid_grant') {
    refuse(ctx, 403, error, invalidGrantText(ctx, form, settings));
  } else if (description.startsWith('requested grant type is not allowed')) {
    const text = `Grant type '${form.grant_type}' not allowed for the client.`;
    refuse(ctx, 403, 'unauthorized_client', text);
  }
}

/** Which text an `invalid_grant` carries; `ctx.state.detail` is the provider's own reason. */
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
