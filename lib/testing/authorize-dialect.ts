/**
 * `/authorize` as at Auth0: `audience`, every `prompt`, no `iss` unless switched on, and an error page
 * instead of a redirect for a callback URL that the application does not have.
 */
import type { ErrorOut } from 'oidc-provider';

import { html } from '../pages/html.js';
import { thirdPartyOf, withLoopbackCallback } from './applications.js';
import { NO_SCOPE, resourceOf, toProviderScope } from './audiences.js';
import { issuerOf } from './discovery.js';
import { page } from './html.js';
import type { TenantSettings } from './options.js';
import type { Context, Middleware } from './provider-module.js';
import { type Refusal, refusalOf, withoutOidcScopes } from './third-party.js';

/**
 * Translates requests to `/authorize` for the provider, and its redirects to Auth0's.
 *
 * @param configure changes the settings
 */
export function authorizeDialect(
  settings: () => TenantSettings,
  configure: (change: Partial<TenantSettings>) => void,
): Middleware {
  return async function translateAuthorize(ctx, next) {
    if (ctx.path !== '/authorize' && !ctx.path.startsWith('/authorize/')) return await next();
    if (ctx.path === '/authorize') {
      const { client_id: clientId, redirect_uri: redirectUri } = ctx.query;
      const applications = withLoopbackCallback(settings(), clientId, redirectUri);
      if (applications !== undefined) configure({ applications });
      const refusal = refusedThirdParty(ctx.query, settings());
      if (refusal !== undefined) return showError(ctx, 403, refusal);
      ctx.query = toProviderRequest(ctx.query, settings());
    }
    await next();
    const { location } = ctx.response.headers;
    if (typeof location !== 'string') return;
    const failure = failureFor(ctx.oidc?.client?.clientId, location, settings());
    if (failure !== undefined) return showError(ctx, 400, failure);
    ctx.status = 302;
    if (URL.canParse(location)) ctx.set('Location', toAuth0Redirect(ctx, location, settings()));
  };
}

type Query = Context['query'];

/** Identifier of the requested API. */
function audienceOf({ audience, resource }: Query, settings: TenantSettings): string | undefined {
  return (
    first(audience) ||
    (settings.resourceParameterProfile ? first(resource) : undefined) ||
    settings.defaultAudience
  );
}

function refusedThirdParty(query: Query, settings: TenantSettings): Refusal | undefined {
  if (thirdPartyOf(first(query.client_id), settings) === undefined) return undefined;
  return refusalOf(query, audienceOf(query, settings), settings);
}

/** "Open Redirect Protection": a third-party application is not told about a failed login. */
function failureFor(
  clientId: string | undefined,
  location: string,
  settings: TenantSettings,
): Refusal | undefined {
  if (thirdPartyOf(clientId, settings) === undefined || !URL.canParse(location)) return undefined;
  const { searchParams } = new URL(location);
  const error = searchParams.get('error');
  if (error === null) return undefined;
  return { error, description: searchParams.get('error_description') ?? error };
}

function toProviderRequest(query: Query, settings: TenantSettings): Query {
  const { audience: _audience, resource: _resource, prompt, scope, nonce, ...rest } = query;
  const wanted = audienceOf(query, settings);
  const prompts = toProviderPrompt(first(prompt));
  const requested = toProviderScope(first(scope) ?? '');
  const isThirdParty = thirdPartyOf(first(query.client_id), settings) !== undefined;
  const scopes = `${isThirdParty ? withoutOidcScopes(requested) : requested} ${NO_SCOPE}`.trim();
  return {
    ...rest,
    ...(wanted === undefined ? {} : { resource: resourceOf(wanted) }),
    ...(prompts === '' ? {} : { prompt: prompts }),
    scope: scopes,
    // The provider rejects a nonce without openid; Auth0 ignores it.
    ...(nonce === undefined || !scopes.split(' ').includes('openid') ? {} : { nonce }),
  };
}

/** Consent is always skipped here, and `select_account` is a new login. */
function toProviderPrompt(prompt = ''): string {
  const wanted = prompt.split(' ').map((word) => (word === 'select_account' ? 'login' : word));
  return wanted.filter((word) => word !== 'consent').join(' ');
}

function toAuth0Redirect(ctx: Context, location: string, settings: TenantSettings): string {
  const url = new URL(location);
  if (!url.searchParams.has('code') && !url.searchParams.has('error')) return location;
  url.searchParams.delete('iss');
  if (settings.denyLogins !== undefined && url.searchParams.has('code')) {
    const { error = 'access_denied', description } = settings.denyLogins;
    url.searchParams.delete('code');
    url.searchParams.set('error', error);
    url.searchParams.set('error_description', description);
  }
  // RFC 9207, only where the tenant is set to it.
  if (settings.issInResponse) url.searchParams.set('iss', issuerOf(ctx));
  if (url.searchParams.get('error') === 'login_required') {
    url.searchParams.set('error_description', 'Login required');
  }
  return url.href;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** Auth0's error page, for errors that are not sent to the application by redirect. */
export function renderAuthorizeError(ctx: Context, out: ErrorOut): void {
  const mismatch = out.error === 'invalid_redirect_uri';
  const unknown = out.error === 'invalid_client';
  if (mismatch || unknown) ctx.status = 403;
  const description = mismatch
    ? 'Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.'
    : unknown
      ? `Unknown client: ${String(ctx.query.client_id)}`
      : (out.error_description ?? 'Something went wrong.');
  errorPage(ctx, { error: mismatch ? 'unauthorized_client' : out.error, description });
}

function showError(ctx: Context, status: number, refusal: Refusal): void {
  ctx.remove('Location');
  ctx.status = status;
  errorPage(ctx, refusal);
}

function errorPage(ctx: Context, { error, description }: Refusal): void {
  ctx.type = 'html';
  ctx.body = page(
    'Oops!, something went wrong',
    html`<p>${description}</p>
<p>Error code: <code>${error}</code></p>`,
  );
}
