/** Every way to mount the bundle, each with server and client of both SDKs. Runs on Express 4 too. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { Router } from 'express';

import { ADA } from '../../lib/testing/options.js';
import { type MountedApp, type ProxyOptions, type Site, startApp } from '../support/mounted-app.js';
import { rpc } from '../support/oauth-client.js';
import { SDKS, type Sdk } from '../support/sdks.js';

interface Shape {
  readonly name: string;
  readonly build: (site: Site, sdk: Sdk) => void;
  readonly proxy?: ProxyOptions;
  /** Path of the MCP endpoint as clients see it. */
  readonly mcp: string;
  /** Where the metadata of the resource has to be. */
  readonly resourceMetadata: string;
}

/** A proxy that owns the origin: the app gets `/api`, without it, and the documents about it. */
const stripping = (headers: Readonly<Record<string, string>> = {}): ProxyOptions => ({
  headers,
  path(url) {
    if (url.startsWith('/api/')) return url.slice('/api'.length);
    return url.startsWith('/.well-known/') ? url : undefined;
  },
});

const SHAPES: readonly Shape[] = [
  {
    name: 'at the root',
    build({ app, auth, origin }, sdk) {
      app.use(auth({ baseUrl: origin }));
      app.all('/mcp', express.json(), sdk.route());
    },
    mcp: '/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/mcp',
  },
  {
    name: 'at the root, baseUrl with a path',
    build({ app, auth, origin }, sdk) {
      app.use(auth({ baseUrl: `${origin}/api` }));
      app.all('/api/mcp', express.json(), sdk.route());
    },
    mcp: '/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/api/mcp',
  },
  {
    name: 'in a sub-app below a prefix, the metadata at the root',
    build({ app, auth, origin }, sdk) {
      const server = auth({ baseUrl: `${origin}/api` });
      const api = express();
      api.use(server);
      api.all('/mcp', express.json(), sdk.route());
      app.use(server.metadata);
      app.use('/api', api);
    },
    mcp: '/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/api/mcp',
  },
  {
    name: 'in a Router below a prefix, with sessions, the metadata at the root',
    build({ app, auth, origin }, sdk) {
      const server = auth({ baseUrl: `${origin}/deep/api` });
      const api = Router();
      api.use(server);
      api.all('/mcp', express.json(), sdk.sessionRoute());
      app.use('/deep/api', api);
      app.use(server.metadata);
    },
    mcp: '/deep/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/deep/api/mcp',
  },
  {
    name: 'behind a proxy that strips the prefix and says so',
    proxy: stripping({ 'x-forwarded-prefix': '/api' }),
    build({ app, auth, origin }, sdk) {
      app.set('trust proxy', 1);
      app.use(auth({ baseUrl: `${origin}/api` }));
      app.all('/mcp', express.json(), sdk.route());
    },
    mcp: '/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/api/mcp',
  },
  {
    name: 'behind a proxy that strips the prefix silently, with strippedPrefix',
    proxy: stripping(),
    build({ app, auth, origin }, sdk) {
      app.use(auth({ baseUrl: `${origin}/api`, strippedPrefix: '/api' }));
      app.all('/mcp', express.json(), sdk.route());
    },
    mcp: '/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/api/mcp',
  },
  {
    name: 'behind a proxy that strips one of two segments, in a sub-app for the other',
    proxy: {
      path: (url) => url.replace(/^\/gateway/, ''),
      headers: { 'x-forwarded-prefix': '/gateway/' },
    },
    build({ app, auth, origin }, sdk) {
      app.set('trust proxy', true);
      const server = auth({ baseUrl: `${origin}/gateway/api` });
      app.use(server.metadata);
      app.use('/api', server);
      app.all('/api/mcp', express.json(), sdk.route());
    },
    mcp: '/gateway/api/mcp',
    resourceMetadata: '/.well-known/oauth-protected-resource/gateway/api/mcp',
  },
  {
    name: 'with the resource away from the login endpoints',
    build({ app, auth, origin }, sdk) {
      app.use(
        auth({ baseUrl: `${origin}/login`, resourceBaseUrl: origin, resourcePath: '/tools' }),
      );
      app.all('/tools', express.json(), sdk.route());
    },
    mcp: '/tools',
    resourceMetadata: '/.well-known/oauth-protected-resource/tools',
  },
];

const MOUNTED = SHAPES.flatMap((shape) => SDKS.map((sdk) => ({ ...shape, ...sdk })));

describe.each(MOUNTED)(
  'mounted $name, with $sdk',
  ({ build, proxy, mcp, resourceMetadata, ...sdk }) => {
    let app: MountedApp;
    afterEach(() => app.close());

    it('R-PR-5 serves the metadata at the origin, logs in and refreshes, without a warning', async () => {
      app = await startApp((site) => build(site, sdk), proxy);
      const { status, headers } = await rpc(app.origin + mcp, undefined, { method: 'initialize' });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain(
        `resource_metadata="${app.origin}${resourceMetadata}"`,
      );
      const { provider, call, leave } = await sdk.logIn(app.origin + mcp);
      expect(await call('whoami')).toMatchObject({ email: ADA.email, sameAsExtra: true });
      provider.saved = { ...provider.saved, access_token: 'gone' } as typeof provider.saved;
      expect(await call('whoami')).toMatchObject({ email: ADA.email });
      expect(provider.visits).toHaveLength(1);
      await leave();
      const grumbles = app.complaints.filter(({ message }) => !message.includes('rate limit'));
      expect(grumbles).toEqual([]);
    });
  },
);

describe('a path of the host app that resembles one of ours', () => {
  let app: MountedApp;
  afterEach(() => app.close());

  it.each([
    ['without a header', {}, false],
    ['with a header from a proxy that is not trusted', { 'x-forwarded-prefix': '/api' }, false],
    ['with the prefix of another app', { 'x-forwarded-prefix': '/other' }, true],
  ])('stays with the host app, %s', async (_how, headers: Record<string, string>, trusted) => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.set('trust proxy', trusted);
      host.use(auth({ baseUrl: `${origin}/api` }));
      for (const path of ['/token', '/register', '/authorize', '/.well-known/jwks.json']) {
        host.all(path, (_req, res) => void res.json({ host: path }));
      }
    });
    for (const path of ['/token', '/register', '/authorize', '/.well-known/jwks.json']) {
      const response = await fetch(app.origin + path, { headers });
      expect(await response.json()).toEqual({ host: path });
    }
  });

  it('AS-30 is ours with strippedPrefix: clients of 2025-03-26 request it', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api`, strippedPrefix: '/api' }));
    });
    const registered = await fetch(`${app.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['http://localhost:3334/oauth/callback'] }),
    });
    expect(registered.status).toBe(201);
    expect((await fetch(`${app.origin}/token`)).status).toBe(405);
    expect((await fetch(`${app.origin}/authorize`)).status).toBe(400);
  });

  it('stays guarded without its prefix if strippedPrefix is not set', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
      host.all('/mcp', (_req, res) => void res.json({ open: true }));
    });
    const { status } = await rpc(`${app.origin}/mcp`, undefined, { method: 'initialize' });
    expect(status).toBe(401);
  });
});

it('all of this runs on the Express that the jest project names', () => {
  const wanted = Reflect.get(globalThis, 'expressMajor') ?? 5;
  // Gone in Express 5.
  expect(Reflect.has(express(), 'lazyrouter')).toBe(wanted === 4);
});
