/** `express-auth0-mcp/testing` from the source: the stand-in in its thread, real servers, the clients of both SDKs. */
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CrossAppAccessProvider,
  Client as SecondClient,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import express from 'express';

import { type Auth0Mcp, auth0Mcp } from '../../lib/auth0-mcp.js';
import { auth0McpResource } from '../../lib/auth0-mcp-resource.js';
import { startThread } from '../../lib/testing/tenant-thread.js';
import {
  startTenantIn,
  type TestTenant,
  type TestTenantOptions,
} from '../../lib/testing/test-tenant.js';
import { close, listen } from '../support/listen.js';
import { mcpRoute } from '../support/mcp-route.js';
import { ROOT } from '../support/source-tree.js';

const start = (options: TestTenantOptions) =>
  startTenantIn(
    startThread(join(ROOT, 'lib/testing/worker.ts'), {
      execArgv: ['--import', join(ROOT, 'spec/support/run-typescript.js')],
    }),
    options,
  );

const AGENT = {
  clientId: 'agent',
  clientSecret: 'a-secret-of-the-agent-0123456789-0123456789',
  name: 'Agent',
  redirectUris: ['https://agent.example/cb'],
};

let tenant: TestTenant;
let server: Server;
let auth: Auth0Mcp;
let mcpUrl: string;

