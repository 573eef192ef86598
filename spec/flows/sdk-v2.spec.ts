/** The second SDK: its client against its transports, with the protocols of 2025 and of 2026-07-28. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { requireBearerAuth as requireBearerAuthV2 } from '@modelcontextprotocol/express';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { RequestHandler } from 'express';
import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { StorageUnavailableError } from '../../lib/storage/storage.js';
import { ADA } from '../../lib/testing/options.js';
import { atMcp, mcpRoute } from '../support/mcp-route.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import {
  callJsonV2,
  connectV2,
  HeadlessProviderV2,
  handlerRoute,
  NEWEST_PROTOCOL,
  sessionTransportRoute,
  transportRoute,
} from '../support/sdk-v2.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

let world: World;
afterEach(() => world.close());

async function start(route: RequestHandler, options: WorldOptions = {}): Promise<void> {
  world = await startWorld({
    mount: atMcp(route),
    ...options,
  });
}

describe.each([
  ['createMcpHandler, 2026-07-28', handlerRoute, { pin: NEWEST_PROTOCOL }, 'modern'],
  ['createMcpHandler, negotiated', handlerRoute, 'auto', 'modern'],
  ['createMcpHandler, a client of 2025', handlerRoute, 'legacy', 'legacy'],
  ['NodeStreamableHTTPServerTransport, stateless', () => transportRoute, 'legacy', 'legacy'],
  ['NodeStreamableHTTPServerTransport, negotiated', () => transportRoute, 'auto', 'legacy'],
  ['NodeStreamableHTTPServerTransport, with sessions', sessionTransportRoute, 'legacy', 'legacy'],
  ['StreamableHTTPServerTransport of the first SDK', () => mcpRoute, 'auto', 'legacy'],
] as const)('the client of SDK v2 at %s', (_name, createRoute, mode, era) => {
  it('RS-24 logs in, calls a tool that sees the user, and refreshes', async () => {
    await start(createRoute());
    const provider = new HeadlessProviderV2();
    const { client } = await connectV2(world.mcp, provider, mode);
    expect(client.getProtocolEra()).toBe(era);
    expect(await callJsonV2(client, 'whoami')).toMatchObject({
      subject: ADA.sub,
      sameAsExtra: true,
    });
    world.advance(3700);
    expect(await callJsonV2(client, 'whoami')).toMatchObject({ email: ADA.email });
    expect(provider.visits).toHaveLength(1);
    await client.close();
  });
});

describe('the client of SDK v2', () => {
  it('RS-13 steps up by itself: one more login, for the scopes it has and the one it needs', async () => {
    await start(handlerRoute(), { options: { toolScopes: { write_file: ['files:write'] } } });
    const provider = new HeadlessProviderV2();
    const { client, transport } = await connectV2(world.mcp, provider, { pin: NEWEST_PROTOCOL });
    await expect(client.callTool({ name: 'write_file', arguments: {} })).rejects.toThrow();
    await transport.finishAuth(provider.answer);
    expect(provider.visits.at(-1)?.searchParams.get('scope')?.split(' ').toSorted()).toEqual([
      'files:write',
      'openid',
    ]);
    expect(await callJsonV2(client, 'write_file')).toBe('written');
    await client.close();
  });

  it('the client of SDK v1 logs in to a server of SDK v2', async () => {
    await start(handlerRoute());
    const { client } = await connect(world.mcp, new HeadlessProvider());
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    await client.close();
  });
});

describe.each([
  [
    'v1',
    (auth: Auth0Mcp) =>
      requireBearerAuthV1({
        verifier: auth.verifierFor({ InvalidTokenError }),
        requiredScopes: ['openid'],
      }),
  ],
  [
    'v2',
    (auth: Auth0Mcp) =>
      requireBearerAuthV2({ verifier: auth, requiredScopes: ['openid'] }) as RequestHandler,
  ],
])('requireBearerAuth of SDK %s with our verifier', (_name, guard) => {
  async function startGuarded(options: WorldOptions = {}): Promise<string> {
    await start(mcpRoute, {
      mount(app, auth) {
        app.use(auth.metadata, auth.registration, auth.login, auth.tokens);
        app.post('/mcp', guard(auth), (req, res) => {
          const { clientId, scopes, extra } = req.auth ?? {};
          res.json({ clientId, scopes, subject: extra?.subject });
        });
      },
      ...options,
    });
    const client = await registerClient(world.origin);
    return String((await client.tokens()).access_token);
  }

  it('accepts a valid token', async () => {
    const token = await startGuarded();
    const { status, body } = await callTool(world.mcp, token, 'any');
    expect(status).toBe(200);
    expect(body).toMatchObject({ scopes: ['openid'], subject: ADA.sub });
  });

  it('FA-5 warns once if toolScopes is set, which it cannot check', async () => {
    const warnings = () => world.log.filter(({ fields }) => fields['option'] === 'toolScopes');
    const plain = await startGuarded();
    await callTool(world.mcp, plain, 'write_file');
    expect(warnings()).toEqual([]);
    await world.close();
    const token = await startGuarded({ options: { toolScopes: { write_file: ['files:write'] } } });
    for (const _again of [1, 2]) await callTool(world.mcp, token, 'write_file');
    expect(warnings()).toEqual([
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('auth.bearer()') }),
    ]);
  });

  it('responds with 401 to a forged and to an expired token, with our description', async () => {
    const token = await startGuarded();
    world.advance(3700);
    for (const refused of [token, `${token}x`, 'rubbish']) {
      const { status, headers, body } = await callTool(world.mcp, refused, 'any');
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(body.error).toBe('invalid_token');
      expect(JSON.stringify(body)).not.toContain('(');
    }
  });

  it('responds with 500, which ends no session, while the store is unavailable', async () => {
    const storage = memoryStorage();
    let isDown = false;
    const get = (key: string) =>
      isDown ? Promise.reject(new StorageUnavailableError('down')) : storage.get(key);
    const token = await startGuarded({ options: { storage: { ...storage, get } } });
    isDown = true;
    expect((await callTool(world.mcp, token, 'any')).status).toBe(500);
  });
});
