/** More sessions than are kept, opened by one user. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

import { afterAll, expect, it } from '@jest/globals';

import { BOB } from '../../lib/testing/options.js';
import { registerClient } from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

const SESSIONS = 100_001;
const AT_ONCE = 1000;

let world: World;
afterAll(() => world.close());

/** Opens sessions on one connection, a thousand requests at a time. */
async function openSessions(token: unknown): Promise<void> {
  const { port } = new URL(world.origin);
  const request = `POST /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`;
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1').on('error', reject);
    let opened = 0;
    socket.setEncoding('latin1').on('data', (data: string) => {
      const before = opened;
      opened += data.split('opened\n').length - 1;
      if (opened >= SESSIONS) {
        socket.destroy();
        resolve();
      } else if (Math.floor(opened / AT_ONCE) > Math.floor(before / AT_ONCE)) {
        socket.write(request.repeat(AT_ONCE));
      }
    });
    socket.write(request.repeat(2 * AT_ONCE));
  });
}

it('FA-3 RS-22 Bob’s hundred thousand sessions take none from Ada', async () => {
  world = await startWorld({
    mount(app, auth) {
      app.use(auth);
      app.post('/mcp', (req, res) => {
        if (req.headers['mcp-session-id'] === undefined) res.set('mcp-session-id', randomUUID());
        res.send('opened\n');
      });
    },
  });
  world.server.maxRequestsPerSocket = 0;
  const client = await registerClient(world.origin);
  const ada = (await client.tokens()).access_token;
  const bob = (await client.tokens({ user: BOB })).access_token;
  const open = async (token: unknown): Promise<Record<string, string>> => {
    const response = await fetch(world.mcp, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return { 'mcp-session-id': String(response.headers.get('mcp-session-id')) };
  };
  const session = await open(ada);
  const first = await open(bob);
  await openSessions(bob);
  const status = async (token: unknown, headers: Record<string, string>): Promise<number> =>
    (
      await send(world.mcp, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${token}` },
      })
    ).status;
  expect(await status(bob, session)).toBe(404);
  expect(await status(ada, session)).toBe(200);
  expect(await status(ada, first)).toBe(404);
  expect(await status(bob, first)).toBe(404);
}, 300_000);