beforeAll(async () => {
  tenant = await start({
    users: { ada: {}, bob: { permissions: ['notes:read'] } },
    apis: [{ identifier: 'https://api.test', scopes: ['notes:read', 'notes:write'], rbac: true }],
  });
  const app = express();
  server = createServer(app);
  const baseUrl = `http://127.0.0.1:${await listen(server)}`;
  mcpUrl = `${baseUrl}/mcp`;
  auth = auth0Mcp({
    ...tenant.options,
    baseUrl,
    toolScopes: { write_file: ['notes:write'] },
    clients: [AGENT],
    enterprise: [{ issuer: tenant.issuer, clients: ['agent'], subject: ({ sub }) => sub }],
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  app.use(auth);
  app.all('/mcp', express.json(), mcpRoute);
});
afterEach(() => tenant.reset());
afterAll(async () => {
  await tenant.close();
  await auth.close();
  await close(server);
});

function ignore(): void {}

/** What `connect()` returns without a client of the spec's. */
async function json(result: Promise<unknown>): Promise<unknown> {
  const { content } = (await result) as { content: { text?: string }[] };
  return JSON.parse(content[0]?.text ?? 'null');
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const post = async (url: string, token: string) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  return { status: response.status, text: await response.text() };
};

describe.each([
  ['the SDK that is installed', undefined],
  ['a client of SDK v1', () => new FirstClient({ name: 'spec', version: '1.0.0' })],
  ['a client of SDK v2', () => new SecondClient({ name: 'spec', version: '1.0.0' })],
])('connect() with %s', (_name, createClient) => {
  const connect = async (as: string) => {
    const given = createClient?.();
    const options = { as, ...(given && { client: given as FirstClient }) };
    const client = await tenant.connect(mcpUrl, options);
    if (given !== undefined) expect(client).toBe(given);
    return client;
  };

  it('logs the user in and calls tools', async () => {
    const client = await connect('bob');
    expect(await json(client.callTool({ name: 'whoami' }))).toMatchObject({
      subject: tenant.users['bob']?.sub,
      email: 'bob@example.com',
    });
    const paths = (await tenant.requests()).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/authorize', '/u/login', '/oauth/token']));
  });

  it('logs in again for another scope: the call is rejected, and the next one has it', async () => {
    const client = await connect('ada');
    const call = () => json(client.callTool({ name: 'write_file' }));
    await expect(call()).rejects.toThrow();
    expect(await call()).toBe('written');
  });

  it('refreshes after expire(), and logs in again after revoke()', async () => {
    const client = await connect('ada');
    const call = () => json(client.callTool({ name: 'whoami' }));
    const logins = async () =>
      (await tenant.requests()).filter(({ path }) => path === '/u/login').length;
    const before = await logins();
    await tenant.expire();
    expect(await call()).toMatchObject({ email: 'ada@example.com' });
    expect(await logins()).toBe(before);
    await tenant.revoke({ as: 'ada' });
    await expect(call()).rejects.toThrow();
    expect(await call()).toMatchObject({ email: 'ada@example.com' });
    expect(await logins()).toBeGreaterThan(before);
  });
});

describe('the tenant of a test', () => {
  it('gives the token of a login, with the requested scopes that the user has', async () => {
    const claimsFor = async (as: string) => {
      const token = await tenant.token(mcpUrl, { as, scopes: ['openid', 'notes:write'] });
      expect((await post(mcpUrl, token)).status).toBe(200);
      return claimsOf(token);
    };
    const { ada, bob } = tenant.users;
    expect(await claimsFor('ada')).toMatchObject({ sub: ada?.sub, scope: 'openid notes:write' });
    expect(await claimsFor('bob')).toMatchObject({ sub: bob?.sub, scope: 'openid' });
  });

  it('vouches for its users by idJag(), to the client of the SDK', async () => {
    const authProvider = new CrossAppAccessProvider({
      ...AGENT,
      expectedIssuer: new URL(mcpUrl).origin,
      assertion: () => tenant.idJag(mcpUrl, { as: 'bob', clientId: 'agent', scopes: ['openid'] }),
    });
    const client = new SecondClient({ name: 'spec', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { authProvider }));
    expect(await json(client.callTool({ name: 'whoami' }))).toMatchObject({ subject: 'auth0|bob' });
    await client.close();

    const claims = { sub: '00u1', email: undefined };
    const request = { clientId: 'agent', claims, expiresInSeconds: -5 };
    const assertion = claimsOf(await tenant.idJag(mcpUrl, request));
    expect(assertion).toMatchObject({
      ...{ iss: tenant.issuer, sub: '00u1', aud: new URL(mcpUrl).origin },
      ...{ client_id: 'agent', resource: mcpUrl },
    });
    expect(Number(assertion['exp']) * 1000).toBeLessThan(Date.now());
    expect(assertion).not.toHaveProperty('email');
    expect(assertion).not.toHaveProperty('scope');
  });

  it('has the permissions of the users', async () => {
    const permissionsOf = async (as: string) =>
      claimsOf(await tenant.auth0Token({ as }))['permissions'];
    expect(await permissionsOf('ada')).toEqual(['notes:read', 'notes:write']);
    expect(await permissionsOf('bob')).toEqual(['notes:read']);
  });

  it('names its users where one does not exist', async () => {
    const message = "The tenant has no user 'eve'. Its users: ada, bob";
    await expect(tenant.token(mcpUrl, { as: 'eve' })).rejects.toThrow(message);
  });

  it('says where there is no server, and where one has no login', async () => {
    const other = createServer((_req, res) => res.writeHead(404).end());
    const url = `http://127.0.0.1:${await listen(other)}/mcp`;
    await expect(tenant.token(url)).rejects.toThrow('Is auth0Mcp() mounted before the MCP route');
    await close(other);
    await expect(tenant.token(url)).rejects.toThrow(`No server at ${url}`);
  });

  it('passes the reason of a denied login on', async () => {
    await tenant.configure({ denyLogins: { description: 'Not from this country' } });
    await expect(tenant.token(mcpUrl)).rejects.toThrow('Not from this country');
  });

  it.each(['down', '429', '500', '503', 'html'] as const)(
    'has the fault %s until it ends',
    async (name) => {
      const end = await tenant.fault(name, { path: '/oauth/token' });
      await expect(tenant.token(mcpUrl)).rejects.toThrow(/The login (failed|stopped)/);
      await end();
      await expect(tenant.token(mcpUrl)).resolves.toMatch(/^ey/);
    },
  );

  it('walks the URL of any client, and stops before the redirect', async () => {
    const url = new URL(`${tenant.issuer}authorize`);
    url.search = new URLSearchParams({
      ...{
        response_type: 'code',
        client_id: String(tenant.options.clientId),
        scope: 'openid',
        state: 's',
      },
      redirect_uri: 'http://localhost:1/auth/callback',
    }).toString();
    const redirect = await tenant.logIn(url, { as: 'bob' });
    expect(redirect.href).toMatch(/^http:\/\/localhost:1\/auth\/callback\?code=.+&state=s$/);
    url.searchParams.set('redirect_uri', 'https://app.example.com/auth/callback');
    await expect(tenant.logIn(url)).rejects.toThrow('Callback URL mismatch');
  });

  it('reports a taken port with the code of the error', async () => {
    const port = Number(new URL(tenant.issuer).port);
    await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('rejects calls after close()', async () => {
    const other = await start({});
    await other[Symbol.asyncDispose]();
    await expect(other.requests()).rejects.toThrow('The tenant is closed');
  });
});

describe('serve()', () => {
  it('serves an app on a free port, with the options that it needs, until close()', async () => {
    const other = await start({});
    const baseUrl = await other.serve((options) => {
      const app = express();
      app.use(auth0Mcp(options));
      app.all('/mcp', express.json(), mcpRoute);
      return app;
    });
    const client = await other.connect(`${baseUrl}/mcp`, { as: 'bob' });
    expect(await json(client.callTool({ name: 'whoami' }))).toMatchObject({ name: 'Bob Noyce' });
    await other.close();
    await expect(fetch(baseUrl)).rejects.toThrow();
  });
});

describe('a server with auth0McpResource()', () => {
  let resource: Server;
  let url: string;

  beforeAll(async () => {
    const app = express();
    resource = createServer(app);
    const baseUrl = `http://127.0.0.1:${await listen(resource)}`;
    url = `${baseUrl}/mcp`;
    app.use(auth0McpResource({ configUrl: tenant.configUrl, baseUrl }));
    app.all('/mcp', express.json(), mcpRoute);
  });
  afterAll(() => close(resource));

  const openTenant = () =>
    tenant.configure({
      apis: [{ identifier: url, scopes: ['notes:read'], thirdPartyScopes: ['notes:read'] }],
      dynamicClientRegistration: true,
      resourceParameterProfile: true,
    });

  it('accepts auth0Token(), and rejects one that has expired or is for another API', async () => {
    await openTenant();
    const statusOf = async (options: Parameters<TestTenant['auth0Token']>[0]) =>
      (await post(url, await tenant.auth0Token(options))).status;
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ expiresInSeconds: -60 })).toBe(401);
    expect(await statusOf({ claims: { aud: 'https://other.test' } })).toBe(401);
    await expect(tenant.auth0Token({ audience: 'https://none.test' })).rejects.toThrow(
      `The tenant has no API with the identifier https://none.test, only: ${url}`,
    );
  });

  it('is connected to after a registration and a login at the tenant, and after expire()', async () => {
    await openTenant();
    const client = await tenant.connect(url, { as: 'ada' });
    await tenant.expire();
    expect(await json(client.callTool({ name: 'whoami' }))).toMatchObject({
      subject: tenant.users['ada']?.sub,
    });
  });
});
