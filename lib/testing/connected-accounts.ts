/**
 * Accounts at other providers that users have connected ("Connected Accounts"): the My Account API, `/connect`, and a
 * page in the place of the provider. In memory only.
 */
import { createHash, randomBytes } from 'node:crypto';

import { createLocalJWKSet, jwtVerify } from 'jose';

import { html } from '../pages/html.js';
import { issuerOf } from './discovery.js';
import { page } from './html.js';
import type { TenantKeys } from './keys.js';
import type { Application, Connection, TenantSettings } from './options.js';
import type { Context, Middleware } from './provider-module.js';
import { formOf, jsonOf } from './request-body.js';

/** One account of a user at a provider. */
export interface ConnectedAccount {
  /** `cac_…` */
  readonly id: string;
  readonly connection: string;
  readonly scopes: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The connected accounts of all users. */
export interface ConnectedAccounts {
  of(sub: string): readonly ConnectedAccount[];
  add(sub: string, connection: string, scopes: readonly string[]): ConnectedAccount;
  /** @returns whether there was one */
  remove(sub: string, id: string): boolean;
}

const API_SCOPES = ['create', 'read', 'delete'].map((verb) => `${verb}:me:connected_accounts`);

/** With connections, the tenant has the My Account API and the settings that it needs, unless they are given. */
export function withConnections(settings: TenantSettings, issuer: string): TenantSettings {
  if (settings.connections.length === 0) return settings;
  const audience = audienceOf(issuer);
  const policy = { audience, scope: API_SCOPES };
  const applications = settings.applications.map((application): Application => {
    const { refreshTokenPolicies: policies = [] } = application;
    const hasPolicy = policies.some((one) => one.audience === audience);
    return {
      refreshTokenRotation: false,
      tokenVault: application.thirdParty !== true,
      ...application,
      refreshTokenPolicies: hasPolicy ? policies : [...policies, policy],
    };
  });
  return {
    ...settings,
    applications,
    apis: [...settings.apis, { identifier: audience, scopes: API_SCOPES }],
  };
}

/** Identifier of the My Account API. */
function audienceOf(issuer: string): string {
  return `${issuer}me/`;
}

/** Begins with `connectedAccounts` of the users. */
export function createConnectedAccounts(settings: () => TenantSettings): ConnectedAccounts {
  const bySubject = new Map<string, ConnectedAccount[]>();

  function of(sub: string): ConnectedAccount[] {
    const known = bySubject.get(sub);
    if (known !== undefined) return known;
    const user = settings().users.find((one) => one.sub === sub);
    const accounts = (user?.connectedAccounts ?? []).map((connection) =>
      newAccount(connection, connectionNamed(connection, settings())?.scopes ?? []),
    );
    bySubject.set(sub, accounts);
    return accounts;
  }

  return {
    of,
    add(sub, connection, scopes) {
      const account = newAccount(connection, scopes);
      // Connected once more: the account of the provider is the same one here.
      bySubject.set(sub, [...of(sub).filter((one) => one.connection !== connection), account]);
      return account;
    },
    remove(sub, id) {
      const accounts = of(sub);
      bySubject.set(
        sub,
        accounts.filter((one) => one.id !== id),
      );
      return accounts.some((one) => one.id === id);
    },
  };
}

function newAccount(connection: string, scopes: readonly string[]): ConnectedAccount {
  const id = `cac_${randomBytes(12).toString('base64url')}`;
  return { id, connection, scopes, createdAt: new Date().toISOString() };
}

/** The connection with this name. */
export function connectionNamed(
  name: unknown,
  { connections }: TenantSettings,
): Connection | undefined {
  return connections.find((one) => one.name === name);
}

/** A connection that a user has begun. */
interface Attempt {
  readonly sub: string;
  readonly connection: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly challenge: string | undefined;
  readonly authSession: string;
  /** For the browser; deleted at its first use. */
  readonly ticket: string;
  code?: string;
}

/** The caller of the API. */
interface Caller {
  readonly sub: string;
  readonly clientId: unknown;
}

/** Serves `/me/v1/connected-accounts/`, `/connect` and `/u/provider`. */
export function connectedAccountsApi(
  settings: () => TenantSettings,
  keys: TenantKeys,
  accounts: ConnectedAccounts,
): Middleware {
  const attempts = new Set<Attempt>();
  const find = (is: (attempt: Attempt) => boolean) => [...attempts].find(is);

  function connect(ctx: Context, { sub, clientId }: Caller): void {
    const body = jsonOf(ctx);
    const invalid = invalidMembers(body, settings(), clientId);
    if (invalid.length > 0) {
      validationProblem(ctx, invalid);
      return;
    }
    const connection = String(body['connection']);
    const scopes = body['scopes'] as readonly string[] | undefined;
    const attempt: Attempt = {
      sub,
      connection,
      scopes: scopes ?? connectionNamed(connection, settings())?.scopes ?? [],
      redirectUri: String(body['redirect_uri']),
      state: textOf(body['state']),
      challenge: textOf(body['code_challenge']),
      authSession: secret(),
      ticket: secret(),
    };
    attempts.add(attempt);
    ctx.status = 201;
    ctx.body = {
      auth_session: attempt.authSession,
      connect_uri: `${issuerOf(ctx)}connect`,
      connect_params: { ticket: attempt.ticket },
      expires_in: 300,
    };
  }

  function complete(ctx: Context, { sub }: Caller): void {
    const { auth_session, connect_code, redirect_uri, code_verifier } = jsonOf(ctx);
    const attempt = find((one) => one.authSession === auth_session);
    const isValid =
      attempt?.code !== undefined &&
      attempt.code === connect_code &&
      attempt.redirectUri === redirect_uri &&
      (attempt.challenge === undefined || attempt.challenge === challengeOf(code_verifier));
    if (!isValid || attempt.sub !== sub) {
      // The text is ours.
      problem(ctx, 400, 'Bad Request', 'Invalid connect_code or auth_session.');
      return;
    }
    attempts.delete(attempt);
    ctx.status = 201;
    ctx.body = publicAccount(accounts.add(sub, attempt.connection, attempt.scopes));
  }

  function list(ctx: Context, { sub }: Caller): void {
    const { connection } = ctx.query;
    const found = accounts
      .of(sub)
      .filter((one) => connection === undefined || one.connection === connection);
    ctx.body = { accounts: found.map(publicAccount) };
  }

  function remove(ctx: Context, { sub }: Caller): void {
    const id = ctx.path.slice(`${PREFIX}accounts/`.length);
    if (accounts.remove(sub, id)) ctx.status = 204;
    else problem(ctx, 404, 'Not Found', 'There is no such account.');
  }

  async function callApi(ctx: Context): Promise<void> {
    const path = ctx.path.slice(PREFIX.length);
    const route = `${ctx.method} ${path.replace(/^accounts\/cac_[\w-]+$/, 'accounts/ID')}`;
    const [verb, handle] =
      {
        'POST connect': ['create', connect] as const,
        'POST complete': ['create', complete] as const,
        'GET accounts': ['read', list] as const,
        'DELETE accounts/ID': ['delete', remove] as const,
      }[route] ?? [];
    if (verb === undefined || settings().connections.length === 0) {
      return problem(ctx, 404, 'Not Found', 'The resource does not exist.');
    }
    const claims = await claimsOf(ctx, keys);
    if (claims === undefined) return problem(ctx, 401, 'Unauthorized', 'Invalid token.');
    if (!String(claims['scope']).split(' ').includes(`${verb}:me:connected_accounts`)) {
      return problem(ctx, 403, 'Forbidden', 'Insufficient scope.');
    }
    handle(ctx, { sub: String(claims.sub), clientId: claims['azp'] ?? claims['client_id'] });
  }

  return async function serveConnectedAccounts(ctx, next) {
    if (ctx.path.startsWith(PREFIX)) await callApi(ctx);
    else if (ctx.path === '/connect' || ctx.path === '/u/provider') visit(ctx, attempts);
    else await next();
  };
}

const PREFIX = '/me/v1/connected-accounts/';

/** The browser, from the ticket to the provider and back. */
function visit(ctx: Context, attempts: Set<Attempt>): void {
  ctx.set('Cache-Control', 'no-store');
  const ticket = ctx.path === '/connect' ? ctx.query['ticket'] : formOf(ctx)['ticket'];
  const attempt = [...attempts].find((one) => one.ticket === ticket && one.code === undefined);
  ctx.type = 'html';
  if (attempt === undefined) {
    ctx.status = 400;
    ctx.body = page('Oops!, something went wrong', html`<p>This ticket is not valid.</p>`);
  } else if (ctx.path === '/connect') {
    ctx.body = providerPage(attempt);
  } else {
    const back = new URL(attempt.redirectUri);
    if (attempt.state !== undefined) back.searchParams.set('state', attempt.state);
    if (formOf(ctx)['action'] === 'allow') {
      attempt.code = secret();
      back.searchParams.set('connect_code', attempt.code);
    } else {
      attempts.delete(attempt);
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_description', 'User did not authorize the request');
    }
    ctx.redirect(back.href);
  }
}

const MEMBERS: readonly string[] = [
  'connection',
  'redirect_uri',
  'state',
  'code_challenge',
  'code_challenge_method',
  'scopes',
  'authorization_params',
];

/** Names of members that are unknown, missing or wrong. */
function invalidMembers(
  body: Readonly<Record<string, unknown>>,
  settings: TenantSettings,
  client: unknown,
): string[] {
  const { redirect_uri, scopes } = body;
  const application = settings.applications.find(({ clientId }) => clientId === client);
  const isCallback =
    settings.loopbackCallbacks ||
    application?.callbackUrls?.includes(String(redirect_uri)) === true;
  const isList = Array.isArray(scopes) && scopes.length > 0 && scopes.length <= 100;
  return [
    ...Object.keys(body).filter((name) => !MEMBERS.includes(name)),
    ...(connectionNamed(body['connection'], settings) ? [] : ['connection']),
    ...(isCallback && typeof redirect_uri === 'string' ? [] : ['redirect_uri']),
    ...(scopes === undefined || isList ? [] : ['scopes']),
  ];
}

function providerPage({ connection, scopes, ticket }: Attempt): string {
  return page(
    `Sign in with ${connection}`,
    html`<p>The demo tenant asks for access to an account at this provider${scopes.length > 0 && html`: ${scopes.join(', ')}`}.</p>
<form method="post" action="/u/provider">
<input type="hidden" name="ticket" value="${ticket}">
<button type="submit" name="action" value="allow">Allow</button>
<button type="submit" name="action" value="deny">Deny</button>
</form>`,
  );
}

async function claimsOf(ctx: Context, keys: TenantKeys) {
  const [, token = ''] = /^Bearer (\S+)$/i.exec(ctx.get('Authorization')) ?? [];
  const issuer = issuerOf(ctx);
  const expected = { issuer, audience: audienceOf(issuer), algorithms: ['RS256'] };
  return await jwtVerify(token, createLocalJWKSet(keys.jwks(true)), expected).then(
    ({ payload }) => payload,
    () => undefined,
  );
}

function publicAccount({ id, connection, scopes, createdAt }: ConnectedAccount) {
  return { id, connection, scopes, created_at: createdAt, access_type: 'offline' };
}

/** RFC 9457, as the API has it; the texts are ours. */
function problem(ctx: Context, status: number, title: string, detail: string): void {
  ctx.status = status;
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({
    type: `https://auth0.com/api-errors/${status}`,
    status,
    title,
    detail,
  });
}

function validationProblem(ctx: Context, fields: readonly string[]): void {
  problem(ctx, 400, 'Bad Request', 'Validation failed.');
  const validation_errors = fields.map((field) => ({ detail: `invalid: ${field}`, field }));
  ctx.body = JSON.stringify({ ...JSON.parse(String(ctx.body)), validation_errors });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function challengeOf(verifier: unknown): string {
  return createHash('sha256').update(String(verifier)).digest('base64url');
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}
