/** Routes beside the MCP endpoint behind `auth.bearer()`, where `anonymous` or `toolScopes` is set. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express, type RequestHandler } from 'express';

import type { ProtectedResource } from '../../lib/app/mount.js';
import { sessionRoute } from '../support/mcp-route.js';
import { type RawAnswer, send } from '../support/raw-http.js';
import { type ResourceWorld, startResourceWorld } from '../support/resource-world.js';
import { startWorld, type World } from '../support/world.js';

let world: World | ResourceWorld;
afterEach(() => world.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const ANONYMOUS = { anonymous: { methods: ['initialize', 'tools/list'], tools: ['public_tool'] } };
const TOOL_SCOPES = { toolScopes: { write_file: ['files:write'] } };

const call = (name: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
const message = (method: string, more: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...more });
const INITIALIZE = message('initialize', {
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'spec', version: '1' },
  },
});

const ask = (
  method: string,
  path: string,
  {
    token,
    body,
    headers,
  }: { token?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> =>
  send(world.origin + path, {
    method,
    headers: {
      ...(body !== undefined && { ...JSON_TYPE, 'content-length': String(body.length) }),
      accept: 'application/json, text/event-stream',
      ...headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body }),
  });

/** Answers what it was given. */
const echo: RequestHandler = (req, res) => {
  res.json({ body: Buffer.isBuffer(req.body) ? req.body.toString('hex') : (req.body ?? null) });
};

function mountAll(app: Express, auth: ProtectedResource): void {
  app.use(auth);
  app.all('/mcp', express.json(), sessionRoute());
  app.all('/reports', auth.bearer({ scopes: ['read:notes'] }), express.json(), echo);
  app.all('/mcp/admin', auth.bearer({ scopes: ['admin'] }), express.json(), echo);
  app.all('/mcp/plain', express.json(), echo);
  app.all('/plain', auth.bearer(), express.json(), echo);
  app.put('/upload', auth.bearer(), express.raw({ type: () => true }), echo);
  app.post('/forms', auth.bearer(), express.urlencoded({ extended: true }), echo);
  app.all('/scoped/mcp', auth.bearer({ scopes: ['admin'] }), echo);
}

describe.each<[string, (options: object) => Promise<World | ResourceWorld>]>([
  ['auth0Mcp()', (options) => startWorld({ options, mount: mountAll })],
  ['auth0McpResource()', (options) => startResourceWorld({ options, mount: mountAll })],
])('RS-1 what is open without a token with %s', (_which, start) => {
  it.each(['/reports', '/mcp/admin', '/mcp/plain', '/plain', '/scoped/mcp'])(
    'is not open at %s',
    async (path) => {
      world = await start(ANONYMOUS);
      const { headers } = await ask('POST', '/mcp', { body: INITIALIZE });
      const session = { 'mcp-session-id': String(headers['mcp-session-id']) };
      const bodies = [
        message('notifications/x', { to: 'mallory', amount: 100 }),
        '{"method":"notifications/x","to":"mallory"}',
        message('tools/list'),
        call('public_tool'),
        `[${message('tools/list')}]`,
        INITIALIZE,
      ];
      for (const at of [path, `${path}/`, path.toUpperCase(), `${path}?x=/mcp`]) {
        for (const body of bodies) {
          expect((await ask('POST', at, { body })).status).toBe(401);
          expect((await ask('POST', at, { body, headers: session })).status).toBe(401);
        }
        for (const method of ['GET', 'DELETE', 'POST']) {
          expect((await ask(method, at, { headers: session })).status).toBe(401);
        }
        expect((await ask('GET', at)).status).toBe(401);
      }
    },
  );

  it('is open at the MCP endpoint, in every spelling of its path', async () => {
    world = await start(ANONYMOUS);
    for (const path of ['/mcp', '/MCP', '/mcp/', '/mcp?x=1']) {
      expect((await ask('POST', path, { body: INITIALIZE })).status).toBe(200);
    }
  });
});

describe('without the bundle, a guard at the MCP endpoint', () => {
  const echoed = async (mount: (app: Express, auth: ProtectedResource) => void, path = '/mcp') => {
    world = await startResourceWorld({ options: ANONYMOUS, mount });
    return (await ask('POST', path, { body: message('tools/list') })).status;
  };

  it.each<[string, (app: Express, auth: ProtectedResource) => void]>([
    ['of the route', (app, auth) => app.all('/mcp', auth.bearer(), echo)],
    ['of the path', (app, auth) => app.use('/mcp', auth.bearer()).all('/mcp', echo)],
    [
      'of a router',
      (app, auth) => app.use('/mcp', express.Router().post('/', auth.bearer(), echo)),
    ],
    ['without scopes', (app, auth) => app.all('/mcp', auth.bearer({ scopes: [] }), echo)],
  ])('admits calls that need no token: %s', async (_which, mount) => {
    expect(await echoed(mount)).toBe(200);
  });

  it.each<[string, (app: Express, auth: ProtectedResource) => void, string?]>([
    ['asks for scopes', (app, auth) => app.all('/mcp', auth.bearer({ scopes: ['a'] }), echo)],
    [
      'stands elsewhere',
      (app, auth) => app.post(['/mcp', '/alias'], auth.bearer(), echo),
      '/alias',
    ],
    ['stands below', (app, auth) => app.use('/mcp', auth.bearer(), echo), '/mcp/below'],
    [
      'stands before more than it',
      (app, auth) => app.use(auth.bearer()).post('/:any', echo),
      '/%6dcp',
    ],
  ])('RS-1 admits nothing if it %s', async (...[, mount, path]) => {
    expect(await echoed(mount, path)).toBe(401);
  });

  it('admits it behind a proxy that strips the prefix', async () => {
    world = await startWorld({
      basePath: '/api',
      options: ANONYMOUS,
      mount: (app, auth) => app.all('/mcp', auth.bearer(), echo),
    });
    expect((await ask('POST', '/mcp', { body: message('tools/list') })).status).toBe(200);
    expect((await ask('POST', '/mcp', { body: message('tools/call') })).status).toBe(401);
  });
});

