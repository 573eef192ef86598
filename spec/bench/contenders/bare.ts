/** The measure of all: Express apps with a trivial route that anybody may call. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { hash, randomBytes } from 'node:crypto';

import express, { type Express, type RequestHandler } from 'express';

import { guardedRoute, type Rig, tokenEndpoint } from '../rig.js';

const RESULT = { content: [{ type: 'text', text: 'hello' }] };

/** A token of ours has about so many characters. */
const TOKEN_LENGTH = 505;

/** What a table asks for. */
interface BareOptions {
  /** Tokens in rotation, which nobody looks at. Default: 1. */
  readonly tokens?: number;
}

/** As long as ours, so that Node reads as much. */
const meaninglessTokens = ({ tokens = 1 }: BareOptions): string[] =>
  Array.from({ length: tokens }, () =>
    randomBytes(TOKEN_LENGTH).toString('base64url').slice(0, TOKEN_LENGTH),
  );

/** The bare `POST /mcp`: a parsed body, a JSON answer. */
export async function bare(options: BareOptions): Promise<Rig> {
  return guardedRoute(appWith([]), meaninglessTokens(options));
}

/**
 * The least that a guard like ours can do, written down without any care: a header, the hash of the
 * token, `req.auth`, an ear for the end of the answer, an `AsyncLocalStorage`. It checks nothing.
 */
export async function leastGuard(options: BareOptions): Promise<Rig> {
  const context = new AsyncLocalStorage<object>();
  const known = new Map<string, object>();
  const onClose = (): void => {};
  const guard: RequestHandler = (req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    const token = req.headers.authorization?.slice('Bearer '.length) ?? '';
    const name = hash('sha256', token, 'base64url');
    const claims = known.get(name) ?? {};
    known.set(name, claims);
    req.auth = { token, clientId: 'x', scopes: ['openid'], extra: { claims } };
    res.on('close', onClose);
    context.run({ claims }, next);
  };
  return guardedRoute(appWith([guard]), meaninglessTokens(options));
}

/** A bare `POST` of a form, to compare the token endpoint with; `times` of them are one run. */
export async function bareForm({ times = 1 }: { readonly times?: number }): Promise<Rig> {
  const app = express().post('/token', express.urlencoded(), (_req, res) => {
    res.json({ access_token: 'x'.repeat(600), token_type: 'Bearer', expires_in: 3600 });
  });
  const form = { grant_type: 'refresh_token', refresh_token: 'x'.repeat(70), client_id: 'x' };
  const { run, burst } = tokenEndpoint(app, async () => form);
  if (times === 1) return { run, ...(burst && { burst }) };
  return {
    async run() {
      for (let time = 0; time < times; time += 1) await run();
    },
  };
}

/** The app of {@link bare} with guards in front of the route. */
export function appWith(guards: readonly RequestHandler[]): Express {
  const app = express();
  for (const guard of guards) app.use(guard);
  return app.post('/mcp', express.json(), (_req, res) => {
    res.json({ jsonrpc: '2.0', id: 1, result: RESULT });
  });
}
