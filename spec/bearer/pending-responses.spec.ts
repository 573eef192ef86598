/**
 * The end of an answer, told however it ends.
 *
 * @module
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';

import { createPendingResponses } from '../../lib/bearer/pending-responses.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

let ended = 0;
const answers = createPendingResponses(() => {
  ended += 1;
});
const { list } = answers;

/** Answers `/stream` without an end, and everything else at once. */
async function start(admitAfterMs: number): Promise<Socket> {
  ended = 0;
  const admit: RequestHandler = async (req, res, next) => {
    if (req.path !== '/stream') await sleep(admitAfterMs);
    answers.begin(req, res, undefined);
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

describe('an answer under way', () => {
  it('has ended once it was sent', async () => {
    const socket = await start(0);
    socket.write(request('/call'));
    await new Promise((resolve) => socket.once('data', resolve));
    await until(() => list.length === 0);
    expect(list).toHaveLength(0);
  });

  it('has ended with its connection, also behind another one on it', async () => {
    const socket = await start(0);
    socket.write(request('/stream') + request('/call').repeat(20));
    await until(() => list.length === 21);
    expect(list).toHaveLength(21);
    expect(list.map(({ place }) => place)).toEqual([...list.keys()]);
    socket.destroy();
    await until(() => list.length === 0);
    expect(list).toHaveLength(0);
    expect(ended).toBe(21);
  });

  it('leaves the others in their places, whichever ends first', async () => {
    const socket = await start(0);
    socket.write(request('/stream'));
    const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
    other.on('error', () => {}).write(request('/stream'));
    await until(() => list.length === 2);
    socket.destroy();
    await until(() => list.length === 1);
    expect(list.map(({ place }) => place)).toEqual([0]);
    other.destroy();
    await until(() => list.length === 0);
    expect(list).toHaveLength(0);
    expect(ended).toBe(2);
  });

  it('may open a session if it is one to a POST, until somebody has read which', async () => {
    const { opening } = answers;
    const socket = await start(0);
    socket.write(request('/stream') + request('/call').repeat(2));
    const other = connect((server.address() as AddressInfo).port, '127.0.0.1');
    other.on('error', () => {}).write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => list.length === 4);
    expect(opening).toHaveLength(3);
    const [first] = opening;
    if (first === undefined) throw new Error('nothing is under way');
    expect([answers.markRead(first), answers.markRead(first)]).toEqual([true, false]);
    expect(opening.map(({ openingPlace }) => openingPlace)).toEqual([0, 1]);
    expect(list).toHaveLength(4);
    socket.destroy();
    other.destroy();
    await until(() => list.length === 0);
    expect([list.length, opening.length]).toEqual([0, 0]);
  });

  it('does not begin on a connection that was gone before, also behind another one on it', async () => {
    const socket = await start(200);
    socket.write(request('/stream') + request('/call').repeat(20));
    await until(() => list.length === 1);
    socket.destroy();
    await sleep(400);
    expect(list).toHaveLength(0);
  });
});
