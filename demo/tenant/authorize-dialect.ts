/**
 * `/authorize` as Auth0 speaks it: `audience`, every `prompt`, no `iss` unless switched on, and its
 * own page instead of a redirect when the callback URL is not one of the application's.
 *
 * @module
 */
import type { ErrorOut } from 'oidc-provider';

import { resourceOf, scopeInside } from './audiences.js';
import { issuerOf } from './discovery.js';
import { page, text } from './html.js';
import type { TenantSettings } from './options.js';
import type { Context, Step } from './provider-module.js';

/** Translates requests to `/authorize` inwards and its redirects outwards. */
export function authorizeDialect(settings: () => TenantSettings): Step {
  return async function speakAuthorize(ctx, next) {
    if (ctx.path !== '/authorize' && !ctx.path.startsWith('/authorize/')) return await next();
    if (ctx.path === '/authorize') ctx.query = requestInside(ctx.query, settings());
    await next();
    const { location } = ctx.response.headers;
    if (typeof location !== 'string') return;
    ctx.status = 302;
    if (URL.canParse(location)) ctx.set('Location', redirectOutside(ctx, location, settings()));
  };
}

type Query = Context['query'];

function requestInside(query: Query, settings: TenantSettings): Query {
  const { audience, resource, prompt, scope, nonce, ...rest } = query;
  const wanted =
    first(audience) ||
    (settings.resourceParameterProfile ? first(resource) : undefined) ||
    settings.defaultAudience;
  const prompts = promptInside(first(prompt));
  const scopes = scopeInside(first(scope) ?? '');
  return {
    ...rest,
    ...(wanted === undefined ? {} : { resource: resourceOf(wanted) }),
    ...(prompts === '' ? {} : { prompt: prompts }),
    ...(scopes === '' ? {} : { scope: scopes }),
    // The provider refuses a nonce without openid; Auth0 has no use for it and says nothing.
    ...(nonce === undefined || !scopes.split(' ').includes('openid') ? {} : { nonce }),
  };
}

/** Consent is always skipped here, and choosing an account means logging in again. */
function promptInside(prompt = ''): string {
  const wanted = prompt.split(' ').map((word) => (word === 'select_account' ? 'login' : word));
  return wanted.filter((word) => word !== 'consent').join(' ');
}

function redirectOutside(ctx: Context, location: string, settings: TenantSettings): string {
  const url = new URL(location);
  if (!url.searchParams.has('code') && !url.searchParams.has('error')) return location;
  url.searchParams.delete('iss');
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

/** Auth0's error page: what cannot be told to the application by redirect. */
export function renderAuthorizeError(ctx: Context, out: ErrorOut): void {
  const mismatch = out.error === 'invalid_redirect_uri';
  const unknown = out.error === 'invalid_client';
  if (mismatch || unknown) ctx.status = 403;
  const description = mismatch
    ? 'Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.'
    : unknown
      ? `Unknown client: ${String(ctx.query.client_id)}`
      : (out.error_description ?? 'Something went wrong.');
  ctx.type = 'html';
  ctx.body = page('Oops!, something went wrong', [
    `<p>${text(description)}</p>`,
    `<p>Error code: <code>${mismatch ? 'unauthorized_client' : text(out.error)}</code></p>`,
  ]);
}
