/** Clients in a web page of another origin, in real Chromium: only a browser enforces CORS. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';
import type { Browser, Page } from 'playwright-core';

import { launchChromium } from '../support/chromium.js';
import { mcpRoute } from '../support/mcp-route.js';
import { rpc } from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { startResourceWorld } from '../support/resource-world.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

const worlds: World[] = [];
async function start(setup: WorldOptions = {}): Promise<World> {
  const world = await startWorld(setup);
  worlds.push(world);
  return world;
}
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

/** Names that no list can have in advance: parameters of tools, tracing, the app's own. */
const UNEXPECTED = {
  'mcp-param-city': 'Berlin',
  'x-tenant': 'acme',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'cache-control': 'no-cache',
};

describe('FA-18 a page of another origin, in Chromium', () => {
  let chromium: Browser;
  let site: Site;
  let page: Page;

  beforeAll(async () => {
    chromium = await launchChromium();
    site = await startSite((_req, res) =>
      res.setHeader('content-type', 'text/html').end('<!doctype html>'),
    );
    page = await chromium.newPage();
    // Another host name: the worlds are at 127.0.0.1.
    await page.goto(`http://localhost:${site.port}/`);
  });
  afterAll(async () => {
    await chromium.close();
    await site.close();
  });

  /** The result of the page's `fetch`: the status, or the browser's error. */
  function fetchInPage(url: string, init: { method: string; headers: object; body?: string }) {
    return page.evaluate(
      async ([address, given]) => {
        try {
          const response = await fetch(address, given as RequestInit);
          return { status: response.status, headers: Object.fromEntries(response.headers) };
        } catch (error) {
          return { status: String(error), headers: {} as Record<string, string> };
        }
      },
      [url, init] as const,
    );
  }

  it.each([
    ['POST', '/mcp', 200],
    ['GET', '/.well-known/oauth-protected-resource/mcp', 200],
    ['GET', '/.well-known/oauth-authorization-server', 200],
    ['GET', '/.well-known/jwks.json', 200],
    ['POST', '/register', 201],
    ['POST', '/token', 400],
    ['POST', '/revoke', 400],
  ])('%s %s may carry headers of any name', async (method, path, status) => {
    const world = await start({ options: { anonymous: { methods: ['ping'] } } });
    const bodies: Readonly<Record<string, string>> = {
      '/mcp': JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      '/register': JSON.stringify({ redirect_uris: ['https://c.example/cb'] }),
      '/token': 'grant_type=authorization_code&client_id=x&code=y&code_verifier=z',
      '/revoke': 'token=x',
    };
    const body = bodies[path];
    const headers = {
      ...UNEXPECTED,
      ...(body !== undefined && {
        accept: 'application/json, text/event-stream',
        'content-type': body.startsWith('{')
          ? 'application/json'
          : 'application/x-www-form-urlencoded',
      }),
    };
    const response = await fetchInPage(world.origin + path, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    // The page can read the client errors of the two endpoints.
    expect(response.status === 401 ? 400 : response.status).toBe(status);
  });

  it('reads the challenge, and the headers that the app exposes', async () => {
    const expose: RequestHandler = (_req, res, next) => {
      res.setHeader('Access-Control-Expose-Headers', ['X-A', 'x-b, www-authenticate']);
      res.set({ 'X-A': 'a', 'X-B': 'b' });
      next();
    };
    const world = await start({ before: (app) => app.use(expose) });
    const headers = {
      authorization: 'Bearer stale',
      'content-type': 'application/json',
      ...UNEXPECTED,
    };
    const response = await fetchInPage(world.mcp, { method: 'POST', headers, body: '{}' });
    expect(response).toMatchObject({ status: 401, headers: { 'x-a': 'a', 'x-b': 'b' } });
    expect(response.headers['www-authenticate']).toMatch(/^Bearer .*resource_metadata=/);
  });
});

describe('FA-18 a preflight', () => {
  const ask = async (url: string, names?: string) => {
    const { status, headers } = await send(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://client.example',
        'access-control-request-method': 'POST',
        ...(names !== undefined && { 'access-control-request-headers': names }),
      },
    });
    const allowed = headers['access-control-allow-headers']?.split(', ') ?? [];
    return { status, headers, allowed };
  };

  it.each(['auth0Mcp()', 'auth0McpResource()'])(
    'of any endpoint of %s allows the requested headers, each once, and no cookies',
    async (which) => {
      const ofResource = which === 'auth0McpResource()';
      const world = ofResource ? await startResourceWorld() : await startWorld();
      const paths = ['/.well-known/oauth-protected-resource/mcp', '/mcp'];
      if (!ofResource) paths.push('/register', '/token', '/revoke', '/.well-known/jwks.json');
      for (const path of paths) {
        const names = 'mcp-param-city,x-tenant, X-TENANT,,AUTHORIZATION';
        const { status, headers, allowed } = await ask(world.origin + path, names);
        expect(status).toBe(204);
        expect(allowed).toEqual(
          expect.arrayContaining(['mcp-param-city', 'x-tenant', 'Authorization']),
        );
        const once = new Set(allowed.map((name) => name.toLowerCase()));
        expect(allowed).toHaveLength(once.size);
        expect(headers.vary).toContain('Access-Control-Request-Headers');
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers['access-control-allow-credentials']).toBeUndefined();
      }
      await world.close();
    },
  );

  it.each([
    ['that are invalid', 'x y, a:b, <script>, "q", (c), é'],
    ['that are a wildcard', '*'],
    ['in a very long list', Array.from({ length: 900 }, (_, at) => `x-${at}`).join(',')],
    ['that are empty', ' , ,'],
  ])('gets back no names %s', async (_what, names) => {
    const world = await start();
    const usual = await ask(world.mcp);
    expect(usual.allowed).toContain('Authorization');
    expect((await ask(world.mcp, names)).allowed).toEqual(usual.allowed);
  });

  it('adds to a Vary of the app', async () => {
    const world = await start({
      before: (app) =>
        app.use((_req, res, next) => void next(res.vary('Accept-Encoding') && undefined)),
    });
    expect((await ask(world.mcp)).headers.vary).toBe(
      'Accept-Encoding, Access-Control-Request-Headers',
    );
  });
});

