import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import express from 'express';

import { ADA, BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { atMcp, mcpRoute, sessionRoute } from '../support/mcp-route.js';
import {
  type Answer,
  callTool,
  type OAuthClient,
  registerClient,
  rpc,
  toolResult,
} from '../support/oauth-client.js';
import { send, sendJson } from '../support/raw-http.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World } from '../support/world.js';

const WHOAMI = { method: 'tools/call', params: { name: 'whoami', arguments: {} } };
const WRITE = { method: 'tools/call', params: { name: 'write_file', arguments: {} } };
const APIS = [{ identifier: DEMO_AUDIENCE, scopes: ['read:notes', 'files:write'], rbac: true }];

const challengeOf = ({ headers }: Answer): string => headers.get('www-authenticate') ?? '';

describe('scopes of tools and routes', () => {
  let world: World;
  let client: OAuthClient;
  let plain: unknown;
  let reader: unknown;
  let writer: unknown;

  beforeAll(async () => {
    world = await startWorld({
      options: {
        toolScopes: {
          write_file: ['files:write', 'read:notes'],
          get_token_info: ['read:notes'],
        },
        impliedScopes: { 'files:write': ['read:notes'] },
      },
      tenant: { apis: APIS },
      mount(app, auth) {
        app.use(auth);
        app.all('/mcp', express.json(), mcpRoute);
        app.get('/notes', auth.bearer({ scopes: ['read:notes'] }), (req, res) => {
          res.json({ subject: req.auth?.extra?.subject });
        });
      },
    });
    client = await registerClient(world.origin);
    const token = async (scope: string): Promise<unknown> =>
      (await client.tokens({ parameters: { scope } })).access_token;
    [plain, reader, writer] = [
      await token('openid'),
      await token('read:notes'),
      await token('files:write'),
    ];
  });
  afterAll(() => world.close());

  it('RS-13 RS-14 R-RS-4 a call with too few scopes is one 403 that names all of them, the same each time', async () => {
    const responses = [
      await callTool(world.mcp, plain, 'write_file'),
      await callTool(world.mcp, plain, 'write_file'),
    ];
    for (const response of responses) {
      expect(response.status).toBe(403);
      expect(challengeOf(response)).toBe(
        `Bearer resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp", ` +
          'scope="openid files:write read:notes", error="insufficient_scope", ' +
          'error_description="The access token does not cover this operation"',
      );
      expect(response.body).toEqual({
        error: 'insufficient_scope',
        error_description: 'The access token does not cover this operation',
      });
    }
    expect((await callTool(world.mcp, plain, 'whoami')).status).toBe(200);
  });

  it('RS-15 a scope that includes another is enough for what that one opens', async () => {
    expect((await callTool(world.mcp, writer, 'get_token_info')).status).toBe(200);
    expect((await callTool(world.mcp, writer, 'write_file')).status).toBe(200);
    expect((await callTool(world.mcp, reader, 'write_file')).status).toBe(403);
    expect((await callTool(world.mcp, plain, 'get_token_info')).status).toBe(403);
  });

  it('RS-25 every element of a batch counts, in any position, and none runs', async () => {
    for (const batch of [
      [WHOAMI, WRITE],
      [WRITE, WHOAMI],
      [WHOAMI, { ...WRITE, id: undefined }],
    ]) {
      const response = await rpc(world.mcp, plain, batch);
      expect(response.status).toBe(403);
      expect(JSON.stringify(response.body)).not.toContain('result');
    }
    const notified = await rpc(world.mcp, plain, [{ method: 'notifications/initialized' }, WRITE]);
    expect(notified.status).toBe(403);
  });

  it('RS-25 the body decides, not Mcp-Method and Mcp-Name', async () => {
    const lie = { 'mcp-method': 'tools/call', 'mcp-name': 'whoami' };
    expect((await rpc(world.mcp, plain, WRITE, lie)).status).toBe(403);
    const exaggeration = { 'mcp-method': 'tools/call', 'mcp-name': 'write_file' };
    expect((await rpc(world.mcp, plain, WHOAMI, exaggeration)).status).toBe(200);
  });

  it.each([
    [
      'application/json',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write',
      -32700,
    ],
    ['application/json', '"tools/call"', -32600],
    ['application/json', '[null]', -32600],
    ['application/json', '{"jsonrpc":"2.0","id":1,"method":{"x":"tools/call"}}', -32600],
    ['application/json', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', -32600],
  ])('FA-1 RS-25 a body that cannot be judged is refused: %s %s', async (type, body, code) => {
    const response = await send(world.mcp, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${plain}`, accept: '*/*' },
      body,
    });
    expect(response.status).toBe(400);
    expect(response.json()).toMatchObject({ jsonrpc: '2.0', error: { code }, id: null });
  });

  it('RS-13 RS-4 RS-16 a separate route requires its scopes, with a token and without', async () => {
    const at = `${world.origin}/notes`;
    const without = await send(at);
    expect(without.status).toBe(401);
    expect(without.headers['www-authenticate']).toContain('scope="openid read:notes"');
    const authorization = (token: unknown) => ({ headers: { authorization: `Bearer ${token}` } });
    const tooLittle = await send(at, authorization(plain));
    expect(tooLittle.status).toBe(403);
    expect(tooLittle.headers['www-authenticate']).toContain('scope="openid read:notes"');
    expect((await send(at, authorization(reader))).json()).toEqual({ subject: ADA.sub });
    expect((await send(at, authorization(writer))).status).toBe(200);
  });

  it('CLI-36 a user without the permission does not get it, and the response says so', async () => {
    const bob = await client.tokens({ user: BOB, parameters: { scope: 'files:write read:notes' } });
    expect(bob.scope).toBe('openid read:notes');
    expect((await callTool(world.mcp, bob.access_token, 'write_file')).status).toBe(403);
    expect((await callTool(world.mcp, bob.access_token, 'get_token_info')).status).toBe(200);
  });

  it('counts permissions of Auth0 that its scope does not name', async () => {
    world.tenant.configure({
      forge(draft) {
        draft.body.scope = 'openid';
        if (typeof draft.accessToken === 'object') draft.accessToken.claims.scope = 'openid';
      },
    });
    const tokens = await client.tokens({ parameters: { scope: 'files:write' } });
    world.tenant.configure({ forge: undefined });
    expect(tokens.scope).toBe('openid files:write');
    expect((await callTool(world.mcp, tokens.access_token, 'write_file')).status).toBe(200);
  });
});

describe('scopes that a first login requests', () => {
  let world: World;
  beforeAll(async () => {
    const toolScopes = { write_file: ['files:write'] };
    world = await startWorld({
      options: { toolScopes, defaultScopes: ['files:write'], scopesSupported: ['read:notes'] },
      tenant: { apis: APIS },
    });
  });
  afterAll(() => world.close());

  it('RS-4 RS-9 CLI-30 CLI-33 are in the challenge, in the metadata and in what a client gets that names none', async () => {
    const challenge = challengeOf(await rpc(world.mcp, undefined, { method: 'initialize' }));
    expect(challenge).toContain('scope="openid files:write"');
    const document = await send(`${world.origin}/.well-known/oauth-protected-resource/mcp`);
    expect(document.json().scopes_supported).toEqual(['openid', 'files:write']);
    const client = await registerClient(world.origin);
    expect((await client.tokens()).scope).toBe('openid files:write');
    const named = await client.tokens({ parameters: { scope: 'read:notes' } });
    expect(named.scope).toBe('openid read:notes');
  });

  it('CLI-35 make tools with scopes usable for a client that would only refresh after a 403', async () => {
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    expect(provider.saved?.refresh_token).toBeDefined();
    expect(await callJson(client, 'write_file')).toBe('written');
    expect(provider.visits).toHaveLength(1);
    await client.close();
  });

  it('do not reject a user who is not granted them', async () => {
    const client = await registerClient(world.origin);
    const bob = await client.tokens({ user: BOB });
    expect(bob.scope).toBe('openid');
    expect((await callTool(world.mcp, bob.access_token, 'whoami')).status).toBe(200);
    expect((await callTool(world.mcp, bob.access_token, 'write_file')).status).toBe(403);
  });
});

describe.each([
  ['stateless', () => mcpRoute],
  ['with sessions', () => sessionRoute()],
])('calls without a token, %s', (_name, createRoute) => {
  let world: World;
  beforeAll(async () => {
    const route = createRoute();
    world = await startWorld({
      options: {
        anonymous: { methods: ['initialize', 'tools/list'], tools: ['public_tool'] },
        toolScopes: { write_file: ['files:write'] },
      },
      mount: atMcp(route),
    });
  });
  afterAll(() => world.close());

  async function connectAs(provider?: HeadlessProvider) {
    const options = provider === undefined ? {} : { authProvider: provider };
    const transport = new StreamableHTTPClientTransport(new URL(world.mcp), options);
    const client = new Client({ name: 'spec', version: '1.0.0' });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    return { client, transport };
  }

  it('a client connects, lists and calls without a login, and logs in at the first tool that needs one', async () => {
    const provider = new HeadlessProvider();
    const { client, transport } = await connectAs(provider);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('whoami');
    expect(await callJson(client, 'public_tool')).toBe('for anybody');
    expect(provider.visits).toHaveLength(0);
    await expect(callJson(client, 'write_file')).rejects.toThrow(UnauthorizedError);
    expect(provider.visits).toHaveLength(1);
    // RS-4, RS-14: one login is enough, since the challenge has named the scopes of the tool as well.
    expect(provider.visits[0]?.searchParams.get('scope')).toBe('openid files:write');
    await transport.finishAuth(provider.answer.get('code') ?? '');
    expect(await callJson(client, 'write_file')).toBe('written');
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    await client.close();
  });

  it('a client that is already logged in is identified from the first call on', async () => {
    const provider = new HeadlessProvider();
    await connectAndLogIn(provider);
    const { client } = await connect(world.mcp, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    await client.close();
  });

  async function connectAndLogIn(provider: HeadlessProvider): Promise<void> {
    const { client, transport } = await connectAs(provider);
    await expect(callJson(client, 'whoami')).rejects.toThrow(UnauthorizedError);
    await transport.finishAuth(provider.answer.get('code') ?? '');
    await client.close();
  }

  it('a client that cannot log in gets an error from its transport, and stays connected', async () => {
    const { client } = await connectAs();
    await expect(callJson(client, 'whoami')).rejects.toThrow(/401|unauthorized/i);
    expect(await callJson(client, 'public_tool')).toBe('for anybody');
    await client.close();
  });

  it('ChatGPT gets the challenge as the result of the tool, where it looks for it', async () => {
    const { client } = await connectAs();
    const result = await client.callTool({
      name: 'whoami',
      arguments: {},
      _meta: { 'openai/userAgent': 'ChatGPT/1.2026', 'openai/locale': 'en-GB' },
    });
    expect(result.isError).toBe(true);
    expect(result.content).toEqual([{ type: 'text', text: 'Log in to use this tool' }]);
    expect(result._meta).toEqual({
      'mcp/www_authenticate': [
        `Bearer resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp", ` +
          'scope="openid", error="invalid_token", error_description="Log in to use this tool"',
      ],
    });
    expect(await callJson(client, 'public_tool')).toBe('for anybody');
    await client.close();
  });
});

