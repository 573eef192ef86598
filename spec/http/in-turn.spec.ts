/**
 * Handlers one after the other, on a real app: what goes wrong is answered, behind a promise too.
 *
 * @module
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';

import { handler } from '../../lib/http/handler.js';
import { inTurn } from '../../lib/http/in-turn.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What the app's own error handler hears of. */
const byTheApp: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  res.status(500).send(`the app: ${error instanceof Error ? error.message : 'no error'}`);
};

async function ask(work: RequestHandler, onError: ErrorRequestHandler): Promise<string> {
  const app = express();
  app.post('/', inTurn([(_req, _res, next) => next(), work], onError), (_req, res) => {
    res.send('passed on');
  });
  app.use(byTheApp);
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const signal = AbortSignal.timeout(2000);
  return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', signal })).text();
}

const failing = {
  'at once': () => {
    throw new Error('the work');
  },
  'behind a promise': handler(async () => {
    await Promise.resolve();
    throw new Error('the work');
  }),
};

const HOW = ['at once', 'behind a promise'] as const;

describe('handlers in turn', () => {
  it('pass on what none of them answers', async () => {
    expect(await ask((_req, _res, next) => next(), byTheApp)).toBe('passed on');
  });

  it.each(HOW)('have an answer for what one of them throws %s', async (how) => {
    const answer = await ask(failing[how], (_error, _req, res, _next) => void res.send('told'));
    expect(answer).toBe('told');
  });

  it.each(HOW)('leave it to the app if that fails too, as a router does: %s', async (how) => {
    const answer = await ask(failing[how], () => {
      throw new Error('the log is full');
    });
    expect(answer).toBe('the app: the log is full');
  });
});
