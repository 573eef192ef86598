/** Bodies at the MCP endpoint where scopes of tools depend on them: the route gets the body that was checked. */
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express, type RequestHandler } from 'express';

import type { Auth0McpResourceOptions } from '../../lib/config/resource-options.js';
import { type RawAnswer, send } from '../support/raw-http.js';
import { type ResourceWorld, startResourceWorld } from '../support/resource-world.js';

let world: ResourceWorld;
let token: string;
let seen: unknown[] = [];
afterEach(() => world.close());

const TOOL_SCOPES = { toolScopes: { write_file: ['files:write'] } };

const callOf = (name: string, text = '') =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: { text } },
  });
const ANY = callOf('any');
const WRITE = callOf('write_file');

/** Responds with the body it received. */
const route: RequestHandler = (req, res) => {
  seen.push(req.body);
  res.json({ type: typeof req.body, name: req.body?.params?.name ?? null });
};

interface Mounts {
  readonly options?: Pick<Auth0McpResourceOptions, 'toolScopes' | 'maxMessageBytes'>;
  /** Before the guard. */
  readonly before?: (app: Express) => void;
  /** Between the guard and the route. */
  readonly behind?: readonly RequestHandler[];
}

async function start({ options = TOOL_SCOPES, before, behind = [express.json()] }: Mounts = {}) {
  seen = [];
  world = await startResourceWorld({
    options,
    mount(app, auth) {
      before?.(app);
      app.use(auth);
      app.all('/mcp', ...behind, route);
    },
  });
  token = await world.token();
}

const post = (
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  bearer: string | undefined = token,
): Promise<RawAnswer> =>
  send(world.mcp, {
    method: 'POST',
    headers: { ...headers, ...(bearer !== '' && { authorization: `Bearer ${bearer}` }) },
    body,
  });

const refusals = () => world.log.filter(({ message }) => message === 'a request was rejected');

const LARGE = callOf('any', 'x'.repeat(4_500_000));

describe('a body of 4.5 MB', () => {
  it.each([
    ['with scopes of tools', TOOL_SCOPES],
    ['without', {}],
  ])(
    'FA-2 is accepted where the app’s own parser before the guard accepts it, %s',
    async (_which, options) => {
      await start({ options, before: (app) => app.use(express.json({ limit: '20mb' })) });
      const response = await post(LARGE);
      expect([response.status, response.json()]).toEqual([200, { type: 'object', name: 'any' }]);
      expect((await post(callOf('write_file', 'x'.repeat(4_500_000)))).status).toBe(
        options === TOOL_SCOPES ? 403 : 200,
      );
    },
  );

  it('FA-2 gets 413 without a parser before the guard, and the log has the remedy', async () => {
    await start();
    const response = await post(LARGE);
    expect([response.status, response.json()]).toEqual([
      413,
      {
        jsonrpc: '2.0',
        error: { code: -32000, message: 'The body is larger than 4194304 bytes' },
        id: null,
      },
    ]);
    expect(refusals()).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({
          detail: expect.stringContaining('in front of the guard'),
          request: 'POST /mcp',
        }),
      }),
    ]);
    expect((await post(callOf('any', 'x'.repeat(4_000_000)))).status).toBe(200);
  });

  it('FA-2 is accepted where maxMessageBytes allows it, with or without a parser after the guard', async () => {
    for (const behind of [[], [express.json({ limit: '20mb' })]]) {
      await start({ options: { ...TOOL_SCOPES, maxMessageBytes: 5_000_000 }, behind });
      expect((await post(LARGE)).json()).toEqual({ type: 'object', name: 'any' });
      expect((await post(callOf('any', 'x'.repeat(5_000_000)))).status).toBe(413);
      expect((await post(LARGE, undefined, '')).status).toBe(401);
      await world.close();
    }
  });

  it('FA-2 RS-1 is not read from a caller without a token', async () => {
    await start();
    expect((await post(LARGE, undefined, '')).status).toBe(401);
    expect((await post(LARGE, undefined, 'garbage')).status).toBe(401);
  });
});

