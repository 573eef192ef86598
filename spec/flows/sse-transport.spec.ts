/** The older transport of the SDK, HTTP with SSE, mounted as docs/mounting.md shows. */
import { afterEach, expect, it } from '@jest/globals';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import express, { type Express, type Request } from 'express';
import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { BOB } from '../../lib/testing/options.js';
import { createServer } from '../support/mcp-route.js';
import { type OAuthClient, registerClient } from '../support/oauth-client.js';
import { sendJson } from '../support/raw-http.js';
import { HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

let world: World;
const streams: AbortController[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.abort();
  await world.close();
});

/** The routes of the SDK's examples. `echoes` takes the session id from the client, which some servers do. */
function mount(app: Express, auth: Auth0Mcp, echoes = false): void {
  app.use(auth);
  app.use(['/sse', '/messages'], auth.bearer());
  const transports = new Map<string, SSEServerTransport>();
  app.get('/sse', async (req, res) => {
    const transport = new SSEServerTransport('/messages', res);
    const { sessionId } = req.query;
    if (echoes && sessionId !== undefined) {
      return void res
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write(`event: endpoint\ndata: /messages?sessionId=${sessionId}\n\n`);
    }
    transports.set(transport.sessionId, transport);
    res.on('close', () => transports.delete(transport.sessionId));
    const server = createServer();
    await server.connect(transport as Parameters<typeof server.connect>[0]);
  });
  app.post('/messages', express.json(), async (req, res) => {
    const transport = transports.get(String(req.query['sessionId']));
    if (transport === undefined) return void res.status(400).send('no transport');
    await transport.handlePostMessage(req, res, req.body);
  });
}

async function start(options: WorldOptions['options'] = {}, echoes = false): Promise<OAuthClient> {
  world = await startWorld({ options, mount: (app, auth) => mount(app, auth, echoes) });
  return registerClient(world.origin);
}

const tokenOf = async (client: OAuthClient, user?: typeof BOB): Promise<string> =>
  String((await client.tokens(user && { user })).access_token);

/** Opens a stream, which stays open. @returns the URL for its messages */
async function open(token: string, query = ''): Promise<string> {
  const stream = new AbortController();
  streams.push(stream);
  const response = await fetch(`${world.origin}/sse${query}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: stream.signal,
  });
  const { value } = (await response.body?.getReader().read()) ?? {};
  const [, path = ''] = /data: (\S+)/.exec(new TextDecoder().decode(value)) ?? [];
  expect(path).toMatch(/^\/messages\?sessionId=/);
  return world.origin + path;
}

async function call(
  url: string,
  token: string | undefined,
  { name = 'whoami', headers = {} as Record<string, string> } = {},
): Promise<number> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return (await sendJson(url, message, { ...authorization, ...headers })).status;
}

it('FA-6 RS-1 RS-22 behind the guard serves the caller that opened the session, with tool scopes', async () => {
  const client = await start({ toolScopes: { write_file: ['files:write'] } });
  const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
  expect((await fetch(`${world.origin}/sse`)).status).toBe(401);
  const url = await open(ada);
  expect([
    await call(url, undefined),
    await call(url, bob),
    await call(url, ada, { name: 'write_file' }),
    await call(url, ada),
  ]).toEqual([401, 404, 403, 202]);
});

async function connect(provider: HeadlessProvider): Promise<Client> {
  const transportOf = () =>
    new SSEClientTransport(new URL(`${world.origin}/sse`), { authProvider: provider });
  const clientOf = () => new Client({ name: 'spec', version: '1.0.0' });
  const first = transportOf();
  const refusal = await clientOf()
    .connect(first)
    .catch((error: Error) => error);
  if (!(refusal instanceof UnauthorizedError)) throw refusal;
  await first.finishAuth(provider.answer.get('code') ?? '');
  const client = clientOf();
  await client.connect(transportOf());
  return client;
}

it('FA-6 with /sse as its resourcePath, the client of the SDK logs in, lists and calls tools', async () => {
  await start({ resourcePath: '/sse' });
  const client = await connect(new HeadlessProvider());
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain('whoami');
  const { content } = await client.callTool({ name: 'whoami' });
  expect(JSON.stringify(content)).toContain('ada@example.com');
  await client.close();
});

it('FA-6 with another resourcePath, the client of the SDK takes no metadata from /sse', async () => {
  await start();
  await expect(connect(new HeadlessProvider())).rejects.toThrow(/does not match/);
});

it.each<[string, (url: string) => string]>([
  ['as a list', (url) => url.replace('sessionId=', 'sessionId[]=')],
  ['with an encoded name', (url) => url.replace('sessionId=', '%73ession%49d=')],
  ['after another parameter', (url) => url.replace('?', '?x=?&')],
  ['twice', (url) => `${url}&sessionId=another`],
])('FA-6 RS-22 a session id %s is no way around its owner', async (_, change) => {
  const client = await start();
  const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
  const url = change(await open(ada));
  expect([202, 400]).toContain(await call(url, ada));
  // 400 is the response of the route to an id that it does not find, which Express 5 reads from a list's name.
  expect(await call(url, bob)).not.toBe(202);
});

const urlOf = (req: Request): URL => new URL(req.originalUrl, 'http://localhost');

it.each<[string, unknown, (url: string) => string, (req: Request) => unknown]>([
  [
    'an app without one, whose route reads the URL',
    false,
    (url) => url,
    (req) => urlOf(req).searchParams.get('sessionId'),
  ],
  [
    'an app within the app, with another one',
    'extended',
    (url) => url.replace('sessionId=', 'sessionId[]='),
    ({ query }) => query['sessionId'],
  ],
])(
  'FA-6 RS-22 the query parser of %s is no way around the owner',
  async (_, parser, change, idIn) => {
    const reached: string[] = [];
    world = await startWorld({
      mount(app, auth) {
        if (parser === false) app.set('query parser', false);
        mount(app, auth);
        const inner = express().set('query parser', parser);
        inner.post('/', (req, res) => void res.json(reached.push(String(idIn(req)))));
        app.use('/inner', auth.bearer(), inner);
      },
    });
    const client = await registerClient(world.origin);
    const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
    const url = change((await open(ada)).replace('/messages', '/inner'));
    expect([await call(url, bob), await call(url, ada)]).toEqual([404, 200]);
    expect(reached).toEqual([new URL(url).search.split('=')[1]]);
  },
);

it('FA-6 RS-22 another client of the same user, or a session of its own in the header, does not help', async () => {
  const client = await start();
  const url = await open(await tokenOf(client));
  const other = await tokenOf(await registerClient(world.origin));
  expect(await call(url, other)).toBe(404);
  const headers = { 'mcp-session-id': 'of-its-own' };
  expect(await call(url, other, { headers })).toBe(404);
});

it('FA-6 RS-22 a server that lets the client choose the id gives no session away', async () => {
  const client = await start({}, true);
  const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
  const url = await open(ada);
  await expect(open(bob, new URL(url).search)).rejects.toThrow();
  expect([await call(url, bob), await call(url, ada)]).toEqual([404, 202]);
  // The id of a stream that is open at the same time, in another parameter.
  const chosen = await open(bob, `?sessionId=chosen`);
  expect(await call(chosen, ada)).toBe(404);
});

it('FA-6 a session ends with its stream, for its owner as well', async () => {
  const ada = await tokenOf(await start());
  const url = await open(ada);
  expect(await call(url, ada)).toBe(202);
  for (const stream of streams) stream.abort();
  let status = 202;
  while (status === 202) status = await call(url, ada);
  expect([400, 404]).toContain(status);
});
