/** Employees at work: the client of the SDK, the page of connected apps, and the ends of their access. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import type { RequestHandler } from 'express';

import { getAccessToken } from '../../lib/bearer/caller.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { appsOn, disconnect, letIn, signIn } from '../support/connected-apps.js';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.js';
import { callTool, toolResult } from '../support/oauth-client.js';
import { callJsonV2, handlerRoute } from '../support/sdk-v2.js';
import { until } from '../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const AGENT = {
  clientId: 'agent',
  clientSecret: 'a-secret-of-the-agent-0123456789-0123456789',
  name: 'Agent',
  redirectUris: ['https://agent.example/cb'],
};

let world: World;
let acme: IdentityProvider;
afterEach(async () => {
  await world.close();
  await acme.close();
});

async function start(
  options: Partial<Auth0McpOptions> = {},
  rest: Omit<WorldOptions, 'options'> = {},
): Promise<void> {
  acme = await startIdentityProvider();
  world = await startWorld({
    connectedApps: true,
    options: {
      clients: [AGENT],
      enterprise: [
        { issuer: acme.issuer, clients: ['agent'], subject: ({ sub }) => `auth0|${sub}` },
      ],
      ...options,
    },
    ...rest,
  });
}

const sub = ADA.sub.replace('auth0|', '');

async function tokenFor(claims: Record<string, unknown> = {}): Promise<Response> {
  const assertion = await acme.idJag({ aud: world.origin, client_id: 'agent', sub, ...claims });
  const { clientId: client_id, clientSecret: client_secret } = AGENT;
  const body = new URLSearchParams({ grant_type: JWT_BEARER, assertion, client_id, client_secret });
  return fetch(`${world.origin}/token`, { method: 'POST', body });
}

async function token(): Promise<string> {
  const body = (await (await tokenFor()).json()) as { access_token: string };
  return body.access_token;
}

const statusOf = async (accessToken: string): Promise<number> =>
  (await callTool(world.mcp, accessToken, 'whoami')).status;

describe('CrossAppAccessProvider of the SDK', () => {
  it('EX-1 gets a token, calls a tool, and gets a new one when it has expired', async () => {
    const asked: unknown[] = [];
    await start(
      { toolScopes: { write_file: ['files:write'] } },
      {
        mount(app, auth) {
          app.use(auth);
          app.all('/mcp', handlerRoute());
        },
      },
    );
    const provider = new CrossAppAccessProvider({
      ...{ clientId: 'agent', clientSecret: AGENT.clientSecret, expectedIssuer: world.origin },
      assertion({ authorizationServerUrl: aud, resourceUrl: resource, scope }) {
        asked.push({ aud, resource, scope });
        return acme.idJag({ aud, resource, client_id: 'agent', sub, scope: 'openid files:write' });
      },
    });
    const transport = new StreamableHTTPClientTransport(new URL(world.mcp), {
      authProvider: provider,
    });
    const client = new Client({ name: 'spec', version: '1.0.0' });
    await client.connect(transport);
    expect(await callJsonV2(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    expect(asked).toEqual([{ aud: world.origin, resource: world.mcp, scope: 'openid' }]);
    // The scope of the challenge.
    expect(await callJsonV2(client, 'write_file')).toBe('written');
    expect(asked.length).toBeGreaterThan(1);
    const before = asked.length;
    world.advance(4000);
    // Its assertion is from the clock of the identity provider, so ours returns.
    expect((await callTool(world.mcp, provider.tokens()?.access_token, 'whoami')).status).toBe(401);
    world.advance(-4000);
    await world.auth.grants.revokeAll({ subject: ADA.sub });
    expect(await callJsonV2(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    expect(asked).toHaveLength(before + 1);
    await client.close();
  });

  it('repeats once with a new assertion after invalid_grant', async () => {
    await start({}, { mount: (app, auth) => void app.use(auth).all('/mcp', handlerRoute()) });
    const jtis = ['spent', 'fresh'];
    expect((await tokenFor({ jti: 'spent' })).status).toBe(200);
    const provider = new CrossAppAccessProvider({
      ...{ clientId: 'agent', clientSecret: AGENT.clientSecret, expectedIssuer: world.origin },
      assertion: ({ authorizationServerUrl: aud }) =>
        acme.idJag({ aud, client_id: 'agent', sub, jti: jtis.shift() }),
    });
    const client = new Client({ name: 'spec', version: '1.0.0' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(world.mcp), { authProvider: provider }),
    );
    expect(jtis).toEqual([]);
    expect(world.events.filter(({ type }) => type === 'assertion_refused')).toHaveLength(1);
    await client.close();
  });
});

describe('the token of an employee', () => {
  it('has a user with sub alone, the claims of the assertion apart, and no Auth0 token', async () => {
    let seen: unknown;
    let failure: unknown;
    const look: RequestHandler = async (req, res) => {
      const { subject, user, claims, enterprise, auth0Token } = getAccessToken();
      seen = { subject, user, claims, enterprise };
      failure = await auth0Token().catch((error: unknown) => error);
      expect(req.auth?.extra?.['enterprise']).toBe(enterprise);
      expect(Object.isFrozen(enterprise?.claims)).toBe(true);
      res.json({});
    };
    await start({}, { mount: (app, auth) => void app.use(auth).all('/mcp', look) });
    // Claims that an app may read as permissions of Auth0.
    const forged = { permissions: ['admin'], email: 'ceo@example.com', 'https://app/roles': ['x'] };
    const response = await tokenFor(forged);
    const { access_token } = (await response.json()) as { access_token: string };
    await callTool(world.mcp, access_token, 'whoami');
    expect(seen).toEqual({
      subject: ADA.sub,
      user: { sub: ADA.sub },
      claims: {},
      enterprise: { issuer: acme.issuer, claims: expect.objectContaining({ ...forged, sub }) },
    });
    expect(failure).toMatchObject({ name: 'NoAuth0TokenError' });
  });

  it('is on the page of connected apps once for each client, as managed, and ends by its button', async () => {
    await start();
    await letIn(world, 'Own');
    const [first, second] = [await token(), await token()];
    const browser = createBrowser();
    const page = await signIn(browser, world.origin);
    expect(appsOn(page).sort()).toEqual(['Agent', 'Own']);
    expect(page.body).toContain(
      `Managed by your organization (<bdi dir="ltr">${new URL(acme.issuer).host}</bdi>)`,
    );
    const after = await disconnect(browser, page, 'Agent');
    expect(appsOn(after)).toEqual(['Own']);
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 401]);
    // The organization can connect it again.
    expect(await statusOf(await token())).toBe(200);
  });

  it('is listed and ended by auth.grants', async () => {
    await start();
    const accessToken = await token();
    const [grant] = await world.auth.grants.list({ subject: ADA.sub });
    expect(grant).toMatchObject({ clientId: 'agent', clientName: 'Agent', scopes: ['openid'] });
    await world.auth.grants.revoke(grant?.id ?? '');
    expect(await statusOf(accessToken)).toBe(401);
  });

  it('ends with a back-channel logout, and so does an assertion from before it', async () => {
    await start();
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    const backchannelLogoutUri = `${world.origin}/backchannel-logout`;
    world.tenant.configure({ applications: [{ ...application, backchannelLogoutUri }] });
    await letIn(world, 'Own');
    const accessToken = await token();
    const iat = Math.floor(Date.now() / 1000) - 5;
    await world.tenant.logoutUser(ADA.sub);
    await until(async () => (await statusOf(accessToken)) === 401);
    const refused = await tokenFor({ iat, exp: iat + 300 });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    expect(world.events.at(-1)).toMatchObject({ type: 'assertion_refused', reason: 'logged_out' });
    expect(await world.auth.grants.list({ subject: ADA.sub })).toEqual([]);
    const later = Math.floor(Date.now() / 1000) + 30;
    expect((await tokenFor({ iat: later, exp: later + 300 })).status).toBe(200);
  });

  it('attack: of an issuer, or for a client, that was removed from the options is worth nothing', async () => {
    await start();
    const accessToken = await token();
    expect(await statusOf(accessToken)).toBe(200);
    const rest = { clients: [AGENT, { ...AGENT, clientId: 'other' }] };
    const entry = { issuer: acme.issuer, subject: () => undefined };
    for (const enterprise of [
      [{ ...entry, clients: ['other'] }],
      [{ ...entry, clients: ['agent'], issuer: 'https://acme.example' }],
    ]) {
      world.restart({ ...rest, enterprise });
      expect(await statusOf(accessToken)).toBe(401);
    }
    world.restart({ ...rest, enterprise: [{ ...entry, clients: ['other', 'agent'] }] });
    expect(await statusOf(accessToken)).toBe(200);
  });

  it('comes by an assertion whose times are fractions of seconds, once (RFC 7519 §2)', async () => {
    await start();
    const iat = Date.now() / 1000 - 0.4;
    const claims = { jti: 'fraction', iat, exp: iat + 299.7 };
    expect((await tokenFor(claims)).status).toBe(200);
    expect((await tokenFor(claims)).status).toBe(400);
  });

  it('is revoked by its client (RFC 7009)', async () => {
    await start();
    const accessToken = await token();
    const { clientId: client_id, clientSecret: client_secret } = AGENT;
    const body = new URLSearchParams({ token: accessToken, client_id, client_secret });
    expect((await fetch(`${world.origin}/revoke`, { method: 'POST', body })).status).toBe(200);
    expect(await statusOf(accessToken)).toBe(401);
  });

  it('a failure after the assertion was used costs a new assertion, and no more', async () => {
    const inner = memoryStorage();
    let adds = Number.POSITIVE_INFINITY;
    const add: Storage['add'] = async (...args) => {
      adds -= 1;
      if (adds < 0) throw new StorageUnavailableError('the store went down');
      return inner.add(...args);
    };
    await start({ storage: { ...inner, add } });
    const iat = Math.floor(Date.now() / 1000);
    const claims = { jti: 'one', iat, exp: iat + 300 };
    // The jti is stored, the grant is not.
    adds = 1;
    expect((await tokenFor(claims)).status).toBe(503);
    adds = Number.POSITIVE_INFINITY;
    expect((await tokenFor(claims)).status).toBe(400);
    expect(await statusOf(await token())).toBe(200);
  });

  it('is limited for one user: 300 assertions in ten minutes', async () => {
    await start();
    const all = await Promise.all(Array.from({ length: 310 }, () => tokenFor()));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(300);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(10);
    const other = { sub: 'other' };
    expect((await tokenFor(other)).status).toBe(200);
  });
});

describe('the stand-in as identity provider', () => {
  it('exchanges an ID token for an assertion, as the SDK asks for it', async () => {
    await start();
    const { tenant } = world;
    const idToken = await tenant.issueAccessToken({
      ...{ sub: ADA.sub, audience: 'https://api.example.test/mcp-demo', clientId: 'demo-app' },
      ...{ scopes: [], expiresInSeconds: 60, claims: { aud: 'demo-app' } },
    });
    const [application] = tenant.settings.applications;
    const request = {
      ...{ idpUrl: tenant.issuer, audience: world.origin, resource: world.mcp, idToken },
      ...{ clientId: 'demo-app', clientSecret: String(application?.clientSecret), scope: 'openid' },
    };
    const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant(request);
    expect(jwtAuthGrant.split('.')).toHaveLength(3);
    await expect(discoverAndRequestJwtAuthGrant({ ...request, idToken: 'x' })).rejects.toThrow();
    world.restart({
      clients: [{ ...AGENT, clientId: 'demo-app' }],
      enterprise: [{ issuer: tenant.issuer, clients: ['demo-app'], subject: ({ sub: id }) => id }],
    });
    const response = await fetch(`${world.origin}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        ...{ grant_type: JWT_BEARER, assertion: jwtAuthGrant },
        ...{ client_id: 'demo-app', client_secret: AGENT.clientSecret },
      }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    expect(toolResult(await callTool(world.mcp, access_token, 'whoami'))).toMatchObject({
      subject: ADA.sub,
    });
  });
});
