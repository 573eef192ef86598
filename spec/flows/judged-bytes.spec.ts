/** What the SDK reads by itself is what was judged, and the token is good once the body has arrived. */
import { connect } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import express, { type Express, type Request, type RequestHandler } from 'express';

import { getAccessToken } from '../../lib/bearer/caller.js';
import { registerClient } from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { type ResourceWorld, startResourceWorld } from '../support/resource-world.js';
import { startWorld, type World } from '../support/world.js';

let world: World | ResourceWorld;
let ran: string[] = [];
afterEach(() => world.close());

const OPTIONS = { toolScopes: { write_file: ['files:write'] } };
const call = (name: string, x = ''): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: { x } },
  });
/** A form that lists tools, and JSON that calls one. */
const POLYGLOT = call('write_file', '&jsonrpc=2.0&id=1&method=tools/list&y=');

const runs = (name: string) => async () => {
  ran.push(name);
  return { content: [] };
};

const routeV1: RequestHandler = async (req, res) => {
  const server = new McpServer({ name: 'spec', version: '1' });
  for (const name of ['public_tool', 'write_file']) server.registerTool(name, {}, runs(name));
  const transport = new StreamableHTTPServerTransport();
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(req, res);
};

const routeV2: RequestHandler = async (req, res) => {
  const server = new McpServerV2({ name: 'spec', version: '1' });
  for (const name of ['public_tool', 'write_file']) server.registerTool(name, {}, runs(name));
  const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(req, res);
};

describe.each([
  ['SDK v1', routeV1],
  ['SDK v2', routeV2],
])('FA-1 a route that passes no body to the transport, %s', (_sdk, route) => {
  const post = async (body: string, type: string): Promise<[number, string[]]> => {
    ran = [];
    const token = await (world as ResourceWorld).token();
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': type,
    };
    const { status } = await send(`${world.origin}/mcp`, { method: 'POST', headers, body });
    return [status, ran];
  };
  const keep = (req: object, _res: unknown, rawBody: Buffer): void => {
    Object.assign(req, { rawBody });
  };
  const parsers = (app: Express) =>
    app.use(express.json({ verify: keep }), express.urlencoded({ extended: true, verify: keep }));

  it.each([
    ['nothing in front', () => {}],
    ['parsers that keep the bytes', parsers],
  ])('runs what was checked, with %s', async (_what, before) => {
    world = await startResourceWorld({
      options: OPTIONS,
      mount(app, auth) {
        before(app);
        app.use(auth).all('/mcp', route);
      },
    });
    expect(await post(call('public_tool'), 'application/json')).toEqual([200, ['public_tool']]);
    expect(await post(call('write_file'), 'application/json')).toEqual([403, []]);
    const form = 'application/x-www-form-urlencoded; x=application/json';
    expect((await post(POLYGLOT, form))[1]).toEqual([]);
  });
});

it('RS-2 a grant that is revoked while the body arrives ends the call', async () => {
  let called = 0;
  const started = await startWorld({
    options: OPTIONS,
    mount: (app, auth) =>
      app.use(auth).post('/mcp', (_req, res) => {
        called += 1;
        res.json({});
      }),
  });
  world = started;
  const client = await registerClient(world.origin);
  const { access_token: token } = await client.tokens();
  const body = call('public_tool');
  const head =
    `POST /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const response = await new Promise<string>((resolve, reject) => {
    let received = '';
    const socket = connect(Number(new URL(world.origin).port), '127.0.0.1', () => {
      socket.write(head + body.slice(0, 20));
      // Its headers have been judged by then.
      const whileItArrives = async (): Promise<void> => {
        await new Promise((done) => setTimeout(done, 200));
        await started.auth.grants.revokeAll({ clientId: client.id });
        socket.write(body.slice(20));
      };
      whileItArrives().catch(reject);
    });
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('close', () => resolve(received));
  });
  expect([response.slice(0, 12), called]).toEqual(['HTTP/1.1 401', 0]);
});

it('a route cannot modify its caller for other requests', async () => {
  const seen: string[] = [];
  const change = (req: Request): void => {
    const { resource } = req.auth ?? {};
    seen.push(String(resource));
    expect(() => Object.assign(resource ?? {}, { pathname: '/changed' })).toThrow(TypeError);
    req.auth?.scopes.push('changed');
    expect(getAccessToken().scopes).not.toContain('changed');
    const { auth0Token } = req.auth?.extra ?? {};
    expect(Object.isFrozen(auth0Token)).toBe(true);
  };
  const started = await startResourceWorld({
    mount: (app, auth) =>
      app.use(auth).get('/mcp', (req, res) => {
        change(req);
        res.json({});
      }),
  });
  world = started;
  const headers = { authorization: `Bearer ${await started.token()}` };
  for (let count = 0; count < 2; count += 1)
    expect((await send(started.mcp, { headers })).status).toBe(200);
  expect(seen).toEqual([started.mcp, started.mcp]);
});