describe.each([
  ['toolScopes', TOOL_SCOPES],
  ['anonymous', ANONYMOUS],
  ['both', { ...TOOL_SCOPES, ...ANONYMOUS }],
])('FA-2 with %s a route beside the MCP endpoint', (_which, options) => {
  const start = async (mount = mountAll): Promise<string> => {
    const started = await startResourceWorld({ options, mount });
    world = started;
    return started.token();
  };

  it.each([
    '{"to":"bob","amount":1}',
    '[]',
    '[{"to":"bob"},{"to":"eve"}]',
    '[[1,2],[3,4]]',
    '{"method":{"type":"card"}}',
    '{"id":1,"params":"none"}',
    '{"constructor":"ferrari"}',
    '{"result":1,"error":2}',
  ])('accepts JSON that is no message: %s', async (body) => {
    const token = await start();
    for (const path of ['/plain', '/reports', '/mcp/plain']) {
      const response = await ask('POST', path, { token, body });
      expect([response.status, response.json()]).toEqual([200, { body: JSON.parse(body) }]);
    }
  });

  it('accepts bodies of other types, and none', async () => {
    const token = await start();
    const headers = { 'content-type': 'image/png' };
    const upload = await ask('PUT', '/upload', { token, body: '\u0001\u0002', headers });
    expect([upload.status, upload.json()]).toEqual([200, { body: '0102' }]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const posted = await ask('POST', '/forms', {
      token,
      body: 'method=card&to=bob',
      headers: form,
    });
    expect(posted.json()).toEqual({ body: { method: 'card', to: 'bob' } });
    expect((await ask('POST', '/plain', { token })).status).toBe(200);
  });

  it('accepts a body that a parser in front has read', async () => {
    const token = await start((app, auth) => {
      app.use(
        express.json(),
        express.urlencoded({ extended: true }),
        express.raw({ type: 'image/*' }),
      );
      mountAll(app, auth);
    });
    const headers = { 'content-type': 'image/png' };
    expect((await ask('PUT', '/upload', { token, body: '\u0001', headers })).status).toBe(200);
    expect((await ask('POST', '/plain', { token, body: '{"to":"bob"}' })).status).toBe(200);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('POST', '/forms', { token, body: 'to=bob', headers: form })).status).toBe(
      200,
    );
  });
});

describe('RS-25 the scopes of tools', () => {
  it.each<[string, string, (app: Express, auth: ProtectedResource) => void]>([
    ['an alias', '/alias', (app, auth) => app.post(['/mcp', '/alias'], auth.bearer(), echo)],
    ['a pattern', '/%6dcp', (app, auth) => app.use(auth.bearer()).post('/:any', echo)],
    ['a path below', '/mcp/tenant', (app, auth) => app.use(auth).post('/mcp/:tenant', echo)],
    [
      'a prefix that baseUrl does not have',
      '/api/mcp',
      (app, auth) => app.use('/api', express().use(auth).all('/mcp', echo)),
    ],
    [
      'a guard with scopes of its own',
      '/own',
      (app, auth) => app.post('/own', auth.bearer({ scopes: ['read:notes'] }), echo),
    ],
    [
      'a parser in front',
      '/alias',
      (app, auth) =>
        app.use(express.json({ type: () => true })).post('/alias', auth.bearer(), echo),
    ],
  ])('apply wherever a route runs tools: %s', async (_where, path, mount) => {
    const started = await startResourceWorld({ options: TOOL_SCOPES, mount });
    world = started;
    const token = await started.token();
    expect((await ask('POST', path, { token, body: call('any') })).status).toBe(200);
    for (const body of [
      call('write_file'),
      `[{"x":1},${call('write_file')}]`,
      `[[${call('write_file')}]]`,
      `${'['.repeat(20_000)}${call('write_file')}${']'.repeat(20_000)}`,
      call('write_file').replace('"jsonrpc":"2.0",', ''),
    ]) {
      expect((await ask('POST', path, { token, body })).status).toBeGreaterThanOrEqual(400);
    }
    for (const type of ['application/json; charset=utf-16', 'text/plain; x=application/json']) {
      const headers = { 'content-type': type };
      const { status } = await ask('POST', path, { token, body: call('write_file'), headers });
      expect([400, 403, 415]).toContain(status);
    }
    const hidden = call('write_file').replace('{', '{"__proto__":{},');
    expect((await ask('POST', path, { token, body: hidden })).status).toBe(400);
  });
});
