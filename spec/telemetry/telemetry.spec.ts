/**
 * What an operator with OpenTelemetry sees of logins, refreshes, checks and calls to Auth0.
 *
 * @module
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { StorageUnavailableError } from '../../lib/storage/storage.js';
import { METRICS, SPANS } from '../../lib/telemetry.js';
import { cancelLogin, createBrowser } from '../../lib/testing/browser.js';
import { DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { pressSignIn, signIn } from '../support/connected-apps.js';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.js';
import { callTool, type OAuthClient, registerClient, VERIFIER } from '../support/oauth-client.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';
import { type Collector, collect } from './collector.js';

const MACHINE = {
  clientId: 'reports',
  name: 'Reports',
  grants: ['client_credentials' as const],
  scopes: ['files:read'],
  clientSecret: 'a-secret-of-a-machine-0123456789abcdef',
};
const AGENT = { ...MACHINE, clientId: 'agent', name: 'Agent', grants: [], scopes: undefined };
let acme: IdentityProvider;
const store = memoryStorage();
let isStoreDown = false;
const breakable = {
  ...store,
  async get(key: string) {
    if (isStoreDown) throw new StorageUnavailableError('the store is down');
    return store.get(key);
  },
};

let collector: Collector;
let world: World;
let client: OAuthClient;

beforeAll(async () => {
  collector = collect();
  acme = await startIdentityProvider();
  world = await startWorld({
    connectedApps: true,
    options: {
      storage: breakable,
      clients: [MACHINE, AGENT],
      enterprise: [
        { issuer: acme.issuer, clients: ['agent'], subject: ({ sub }) => `acme|${sub}` },
      ],
    },
  });
  client = await registerClient(world.origin);
});

beforeEach(() => collector.clear());

afterEach(() => {
  isStoreDown = false;
  world.tenant.clearFaults();
});

afterAll(async () => {
  await world.close();
  await acme.close();
});

/** Spans begun directly below one. */
function childrenOf(parent: ReadableSpan | undefined): readonly ReadableSpan[] {
  const id = parent?.spanContext().spanId;
  return collector.spans().filter((span) => span.parentSpanContext?.spanId === id);
}

/** A token request by credentials. */
async function machineToken(secret: string, scope?: string): Promise<void> {
  const form = { grant_type: 'client_credentials', client_id: MACHINE.clientId, scope };
  await client.post('/token', { ...form, client_secret: secret });
}

async function employeeToken(aud: string): Promise<void> {
  const { clientId: client_id, clientSecret: client_secret } = AGENT;
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const assertion = await acme.idJag({ aud, client_id });
  await client.post('/token', { grant_type, assertion, client_id, client_secret });
}

/** The value of a metric with these attributes, 0 where there is none yet. */
async function total(metric: string, attributes: Record<string, unknown> = {}): Promise<number> {
  const points = await collector.points(metric);
  return points
    .filter((point) =>
      Object.entries(attributes).every(([name, value]) => point.attributes[name] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

describe('spans', () => {
  it('cover a login from the redirect to the tokens, with requests to Auth0 as children', async () => {
    await client.tokens();
    expect(collector.named('auth0_mcp.login.start')).toHaveLength(1);
    const [finish] = collector.named('auth0_mcp.login.finish');
    expect(finish).toMatchObject({
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'auth0_mcp.outcome': 'ok' },
    });
    expect(childrenOf(finish)).toContainEqual(
      expect.objectContaining({
        name: 'auth0_mcp.upstream',
        kind: SpanKind.CLIENT,
        attributes: {
          'auth0_mcp.operation': 'token_endpoint_authorization_code',
          'http.request.method': 'POST',
          'http.response.status_code': 200,
          'server.address': '127.0.0.1',
          'server.port': world.tenant.port,
        },
      }),
    );
    expect(collector.named('auth0_mcp.code.redeem')).toMatchObject([
      { attributes: { 'auth0_mcp.outcome': 'ok' } },
    ]);
  });

  it('show refreshes and bearer checks', async () => {
    const tokens = await client.tokens();
    const { body } = await client.refresh(tokens.refresh_token);
    await callTool(world.mcp, body.access_token, 'whoami');
    const good = [{ attributes: { 'auth0_mcp.outcome': 'ok' } }];
    expect(collector.named('auth0_mcp.token.refresh')).toMatchObject(good);
    expect(collector.named('auth0_mcp.bearer.verify')).toMatchObject(good);
  });

  it('of rejected requests are no errors, and have the error code', async () => {
    await client.redeem('not-a-code');
    await callTool(world.mcp, 'not-a-token', 'whoami');
    expect(collector.named('auth0_mcp.code.redeem')).toMatchObject([
      { status: { code: SpanStatusCode.UNSET }, attributes: { 'error.type': 'invalid_grant' } },
    ]);
    expect(collector.named('auth0_mcp.bearer.verify')).toMatchObject([
      { status: { code: SpanStatusCode.UNSET }, attributes: { 'error.type': 'invalid_token' } },
    ]);
  });

  it('of an outage are errors, without a message and without the exception', async () => {
    world.tenant.fault('/oauth/token', { kind: 'respond', status: 500, body: 'Internal: x' });
    await client.logIn();
    for (const name of ['auth0_mcp.login.finish', 'auth0_mcp.upstream']) {
      expect(collector.named(name).at(-1)).toMatchObject({
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'unavailable' },
        events: [],
      });
    }
  });

  it('of a failed store have their error type', async () => {
    const { access_token: token } = await client.tokens();
    collector.clear();
    isStoreDown = true;
    await callTool(world.mcp, token, 'whoami');
    expect(collector.named('auth0_mcp.bearer.verify')).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'storage_unavailable' },
      },
    ]);
  });
});

