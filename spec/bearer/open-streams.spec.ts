/** Every tracked response ends once, also on a connection that closes before it is sent. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';

import { createResponseTracker } from '../../lib/bearer/open-streams.js';
import type { SessionResponse } from '../../lib/bearer/sessions.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const pending = new Set<SessionResponse>();
let ended: number;
beforeEach(() => {
  ended = 0;
});
const trackResponse = createResponseTracker(
  () => Promise.reject(new Error('no token to verify')),
  () => 0,
  20,
  {
    recordBegin: (response) => void pending.add(response),
    recordEnd(response) {
      pending.delete(response);
      ended += 1;
    },
  },
);

/** The response of `/stream` does not end. */
async function start(admitAfterMs: number): Promise<Socket> {
  const admit: RequestHandler = async (req, res, next) => {
    if (req.path !== '/stream') await sleep(admitAfterMs);
    trackResponse(req, res, undefined);
    next();
  };
  const app = express();
  app.use(admit, (req, res) => {
    if (req.path === '/stream') res.status(200).flushHeaders();
    else res.send('done');
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return connect(port, '127.0.0.1').on('error', () => {});
}

const request = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}`;

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i += 1) await sleep(10);
}

describe('a pending response', () => {
  it('ends when it was sent', async () => {
    const socket = await start(0);
    socket.write(request('/call'));
    await new Promise((resolve) => socket.once('data', resolve));
    await until(() => ended === 1);
    expect([pending.size, ended]).toEqual([0, 1]);
  });

  it('ends with its connection, also when pipelined behind another response', async () => {
    const socket = await start(0);
    socket.write(request('/stream') + request('/call').repeat(20));
    await until(() => pending.size === 21);
    expect(pending.size).toBe(21);
    socket.destroy();
    await until(() => ended === 21);
    expect([pending.size, ended]).toEqual([0, 21]);
  });

  it('is not tracked on a connection that closed before, also when pipelined', async () => {
    const socket = await start(200);
    socket.write(request('/stream') + request('/call').repeat(20));
    await until(() => pending.size === 1);
    socket.destroy();
    await sleep(400);
    expect([pending.size, ended]).toEqual([0, 1]);
  });
});
