/**
 * MCP sessions and event streams of the SDK's own transport, behind the guard: whose they are, who
 * may call from a browser, and how long they last.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Store as RateLimitStore } from 'express-rate-limit';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { ADA, BOB } from '../../lib/testing/options.js';
import { atMcp, sessionRoute } from '../support/mcp-route.js';
import { type Answer, type OAuthClient, registerClient, rpc } from '../support/oauth-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

let world: World;
afterEach(() => world.close());

async function start(options: WorldOptions = {}): Promise<OAuthClient> {
  const route = sessionRoute();
  world = await startWorld({
    mount: atMcp(route),
    ...options,
  });
  return registerClient(world.origin);
}

const INITIALIZE = {
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'spec', version: '1' },
  },
};
const WHOAMI = { method: 'tools/call', params: { name: 'whoami', arguments: {} } };

/** Opens a session; the headers that belong to it. */
async function openSession(token: unknown): Promise<Record<string, string>> {
  const { status, headers } = await rpc(world.mcp, token, INITIALIZE);
  expect(status).toBe(200);
  const id = headers.get('mcp-session-id');
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  return { 'mcp-session-id': String(id), 'mcp-protocol-version': '2025-11-25' };
}

async function tokenOf(client: OAuthClient, user = ADA): Promise<unknown> {
  return (await client.tokens({ user })).access_token;
}