describe('a body that is not JSON in UTF-8', () => {
  it.each<[string, Record<string, string>]>([
    ['text', { 'content-type': 'text/plain' }],
    ['of no type', {}],
    ['of a type that only contains JSON’s', { 'content-type': 'text/plain;x=application/json' }],
    ['of two types', { 'content-type': 'application/json, text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['in a charset that does not exist', { 'content-type': 'application/json; charset=none' }],
    ['in another charset', { 'content-type': 'application/json; charset="koi8-r"' }],
    ['in UTF-16', { 'content-type': 'application/json;charset=utf-16le' }],
    ['in UTF-7', { 'content-type': 'application/json; charset=UTF-7' }],
    ['in two charsets', { 'content-type': 'application/json; charset=utf-8; charset=utf-7' }],
    ['compressed', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
  ])('FA-2 gets 415 with a token and a log entry, 401 without: %s', async (_what, headers) => {
    await start();
    const { status, text } = await post(ANY, headers);
    expect([status, JSON.parse(text)]).toEqual([
      415,
      { jsonrpc: '2.0', error: { code: -32000, message: expect.any(String) }, id: null },
    ]);
    expect(refusals()).toHaveLength(1);
    const without = await post(ANY, headers, '');
    expect([without.status, seen]).toEqual([401, []]);
  });

  it.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf8"',
    'application/json;',
    'application/vnd.api+json',
  ])('FA-2 is accepted: %s', async (type) => {
    await start();
    expect((await post(ANY, { 'content-type': type })).json().name).toBe('any');
    expect((await post(`\ufeff${WRITE}`, { 'content-type': type })).status).toBe(403);
  });

  it('FA-1 is rejected where its bytes are not UTF-8', async () => {
    await start();
    const [head = '', tail = ''] = ANY.split('any');
    const bytes = Buffer.concat([Buffer.from(head), Buffer.from([0xff]), Buffer.from(tail)]);
    expect((await post(bytes)).json()).toMatchObject({ error: { code: -32700 } });
  });
});

describe.each<[string, (app: Express) => void]>([
  ['bytes', (app) => app.use(express.raw({ type: () => true }))],
  ['text', (app) => app.use(express.text({ type: () => true }))],
  ['an object', (app) => app.use(express.json({ type: () => true }))],
])('a body that a parser before the guard has parsed to %s', (_what, before) => {
  it('FA-2 is checked like any other, and the route gets the checked body', async () => {
    await start({ before });
    for (const type of ['application/json', 'text/plain']) {
      const headers = { 'content-type': type };
      expect((await post(ANY, headers)).json()).toEqual({ type: 'object', name: 'any' });
      expect((await post(WRITE, headers)).status).toBe(403);
      const hidden = WRITE.replace('{', '{"__proto__":{},');
      expect((await post(hidden, headers)).json()).toMatchObject({ error: { code: -32600 } });
    }
    expect(seen).toHaveLength(2);
  });

  it('FA-2 is a parse error only if it is not JSON', async () => {
    await start({ before: (app) => app.use(express.raw({ type: () => true })) });
    expect((await post('{"jsonrpc"')).json()).toMatchObject({ error: { code: -32700 } });
    expect((await post('"tools/call"')).json()).toMatchObject({ error: { code: -32600 } });
  });
});

describe('the route', () => {
  it.each<[string, RequestHandler[]]>([
    ['parses JSON', [express.json()]],
    ['parses JSON twice', [express.json(), express.json({ type: () => true })]],
    ['reads a form', [express.urlencoded({ extended: true, type: () => true })]],
    ['reads text', [express.text({ type: () => true })]],
    ['parses nothing', []],
  ])('FA-1 gets the checked body where it %s', async (_how, behind) => {
    await start({ behind });
    expect((await post(ANY)).json()).toEqual({ type: 'object', name: 'any' });
    expect((await post(WRITE)).status).toBe(403);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])(
    'FA-1 gets no body that a parser before the guard has not read to the end: %s',
    async (encoding, compress) => {
      await start({ before: (app) => app.use(express.json()) });
      const first = Buffer.concat([compress(ANY), Buffer.from('x')]);
      const second = compress(WRITE);
      const { port } = new URL(world.origin);
      const text = await new Promise<string>((resolve) => {
        let received = '';
        const head =
          `POST /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n` +
          `Content-Type: application/json\r\nContent-Encoding: ${encoding}\r\n` +
          `Content-Length: ${first.length + second.length}\r\n\r\n`;
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(Buffer.concat([Buffer.from(head), first]));
          setTimeout(() => socket.write(second), 100);
        });
        socket.on('data', (data) => {
          received += data;
        });
        socket.on('close', () => resolve(received));
      });
      expect(text).toMatch(/^HTTP\/1\.1 /);
      expect(JSON.stringify(seen)).not.toContain('write_file');
    },
  );

  it.each(['PUT', 'PATCH', 'GET', 'DELETE'])(
    'FA-1 RS-25 gets no call in a %s that would be rejected in a POST',
    async (method) => {
      await start();
      const request = (body?: string) =>
        send(world.mcp, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body !== undefined && {
              'content-type': 'application/json',
              'content-length': String(body.length),
            }),
          },
          ...(body !== undefined && { body }),
        });
      expect((await request(WRITE)).status).toBe(403);
      expect((await request('{}')).status).toBe(400);
      expect(seen).toEqual([]);
      expect((await request(ANY)).status).toBe(200);
      expect((await request()).status).toBe(200);
    },
  );

  it('FA-1 RS-25 gets no call by a method that is changed after the guard', async () => {
    const override: RequestHandler = (req, _res, next) => {
      req.method = String(req.headers['x-http-method-override'] ?? req.method);
      next();
    };
    await start({ behind: [override, express.json()] });
    const response = await send(world.mcp, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-http-method-override': 'POST',
      },
      body: WRITE,
    });
    expect([response.status, seen]).toEqual([403, []]);
  });
});

it('FA-1 a GET with a body needs a token for every method and tool', async () => {
  seen = [];
  world = await startResourceWorld({
    options: { anonymous: { methods: ['initialize', 'tools/list'] } },
    mount: (app, auth) => app.use(auth).all('/mcp', express.json(), route),
  });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
  expect((await send(world.mcp, { method: 'POST', headers, body })).status).toBe(200);
  expect((await send(world.mcp, { method: 'GET', headers, body })).status).toBe(401);
  expect((await send(world.mcp, { method: 'DELETE', headers, body })).status).toBe(401);
});
