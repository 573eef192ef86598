/**
 * The measure of all: Express apps with a trivial route that anybody may call.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import express, { type Express, type RequestHandler } from 'express';

import { guardedRoute, type Rig, tokenEndpoint } from '../rig.js';

const RESULT = { content: [{ type: 'text', text: 'hello' }] };

/** The bare `POST /mcp`: a parsed body, a JSON answer. */
export async function bare(): Promise<Rig> {
  return guardedRoute(appWith([]), ['no-token']);
}

/** The same in an `AsyncLocalStorage`: what `getAccessToken()` costs on this Node before any check. */
export async function bareWithContext(): Promise<Rig> {
  const context = new AsyncLocalStorage<object>();
  return guardedRoute(appWith([(_req, _res, next) => context.run({}, next)]), ['no-token']);
}

/** A bare `POST` of a form, to compare the token endpoint with. */
export async function bareForm(): Promise<Rig> {
  const app = express().post('/token', express.urlencoded(), (_req, res) => {
    res.json({ access_token: 'x'.repeat(600), token_type: 'Bearer', expires_in: 3600 });
  });
  const form = { grant_type: 'refresh_token', refresh_token: 'x'.repeat(70), client_id: 'x' };
  return tokenEndpoint(app, async () => form);
}

/** The app of {@link bare} with guards in front of the route. */
export function appWith(guards: readonly RequestHandler[]): Express {
  const app = express();
  for (const guard of guards) app.use(guard);
  return app.post('/mcp', express.json(), (_req, res) => {
    res.json({ jsonrpc: '2.0', id: 1, result: RESULT });
  });
}
