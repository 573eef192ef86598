/**
 * Ways of writing a path, and apps with different ideas of which are the same.
 *
 * Whatever the router of the app takes for the MCP endpoint, the guard has to take for it too.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Express, type RequestHandler, Router } from 'express';
import express4 from 'express4';
import fc from 'fast-check';

import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { isLong } from '../support/mode.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';
import { FUZZ_SEED } from './property.js';
import { sendRaw } from './socket.js';

/** Paths tried, over all hosts. */
const INPUTS = isLong ? 50_000 : 2000;

/** A host app: how it puts the guard and its own route in place. */
interface Host {
  readonly basePath?: string;
  readonly mount: (app: Express, auth: Auth0Mcp, route: RequestHandler) => void;
}

const HOSTS: Readonly<Record<string, Host>> = {
  'app.all': {
    mount: (app, auth, route) => app.use(auth).all('/mcp', route),
  },
  'app.use': {
    mount: (app, auth, route) => app.use(auth).use('/mcp', route),
  },
  'a wildcard route': {
    mount: (app, auth, route) => app.use(auth).all(['/mcp', '/mcp/*rest'], route),
  },
  'a regular expression': {
    mount: (app, auth, route) => app.use(auth).all(/^\/mcp(?:\/|$)/i, route),
  },
  'strict and case-sensitive routing': {
    mount(app, auth, route) {
      app.enable('strict routing').enable('case sensitive routing');
      app.use(auth).all('/mcp', route).all('/mcp/', route);
    },
  },
  'a strict router inside a lax app': {
    mount(app, auth, route) {
      const router = Router({ strict: true, caseSensitive: true }).all(['/mcp', '/mcp/'], route);
      app.use(auth).use(router);
    },
  },
  'a router at the path': {
    mount: (app, auth, route) => app.use(auth).use('/mcp', Router().all('/', route)),
  },
  'the guard inside a router at the prefix': {
    basePath: '/api',
    mount: (app, auth, route) => app.use('/api', Router().use(auth).all('/mcp', route)),
  },
  'a prefix, mounted at the root': {
    basePath: '/api',
    mount: (app, auth, route) => app.use(auth).use('/api', Router().all('/mcp', route)),
  },
  'a middleware that tidies up paths first': {
    mount(app, auth, route) {
      app.use(function tidy(req, _res, next) {
        const [path = '', ...query] = req.url.split('?');
        const tidied = decoded(path).replace(/\/+/g, '/').toLowerCase();
        req.url = [tidied, ...query].join('?');
        next();
      });
      app.use(auth).all('/mcp', route);
    },
  },
  'Express 4': {
    mount(app, auth, route) {
      const four = express4() as unknown as Express;
      app.use(four.use(auth).all('/mcp', route));
    },
  },
  'Express 4, with a wildcard route': {
    mount(app, auth, route) {
      const four = express4() as unknown as Express;
      app.use(four.use(auth).all(['/mcp', '/mcp/*'], route));
    },
  },
};

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const PIECES =
  'mcp MCP Mcp %6dcp %6Dcp m%63p mcp%00 mcp%20 mcp. mcp;a=b mcp%3b mcp%2f mcp%2F mcp%5c mcp%3f mcp%23 mcp%25 %256dcp api API ap%69 x . .. %2e %2e%2e %2E. ;x mcp\\ mcp~ mcp%ff %c0%af'.split(
    ' ',
  );

/** Segments and separators in any order; now and then an absolute target, a query, a fragment. */
const target: fc.Arbitrary<string> = fc
  .record({
    start: fc.constantFrom(
      '/',
      '/',
      '/',
      '//',
      '/./',
      '/x/../',
      '/\\',
      '\\',
      '/%2f',
      '/api/',
      '/api//',
    ),
    pieces: fc.array(fc.constantFrom('', 'mcp', ...PIECES), { minLength: 1, maxLength: 3 }),
    separator: fc.constantFrom('/', '/', '//', '\\', '%2f', ';'),
    end: fc.constantFrom('', '', '/', '//', '?', '?a=/mcp', '#', '#/x', '?#', ';', '%', '/?x'),
    prefix: fc.constantFrom(
      '',
      '',
      '',
      '',
      'http://127.0.0.1',
      'HTTP://x:1',
      'http://a@b',
      'x:',
      'http:',
    ),
  })
  .map(
    ({ prefix, start, pieces, separator, end }) => prefix + start + pieces.join(separator) + end,
  );

const method = fc.constantFrom('GET', 'POST', 'POST', 'DELETE', 'PUT', 'HEAD', 'PATCH', 'QUERY');

describe.each(Object.entries(HOSTS))('the guard, where the app has %s', (_name, host) => {
  let world: World;
  let unguarded: string[] = [];
  let guarded = 0;
  beforeAll(async () => {
    world = await startWorld({
      ...(host.basePath !== undefined && { basePath: host.basePath }),
      mount: (app, auth) =>
        host.mount(app, auth, function mcp(req, res) {
          if (req.auth === undefined) unguarded.push(`${req.method} ${req.originalUrl}`);
          else guarded += 1;
          res.json({ result: {} });
        }),
    });
  });
  afterAll(() => world.close());

  it(
    'RS-1 rejects every spelling of the path without a token',
    async () => {
      await fc.assert(
        fc.asyncProperty(method, target, async (verb, path) => {
          unguarded = [];
          await sendRaw(world.origin, { method: verb, target: path });
          expect(unguarded).toEqual([]);
        }),
        { seed: FUZZ_SEED, numRuns: Math.ceil(INPUTS / Object.keys(HOSTS).length) },
      );
    },
    20_000 + INPUTS * 10,
  );

  it('accepts a token', async () => {
    const client = await registerClient(world.origin + (host.basePath ?? ''));
    const tokens = await client.tokens();
    expect((await callTool(world.mcp, tokens.access_token, 'any')).status).toBe(200);
    expect(guarded).toBe(1);
  });
});