describe('metrics', () => {
  it('count logins by outcome', async () => {
    const before = await total('auth0_mcp.logins', { 'auth0_mcp.outcome': 'ok' });
    await client.logIn();
    expect(await total('auth0_mcp.logins', { 'auth0_mcp.outcome': 'ok' })).toBe(before + 1);

    const refused = await total('auth0_mcp.logins', { 'error.type': 'unavailable' });
    world.tenant.fault('/oauth/token', { kind: 'respond', status: 503 });
    await client.logIn();
    expect(await total('auth0_mcp.logins', { 'error.type': 'unavailable' })).toBe(refused + 1);
  });

  it('count sign-ins to the page of connected apps separately, by outcome', async () => {
    const count = () =>
      Promise.all([
        total('auth0_mcp.sign_ins', { 'auth0_mcp.outcome': 'ok' }),
        total('auth0_mcp.sign_ins', { 'error.type': 'denied' }),
        total('auth0_mcp.logins'),
      ]);
    const [good = 0, denied = 0, logins = 0] = await count();
    await signIn(createBrowser(), world.origin);
    const browser = createBrowser();
    const page = await browser.get(`${world.origin}/connected-apps`);
    await cancelLogin(browser, await pressSignIn(browser, page));
    expect(await count()).toEqual([good + 1, denied + 1, logins]);
  });

  it('count refreshes, redemptions and bearer checks by outcome', async () => {
    const { access_token: token, refresh_token: refreshToken } = await client.tokens();
    const counters = [
      'auth0_mcp.refreshes',
      'auth0_mcp.code_redemptions',
      'auth0_mcp.bearer.checks',
    ];
    const read = (type: string | undefined) =>
      Promise.all(counters.map((name) => total(name, { 'error.type': type })));
    const [good, bad] = [await read(undefined), await read('invalid_grant')];
    await client.refresh(refreshToken);
    await client.refresh('not-a-token');
    await callTool(world.mcp, token, 'whoami');
    await client.redeem('not-a-code');
    expect(await read(undefined)).toEqual([(good[0] ?? 0) + 1, good[1], (good[2] ?? 0) + 1]);
    expect(await read('invalid_grant')).toEqual([(bad[0] ?? 0) + 1, (bad[1] ?? 0) + 1, 0]);
  });

  it('count logins redirected to Auth0, completed or not', async () => {
    const before = await total('auth0_mcp.logins.started');
    await client.logIn();
    const browser = createBrowser();
    const page = await browser.follow(client.authorizeUrl());
    await browser.submit(page, {}, { button: { name: 'decision', value: 'allow' } });
    expect(await total('auth0_mcp.logins.started')).toBe(before + 2);
  });

  it('measure requests to Auth0 and the store in seconds, failures separately', async () => {
    await client.tokens();
    const operation = { 'auth0_mcp.operation': 'token_endpoint_authorization_code' };
    const ended = { ...operation, 'http.response.status_code': 200 };
    expect(await total('auth0_mcp.upstream.duration', ended)).toBeGreaterThan(0);
    const written = { 'auth0_mcp.operation': 'add' };
    expect(await total('auth0_mcp.storage.duration', written)).toBeGreaterThan(0);

    const { access_token: token } = await client.tokens();
    isStoreDown = true;
    await callTool(world.mcp, token, 'whoami');
    const failed = { 'auth0_mcp.operation': 'get', 'error.type': 'storage_unavailable' };
    expect(await total('auth0_mcp.storage.duration', failed)).toBeGreaterThan(0);
  });
});