describe('FA-18 headers that the app exposes', () => {
  it.each([
    ['nothing', undefined, /^WWW-Authenticate, /],
    ['a header', 'X-A', /^X-A, WWW-Authenticate, Mcp-Session-Id/],
    ['several', ['X-A', 'X-B'], /^X-A, X-B, WWW-Authenticate/],
    [
      'a header of this server in another case',
      'mcp-session-id',
      /^mcp-session-id, WWW-Authenticate, Mcp-Protocol/,
    ],
    ['everything', '*', /^\*, WWW-Authenticate/],
    ['an empty list', '', /^WWW-Authenticate/],
  ])('stay exposed: %s', async (_what, value, expected) => {
    const world = await start({
      before: (app) =>
        app.use((_req, res, next) => {
          if (value !== undefined) res.setHeader('Access-Control-Expose-Headers', value);
          next();
        }),
    });
    for (const path of ['/mcp', '/.well-known/jwks.json']) {
      const { headers } = await send(world.origin + path, {
        headers: { origin: 'http://localhost:1234' },
      });
      expect(headers['access-control-expose-headers']).toMatch(expected);
    }
  });

  it('are listed once with two guards before a route', async () => {
    const world = await start({
      mount(app, auth) {
        app.use(auth);
        app.all('/mcp', auth.bearer(), express.json(), mcpRoute);
      },
    });
    const { headers } = await rpc(world.mcp, undefined, {}, { origin: world.origin });
    const exposed = headers.get('access-control-expose-headers')?.split(', ') ?? [];
    expect(exposed).toHaveLength(new Set(exposed).size);
  });
});

describe('FA-4 a rejection by Origin', () => {
  it.each([
    ['https://evil.example', 'https://evil.example'],
    ['null', 'null'],
    ['not a URL', '(not a URL)'],
    ['https://user:secret@evil.example/path', 'https://evil.example'],
    [`https://${'a'.repeat(3000)}.example`, `https://${'a'.repeat(192)}`],
  ])('is one line of the log and one event: %.40s', async (origin, shown) => {
    const world = await start();
    const { status } = await rpc(world.mcp, 'any', { method: 'ping' }, { origin });
    expect(status).toBe(403);
    const refused = world.log.filter(({ message }) => message === 'a request was rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      level: 'info',
      fields: {
        error: 'access_denied',
        request: 'POST /mcp',
        detail: expect.stringContaining(shown),
      },
    });
    expect(JSON.stringify(world.log)).not.toContain('secret@');
    expect(world.events).toEqual([
      { type: 'origin_refused', origin: shown, correlationId: refused[0]?.fields.correlationId },
    ]);
  });

  it('does not happen for an allowed origin, or without one', async () => {
    const world = await start({ options: { allowedOrigins: ['https://app.example.com'] } });
    for (const headers of [{}, { origin: 'https://app.example.com' }, { origin: world.origin }]) {
      expect((await rpc(world.mcp, undefined, { method: 'ping' }, headers)).status).toBe(401);
    }
    expect(world.events).toEqual([]);
  });
});