describe('limits of calls without a token', () => {
  let world: World;
  let client: OAuthClient;
  beforeAll(async () => {
    world = await startWorld({
      options: {
        anonymous: { methods: ['initialize', 'tools/list'], tools: ['public_tool'] },
        toolScopes: { write_file: ['files:write'] },
      },
    });
    client = await registerClient(world.origin);
  });
  afterAll(() => world.close());

  const PUBLIC = { method: 'tools/call', params: { name: 'public_tool', arguments: {} } };
  const LIST = { method: 'tools/list' };

  it.each([
    [[PUBLIC, WHOAMI]],
    [[WHOAMI, PUBLIC]],
    [[]],
    [{ method: 'resources/list' }],
    [{ method: 'tools/call' }],
    [{ method: 'tools/call', params: { name: ['public_tool'] } }],
    [{ method: 'tools/call', params: JSON.parse('{"__proto__":{"name":"public_tool"}}') }],
    [{ method: 'tools/list', params: JSON.parse('{"__proto__":{}}') }],
    [{ method: 'tools/list', params: ['whoami'] }],
    [{ method: 'tools/list', result: {} }],
    [{ method: 'tools/list', Method: 'tools/call' }],
    [{ method: 'tools/call', params: { name: 'Public_Tool' } }],
    [{ method: 'Tools/List' }],
    [{ method: 'tools/list ' }],
    [{ method: 'tools/call', params: { name: 'public_tool\u0000' } }],
    [{ method: '__proto__' }],
  ])('FA-1 RS-1 RS-25 %j is challenged', async (message) => {
    const response = await rpc(world.mcp, undefined, message);
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toContain('scope="openid"');
  });

  it('a batch of what is open is open, if it is a small one', async () => {
    expect((await rpc(world.mcp, undefined, [LIST, PUBLIC])).status).toBe(200);
    const many = (count: number) => Array.from({ length: count }, () => PUBLIC);
    expect((await rpc(world.mcp, undefined, many(10))).status).toBe(200);
    const response = await rpc(world.mcp, undefined, many(11));
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toContain('scope="openid"');
    const { access_token: token } = await client.tokens();
    expect((await rpc(world.mcp, token, many(11))).status).toBe(200);
  });

  it('RS-25 headers open nothing', async () => {
    const lie = { 'mcp-method': 'tools/list', 'mcp-name': 'public_tool' };
    expect((await rpc(world.mcp, undefined, WHOAMI, lie)).status).toBe(401);
    const text = await send(world.mcp, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', ...lie },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...PUBLIC }),
    });
    expect(text.status).toBe(401);
  });

  it('RS-12 a token that is sent must be valid, even if none is required', async () => {
    const response = await rpc(world.mcp, 'garbage', LIST);
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toContain('error="invalid_token"');
    const asTool = { ...WHOAMI, params: { ...WHOAMI.params, _meta: { 'openai/locale': 'en' } } };
    expect((await rpc(world.mcp, 'garbage', asTool)).status).toBe(401);
  });

  it('a stream outside of a session is declined and not challenged; anything else without a call is challenged', async () => {
    const stream = await send(world.mcp);
    expect([stream.status, stream.headers.allow]).toEqual([405, 'POST']);
    expect(stream.headers['www-authenticate']).toBeUndefined();
    const session = { 'mcp-session-id': 'made-up' };
    expect((await send(world.mcp, { headers: session })).status).toBe(401);
    expect((await send(world.mcp, { method: 'DELETE', headers: session })).status).toBe(401);
    expect((await send(world.mcp, { method: 'PUT' })).status).toBe(401);
  });

  it('RS-13 ChatGPT gets the challenge for further scopes in its own form, and the tool does not run', async () => {
    const { access_token } = await client.tokens();
    const marked = { ...WRITE, params: { ...WRITE.params, _meta: { 'openai/locale': 'en' } } };
    const response = await rpc(world.mcp, access_token, marked);
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({
      id: 1,
      result: {
        isError: true,
        _meta: {
          'mcp/www_authenticate': [
            expect.stringContaining('scope="openid files:write", error="insufficient_scope"'),
          ],
        },
      },
    });
    expect((await rpc(world.mcp, access_token, [marked])).status).toBe(403);
  });

  it('a notification gets no result', async () => {
    const response = await sendJson(world.mcp, {
      jsonrpc: '2.0',
      ...WHOAMI,
      params: { ...WHOAMI.params, _meta: { 'openai/locale': 'en' } },
    });
    expect(response.status).toBe(401);
  });

  it('RS-23 the same call has the user once there is a token', async () => {
    const { access_token } = await client.tokens();
    expect(toolResult(await callTool(world.mcp, access_token, 'whoami')).subject).toBe(ADA.sub);
    expect(toolResult(await callTool(world.mcp, access_token, 'public_tool'))).toBe('for anybody');
  });
});