describe('token requests by client credentials', () => {
  it('count by outcome', async () => {
    await machineToken(MACHINE.clientSecret);
    await machineToken(MACHINE.clientSecret, 'no_such_scope');
    const counted = (outcome: string) =>
      total('auth0_mcp.client_credentials', { 'auth0_mcp.outcome': outcome });
    expect(await counted('ok')).toBe(1);
    expect(await counted('invalid_scope')).toBe(1);
  });
});

describe('identity assertions', () => {
  it('count by outcome', async () => {
    await employeeToken(world.origin);
    await employeeToken('https://other.example');
    const counted = (outcome: string) =>
      total('auth0_mcp.assertions', { 'auth0_mcp.outcome': outcome });
    expect(await counted('ok')).toBe(1);
    expect(await counted('invalid_grant')).toBe(1);
  });
});

describe('names and attributes', () => {
  it('are the documented ones, with unit and description', async () => {
    const tokens = await client.tokens();
    await client.refresh(tokens.refresh_token);
    await callTool(world.mcp, tokens.access_token, 'whoami');
    await machineToken(MACHINE.clientSecret);
    await employeeToken(world.origin);
    expect([...new Set(collector.spans().map(({ name }) => name))].toSorted()).toEqual(
      Object.keys(SPANS).toSorted(),
    );
    const documented = Object.entries(METRICS).map(([name, { unit, description }]) => ({
      name,
      unit,
      description,
    }));
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect([...(await collector.metrics())].sort(byName)).toEqual(documented.sort(byName));
  });

  it('contain no token, code, secret, state, subject or name', async () => {
    const answer = await client.logIn({ parameters: { state: 'the-state-of-the-client' } });
    const code = answer.get('code') ?? '';
    const { body } = await client.redeem(code);
    const { body: renewed } = await client.refresh(body.refresh_token);
    await callTool(world.mcp, renewed.access_token, 'whoami');
    await client.redeem(code);
    await client.refresh('a-refresh-token-of-nobody');
    await callTool(world.mcp, 'a-token-of-nobody', 'whoami');
    const browser = createBrowser();
    await signIn(browser, world.origin);

    const sent = world.tenant.requests.flatMap(({ form, query, headers }) => [
      ...['code', 'code_verifier', 'client_secret', 'refresh_token', 'token', 'password'].map(
        (name) => form[name],
      ),
      ...['state', 'nonce', 'code_challenge', 'code'].map((name) => query[name]),
      headers.cookie,
    ]);
    const known = world.events.flatMap(({ subject, grantId, correlationId }) => [
      subject,
      grantId,
      correlationId,
    ]);
    const ours = [body, renewed].flatMap((one) => [one.access_token, one.refresh_token]);
    const secrets = [
      ...[...sent, ...known, ...ours],
      ...[code, VERIFIER, 'the-state-of-the-client', client.id, client.secret],
      ...['a-refresh-token-of-nobody', 'a-token-of-nobody'],
      ...browser.cookies.all().flatMap(({ value }) => value.split('.')),
      ...[SPEC_SIGNING_KEY, DEMO_CLIENT_SECRET, 'ada@example.com', 'Ada Lovelace'],
    ].filter((secret) => typeof secret === 'string' && secret !== '');
    expect(secrets.length).toBeGreaterThan(30);
    const reported = await collector.everything();
    for (const secret of new Set(secrets)) expect(reported).not.toContain(secret);
  });
});
