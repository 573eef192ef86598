/** The older transport of the SDK, HTTP with SSE, mounted as docs/mounting.md shows. */
import { afterEach, expect, it } from '@jest/globals';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import express from 'express';
import { getAccessToken } from '../../lib/bearer/caller.js';
import { BOB } from '../../lib/testing/options.js';
import { createServer } from '../support/mcp-route.js';
import { registerClient } from '../support/oauth-client.js';
import { sendJson } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
afterEach(() => world.close());

it('FA-6 RS-1 RS-22 behind the guard serves the caller that opened the session, with tool scopes', async () => {
  const callerOf = (): string =>
    JSON.stringify([getAccessToken().subject, getAccessToken().clientId]);
  const sessions = new Map<string, { transport: SSEServerTransport; caller: string }>();
  world = await startWorld({
    options: { toolScopes: { write_file: ['files:write'] } },
    mount(app, auth) {
      app.use(auth);
      app.get('/sse', auth.bearer(), async (_req, res) => {
        const transport = new SSEServerTransport('/messages', res);
        sessions.set(transport.sessionId, { transport, caller: callerOf() });
        res.on('close', () => sessions.delete(transport.sessionId));
        const server = createServer();
        await server.connect(transport as Parameters<typeof server.connect>[0]);
      });
      app.post('/messages', auth.bearer(), express.json(), async (req, res) => {
        const session = sessions.get(String(req.query['sessionId']));
        if (session?.caller !== callerOf()) return void res.sendStatus(404);
        await session?.transport.handlePostMessage(req, res, req.body);
      });
    },
  });
  const client = await registerClient(world.origin);
  const ada = (await client.tokens()).access_token;
  const bob = (await client.tokens({ user: BOB })).access_token;
  expect((await fetch(`${world.origin}/sse`)).status).toBe(401);
  const stream = await fetch(`${world.origin}/sse`, {
    headers: { authorization: `Bearer ${ada}`, accept: 'text/event-stream' },
  });
  const { value } = (await stream.body?.getReader().read()) ?? {};
  const [, path = ''] = /data: (\S+)/.exec(new TextDecoder().decode(value)) ?? [];
  expect(path).toMatch(/^\/messages\?sessionId=/);
  const post = async (token: unknown, name: string): Promise<number> => {
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await sendJson(world.origin + path, call, headers as Record<string, string>)).status;
  };
  expect([
    await post(undefined, 'whoami'),
    await post(bob, 'whoami'),
    await post(ada, 'write_file'),
    await post(ada, 'whoami'),
  ]).toEqual([401, 404, 403, 202]);
});
