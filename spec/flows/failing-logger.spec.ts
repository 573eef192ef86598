/** A logger of the host app that throws: the error goes to the app's error handler, and the process lives on. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler, type Express } from 'express';

import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { rpc } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
afterEach(() => world.close());

const fail = (): never => {
  throw new Error('the disk of the log is full');
};

const errorHandler: ErrorRequestHandler = (error: Error, _req, res, _next) => {
  res.status(507).json(error.message);
};

const mountAll = (app: Express, auth: Auth0Mcp): void => {
  app.use(auth, auth.connectedApps);
  app.all('/mcp', express.json(), (_req, res) => void res.json({}));
  app.all('/admin', auth.bearer(), (_req, res) => void res.json({}));
  app.use(errorHandler);
};

async function start(mount = mountAll): Promise<void> {
  let isReady = false;
  const failOnceReady = (): void => {
    if (isReady) fail();
  };
  world = await startWorld({
    options: {
      logger: {
        debug: failOnceReady,
        info: failOnceReady,
        warn: failOnceReady,
        error: failOnceReady,
      },
    },
    mount,
  });
  isReady = true;
}

describe('a logger that throws', () => {
  it.each([
    ['before anything is awaited', 'PUT', '/token', undefined],
    ['after the body is read', 'POST', '/token', new URLSearchParams({ grant_type: 'none' })],
    ['after the client is looked up', 'GET', '/authorize?client_id=unknown', undefined],
    ['at the callback', 'GET', '/auth/callback?state=unknown&code=x', undefined],
    [
      'at a form of an account page',
      'POST',
      '/connected-apps/sign-out',
      new URLSearchParams('a=b'),
    ],
  ])('reaches the error handler of the app: %s', async (_when, method, path, body) => {
    await start();
    const headers = { origin: 'https://elsewhere.example' };
    const response = await fetch(world.origin + path, {
      method,
      ...(body !== undefined && { body, headers }),
    });
    expect([response.status, await response.json()]).toEqual([507, 'the disk of the log is full']);
    expect((await fetch(`${world.origin}/.well-known/jwks.json`)).status).toBe(200);
  });

  it.each(['/mcp', '/mcp?x=1', '/admin'])('reaches it from the guard of %s', async (path) => {
    await start();
    const { status } = await rpc(world.origin + path, 'garbage', { method: 'ping' });
    expect(status).toBe(507);
    expect((await fetch(`${world.origin}/.well-known/jwks.json`)).status).toBe(200);
  });

  it('stops nothing once the response was sent: a route without a guard', async () => {
    await start((app, auth) => {
      app.use(auth.metadata);
      app.all('/mcp', (_req, res) => void res.json({}));
    });
    expect((await fetch(world.mcp, { method: 'POST' })).status).toBe(200);
    expect((await fetch(`${world.origin}/.well-known/jwks.json`)).status).toBe(200);
  });
});
