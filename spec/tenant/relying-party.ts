/** An application of the tenant for specs: login, code exchange, refresh. */
import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';

import { type Browser, createBrowser, logIn, type Page } from '../../lib/testing/browser.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../lib/testing/options.js';
import type { Tenant } from '../../lib/testing/tenant.js';

/** Never listened to: the browser stops before it. */
export const CALLBACK = 'http://127.0.0.1:9/callback';

const VERIFIER = randomBytes(32).toString('base64url');

export const ADA_LOGIN = { email: ADA.email, password: ADA.password };

/** A response of the token endpoint. */
export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, string>;
}

/** Address of a login with sensible parameters; `undefined` removes one. */
export function authorizeUrl(
  tenant: Tenant,
  change: Record<string, string | undefined> = {},
): string {
  const parameters: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: DEMO_CLIENT_ID,
    redirect_uri: CALLBACK,
    scope: 'openid profile email offline_access read:notes files:write',
    audience: DEMO_AUDIENCE,
    state: 'state-of-the-spec',
    nonce: 'nonce-of-the-spec',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return `${tenant.issuer}authorize?${new URLSearchParams(given)}`;
}

/** Logs in at the tenant if required, and returns the parameters of the callback. */
export async function callbackOf(
  tenant: Tenant,
  change: Record<string, string | undefined> = {},
  browser: Browser = createBrowser(),
  user = ADA_LOGIN,
): Promise<URLSearchParams> {
  const options = { stopBefore: CALLBACK };
  let page: Page = await browser.follow(authorizeUrl(tenant, change), options);
  if (page.url.pathname === '/u/login') page = await logIn(browser, page, user, options);
  if (page.next === undefined) throw new Error(`no callback: ${page.status} ${page.body}`);
  return page.next.searchParams;
}

/** Posts to the token endpoint as the default application, or as the public one that the form names. */
export async function postToken(
  tenant: Tenant,
  form: Record<string, string>,
): Promise<TokenAnswer> {
  const response = await fetch(`${tenant.issuer}oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      ...(form.client_id === undefined
        ? { client_id: DEMO_CLIENT_ID, client_secret: DEMO_CLIENT_SECRET }
        : {}),
      ...form,
    }),
  });
  const body = (await response.json()) as Record<string, string>;
  return { status: response.status, headers: response.headers, body };
}

/** Redeems a code. */
export async function redeem(
  tenant: Tenant,
  code: string,
  change: Record<string, string> = {},
): Promise<TokenAnswer> {
  return await postToken(tenant, {
    grant_type: 'authorization_code',
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    code,
    ...change,
  });
}

/** A whole login: from the first redirect to the tokens. */
export async function tokensOf(
  tenant: Tenant,
  change: Record<string, string | undefined> = {},
  browser: Browser = createBrowser(),
  user = ADA_LOGIN,
): Promise<Record<string, string>> {
  const callback = await callbackOf(tenant, change, browser, user);
  return (await redeem(tenant, callback.get('code') ?? '')).body;
}

/** Spends a refresh token. */
export async function refresh(tenant: Tenant, token = ''): Promise<TokenAnswer> {
  return await postToken(tenant, { grant_type: 'refresh_token', refresh_token: token });
}

/** Claims of a token, unverified. */
export function claimsOf(token = ''): Record<string, unknown> {
  return decodeJwt(token);
}