describe('a session', () => {
  it('RS-2 never replaces the token', async () => {
    const client = await start();
    const session = await openSession(await tokenOf(client));
    expect((await rpc(world.mcp, undefined, WHOAMI, session)).status).toBe(401);
    expect((await rpc(world.mcp, 'rubbish', WHOAMI, session)).status).toBe(401);
  });

  it('RS-22 serves the user and client that opened it, with any of their tokens', async () => {
    const client = await start();
    const tokens = await client.tokens();
    const session = await openSession(tokens.access_token);
    const later = await client.refresh(tokens.refresh_token);
    for (const token of [tokens.access_token, later.body.access_token]) {
      expect((await rpc(world.mcp, token, WHOAMI, session)).status).toBe(200);
    }
  });

  it.each(['', 'ended-long-ago'])(
    'RS-22 belongs to the caller that opened it, also if the request names another session: "%s"',
    async (named) => {
      const client = await start();
      const ada = await tokenOf(client);
      const opened = await rpc(world.mcp, ada, INITIALIZE, { 'mcp-session-id': named });
      expect(opened.status).toBe(200);
      const session = {
        'mcp-session-id': String(opened.headers.get('mcp-session-id')),
        'mcp-protocol-version': '2025-11-25',
      };
      expect(session['mcp-session-id']).toMatch(/^[0-9a-f-]{36}$/);
      const refused = await rpc(world.mcp, await tokenOf(client, BOB), WHOAMI, session);
      expect(refused.status).toBe(404);
      expect((await rpc(world.mcp, ada, WHOAMI, session)).status).toBe(200);
    },
  );

  it.each(['POST', 'GET', 'DELETE'])(
    'RS-22 does not exist for any other caller: %s',
    async (method) => {
      const client = await start();
      const ada = await tokenOf(client);
      const session = await openSession(ada);
      const other = await registerClient(world.origin, { client_name: 'Another' });
      for (const token of [await tokenOf(client, BOB), await tokenOf(other, ADA)]) {
        const refused = await fetch(world.mcp, {
          method,
          headers: {
            ...session,
            authorization: `Bearer ${token}`,
            accept: 'application/json, text/event-stream',
            'content-type': 'application/json',
          },
          ...(method === 'POST' && { body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...WHOAMI }) }),
        });
        expect(refused.status).toBe(404);
        expect(await refused.json()).toEqual({
          jsonrpc: '2.0',
          error: { code: -32001, message: 'Session not found' },
          id: null,
        });
      }
      expect((await rpc(world.mcp, ada, WHOAMI, session)).status).toBe(200);
    },
  );

  it('RS-22 has an owner as soon as its id was sent, while the response is still open', async () => {
    world = await startWorld({
      mount(app, auth) {
        app.use(auth);
        app.post('/mcp', (req, res) => {
          if (req.headers['mcp-session-id'] !== undefined) res.json({ inside: true });
          else {
            res.writeHead(200, {
              'content-type': 'text/event-stream',
              'mcp-session-id': 'the-session',
            });
            res.write(': open\n\n');
          }
        });
      },
    });
    const client = await registerClient(world.origin);
    const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
    const opened = await fetch(world.mcp, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada}` },
    });
    const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    expect((await rpc(world.mcp, bob, WHOAMI, session)).status).toBe(404);
    expect((await rpc(world.mcp, ada, WHOAMI, session)).body).toEqual({ inside: true });
    await opened.body?.cancel();
  });

  it('RS-22 keeps its owner, whatever id a later response names', async () => {
    world = await startWorld({
      options: { anonymous: { methods: ['initialize', 'ping'] } },
      mount(app, auth) {
        app.use(auth);
        app.all('/mcp', (_req, res) => {
          res.set('mcp-session-id', 'one-for-all').json({ result: {} });
        });
      },
    });
    const client = await registerClient(world.origin);
    const [ada, bob] = [await tokenOf(client), await tokenOf(client, BOB)];
    const session = { 'mcp-session-id': 'one-for-all' };
    for (const token of [ada, bob, undefined]) await rpc(world.mcp, token, INITIALIZE);
    expect((await rpc(world.mcp, ada, WHOAMI, session)).status).toBe(200);
    expect((await rpc(world.mcp, bob, WHOAMI, session)).status).toBe(404);
    expect((await rpc(world.mcp, undefined, { method: 'ping' }, session)).status).toBe(404);
    const stream = await fetch(world.mcp, { headers: { ...session, accept: 'text/event-stream' } });
    expect(stream.status).toBe(401);
  });

  it('that was opened without a token belongs to the first user that logs in on it', async () => {
    const client = await start({
      options: { anonymous: { methods: ['initialize', 'tools/list'] } },
    });
    const session = await openSession(undefined);
    expect((await rpc(world.mcp, undefined, { method: 'tools/list' }, session)).status).toBe(200);
    expect((await rpc(world.mcp, await tokenOf(client), WHOAMI, session)).status).toBe(200);
    expect((await rpc(world.mcp, await tokenOf(client, BOB), WHOAMI, session)).status).toBe(404);
    expect((await rpc(world.mcp, undefined, { method: 'tools/list' }, session)).status).toBe(404);
  });

  it('RS-22 whose owner logs in while a call without a token is counted rejects that call', async () => {
    let isSlow = false;
    const counters: RateLimitStore = {
      increment: async () =>
        isSlow ? new Promise(() => {}) : { totalHits: 1, resetTime: undefined },
      decrement: () => {},
      resetKey: () => {},
    };
    const storage = { ...memoryStorage(), rateLimitStore: () => counters };
    const client = await start({ options: { storage, anonymous: { methods: ['initialize'] } } });
    const token = await tokenOf(client);
    const session = await openSession(undefined);
    // From here on the counters of all instances do not answer, and those of this process are asked later.
    isSlow = true;
    const stream = fetch(world.mcp, { headers: { ...session, accept: 'text/event-stream' } });
    expect((await rpc(world.mcp, token, WHOAMI, session)).status).toBe(200);
    expect((await stream).status).toBe(404);
  });
});

describe('RS-20 a web page', () => {
  const call = async (token: unknown, origin: string): Promise<Answer> =>
    rpc(world.mcp, token, INITIALIZE, { origin });

  it.each(['https://evil.example', 'http://127.0.0.1.evil.example', 'null', 'rubbish'])(
    'of another site is rejected before its token is checked: %s',
    async (origin) => {
      const client = await start();
      for (const token of [undefined, await tokenOf(client)]) {
        const { status, headers, body } = await call(token, origin);
        expect(status).toBe(403);
        expect(headers.get('www-authenticate')).toBeNull();
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(body).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 }, id: null });
      }
    },
  );

  it.each([
    ['of this server', () => world.origin],
    ['on the person’s machine, as MCP Inspector is', () => 'http://localhost:6274'],
    ['on the allow-list', () => 'https://app.example.com'],
    ['that is none, but an app', () => 'vscode-file://vscode-app'],
  ])('%s is allowed', async (_which, origin) => {
    const client = await start({ options: { allowedOrigins: ['https://app.example.com'] } });
    expect((await call(undefined, origin())).status).toBe(401);
    expect((await call(await tokenOf(client), origin())).status).toBe(200);
  });

  it('of any site is allowed if the options say so', async () => {
    await start({ options: { allowedOrigins: ['*'] } });
    expect((await call(undefined, 'https://evil.example')).status).toBe(401);
  });
});

describe('an open stream', () => {
  const OFTEN = { host: { streamCheckMs: 20 } };

  /** Opens the stream of a session; what ends it, if anything, within the time. */
  async function listen(token: unknown, session: Record<string, string>) {
    const response = await fetch(world.mcp, {
      headers: { ...session, authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    const ended = response.text().then(() => 'ended');
    return {
      ended,
      within: (ms: number) =>
        Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms, 'open'))]),
    };
  }

  it('is closed when the token expires; the client reconnects with a new one', async () => {
    const client = await start(OFTEN);
    const tokens = await client.tokens();
    const session = await openSession(tokens.access_token);
    const stream = await listen(tokens.access_token, session);
    expect(await stream.within(100)).toBe('open');
    world.advance(3700);
    expect(await stream.ended).toBe('ended');
    const { body } = await client.refresh(tokens.refresh_token);
    const again = await listen(body.access_token, session);
    expect(await again.within(100)).toBe('open');
  });

  it('is closed when the grant is revoked', async () => {
    const client = await start(OFTEN);
    const tokens = await client.tokens();
    const stream = await listen(tokens.access_token, await openSession(tokens.access_token));
    expect(await stream.within(100)).toBe('open');
    await client.post('/revoke', { token: String(tokens.refresh_token), client_id: client.id });
    expect(await stream.ended).toBe('ended');
  });

  /** A route that answers a call piece by piece, until it is told to finish. */
  function slowRoute(): { admitted: Promise<void>; finish(): void; mount: WorldOptions } {
    let finish = (): void => {};
    let admit = (): void => {};
    return {
      admitted: new Promise((resolve) => {
        admit = resolve;
      }),
      finish: () => finish(),
      mount: {
        ...OFTEN,
        mount(app, auth) {
          app.use(auth);
          app.post('/mcp', (_req, res) => {
            res.writeHead(200, { 'content-type': 'text/event-stream' });
            res.write(': working\n\n');
            finish = () => res.end('data: {"done":true}\n\n');
            admit();
          });
        },
      },
    };
  }

  it('is completed if its call was admitted before the token expired', async () => {
    const { admitted, finish, mount } = slowRoute();
    const token = await tokenOf(await start(mount));
    const response = rpc(world.mcp, token, WHOAMI);
    await admitted;
    world.advance(3700);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    finish();
    expect((await response).body).toEqual({ done: true });
  });

  it('is closed with the grant, also in the middle of a call', async () => {
    const { admitted, mount } = slowRoute();
    const client = await start(mount);
    const tokens = await client.tokens();
    const response = rpc(world.mcp, tokens.access_token, WHOAMI);
    await admitted;
    await client.post('/revoke', { token: String(tokens.refresh_token), client_id: client.id });
    await expect(response).rejects.toThrow();
  });
});
