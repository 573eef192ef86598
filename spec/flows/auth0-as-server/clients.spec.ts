/**
 * Real clients that log in at the tenant itself and come back with its tokens: the SDK's first and second
 * generation, registered by themselves or imported by an administrator.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OAuthClientMetadata } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { RequestHandler } from 'express';

import { ADA, BOB } from '../../../lib/testing/options.js';
import { atMcp, mcpRoute, sessionRoute } from '../../support/mcp-route.js';
import {
  type ResourceWorld,
  type ResourceWorldOptions,
  startResourceWorld,
} from '../../support/resource-world.js';
import { callJson, connect, HeadlessProvider } from '../../support/sdk-client.js';
import {
  connectV2,
  HeadlessProviderV2,
  handlerRoute,
  NEWEST_PROTOCOL,
  sessionTransportRoute,
  transportRoute,
} from '../../support/sdk-v2.js';

let world: ResourceWorld;
afterEach(() => world.close());

async function start(route: RequestHandler, options: ResourceWorldOptions = {}): Promise<void> {
  world = await startResourceWorld({
    mount: atMcp(route),
    ...options,
  });
}

/** Asks for more than a first login needs, as a client that wants to stay logged in. */
class LastingProvider extends HeadlessProvider {
  override get clientMetadata(): OAuthClientMetadata {
    return { ...super.clientMetadata, scope: 'offline_access read:notes' };
  }
}

describe.each([
  ['stateless', () => mcpRoute],
  ['with sessions', () => sessionRoute()],
])('the client of SDK v1, %s', (_name, createRoute) => {
  it('registers and logs in at the tenant, and calls tools that receive the user', async () => {
    await start(createRoute());
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    expect(await callJson(client, 'get_token_info')).toMatchObject({
      issuer: world.tenant.issuer,
      audience: world.mcp,
    });
    expect(await callJson(client, 'whoami')).toEqual({
      subject: ADA.sub,
      clientId: provider.information?.client_id,
      sameAsExtra: true,
    });
    expect(provider.information?.client_id).toMatch(/^tpc_/);
    expect(provider.visits).toHaveLength(1);
    expect(provider.visits[0]?.origin).toBe(new URL(world.tenant.issuer).origin);
    expect(provider.visits[0]?.searchParams.get('resource')).toBe(world.mcp);
    await client.close();
  });

  it('refreshes at the tenant when its token has expired', async () => {
    await start(createRoute());
    const provider = new LastingProvider();
    const { client } = await connect(world.mcp, provider);
    expect(provider.saved?.refresh_token).toEqual(expect.any(String));
    // With a session the client refreshes twice at once, for its stream and for its call; without an
    // overlap the tenant takes the second for a thief and ends the login.
    const { applications } = world.tenant.settings;
    world.tenant.configure({
      applications: applications.map((one) => ({ ...one, rotationOverlapSeconds: 30 })),
    });
    world.advance(3700);
    world.tenant.configure({ clockSkewSeconds: 3700 });
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    expect(provider.visits).toHaveLength(1);
    await client.close();
  });

  it('RS-22 cannot use the session of another user', async () => {
    await start(createRoute());
    const { client, transport } = await connect(world.mcp, new HeadlessProvider());
    const bob = new HeadlessProvider(BOB);
    const other = await connect(world.mcp, bob);
    const response = await fetch(world.mcp, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bob.saved?.access_token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(transport.sessionId === undefined ? {} : { 'mcp-session-id': transport.sessionId }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    await response.text();
    expect(response.status).toBe(transport.sessionId === undefined ? 200 : 404);
    await Promise.all([client.close(), other.client.close()]);
  });
});

it('RS-13 a client of SDK v1 steps up at the tenant: one more login, one more consent', async () => {
  await start(mcpRoute, {
    options: { requiredScopes: ['read:notes'], toolScopes: { write_file: ['files:write'] } },
  });
  const provider = new HeadlessProvider();
  const { client, transport } = await connect(world.mcp, provider);
  expect(provider.visits[0]?.searchParams.get('scope')).toBe('read:notes');
  await expect(callJson(client, 'write_file')).rejects.toThrow();
  await transport.finishAuth(provider.answer.get('code') ?? '');
  expect(provider.visits.at(-1)?.searchParams.get('scope')).toBe('read:notes files:write');
  const again = await connect(world.mcp, provider);
  expect(await callJson(again.client, 'write_file')).toBe('written');
  await Promise.all([client.close(), again.client.close()]);
});

describe.each([
  ['createMcpHandler, 2026-07-28', handlerRoute, { pin: NEWEST_PROTOCOL }],
  ['createMcpHandler, a client of 2025', handlerRoute, 'legacy'],
  ['NodeStreamableHTTPServerTransport, negotiated', () => transportRoute, 'auto'],
  ['NodeStreamableHTTPServerTransport, with sessions', sessionTransportRoute, 'legacy'],
] as const)('the client of SDK v2 at %s', (_name, createRoute, mode) => {
  it('logs in at the tenant and calls a tool that receives the user, twice', async () => {
    await start(createRoute());
    const provider = new HeadlessProviderV2();
    const { client } = await connectV2(world.mcp, provider, mode);
    const whoami = async () => (await client.callTool({ name: 'whoami', arguments: {} })).content;
    const [first] = await whoami();
    expect(JSON.parse(first?.type === 'text' ? first.text : 'null')).toEqual({
      subject: ADA.sub,
      sameAsExtra: true,
    });
    expect(await whoami()).toEqual([first]);
    expect(provider.visits).toHaveLength(1);
    await client.close();
  });
});

it('a client with a metadata document that an administrator imported needs no registration', async () => {
  const clientId = 'https://client.example.test/client.json';
  await start(mcpRoute);
  const provider = new HeadlessProvider();
  Object.assign(provider, { clientMetadataUrl: clientId });
  world.tenant.configure({
    dynamicClientRegistration: false,
    clientIdMetadataDocuments: true,
    applications: [{ clientId, thirdParty: true, callbackUrls: [provider.redirectUrl] }],
  });
  const { client } = await connect(world.mcp, provider);
  expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub, clientId });
  expect(world.tenant.requests.filter(({ path }) => path === '/oidc/register')).toEqual([]);
  await client.close();
});

it('an application of the tenant is admitted with the same kind of token', async () => {
  await start(mcpRoute);
  const provider = new HeadlessProvider();
  const clientId = 'application-of-the-tenant';
  world.tenant.configure({
    dynamicClientRegistration: false,
    applications: [{ clientId, callbackUrls: [provider.redirectUrl] }],
  });
  provider.information = { client_id: clientId, redirect_uris: [provider.redirectUrl] };
  const { client } = await connect(world.mcp, provider);
  expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub, clientId });
  await client.close();
});

it('RS-18 the server sends no client token to Auth0, only requests for keys and metadata', async () => {
  await start(mcpRoute);
  const provider = new HeadlessProvider();
  const { client } = await connect(world.mcp, provider);
  await callJson(client, 'whoami');
  const ours = world.tenant.requests.filter(
    ({ headers }) => headers['user-agent'] === 'express-auth0-mcp',
  );
  expect(ours.map(({ path }) => path)).toEqual([
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
  ]);
  expect(JSON.stringify(ours)).not.toContain(provider.saved?.access_token);
  await client.close();
});
