/** Two servers of the library in one app: two tenants, two base paths, one origin. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler } from 'express';
import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { approve, completeLogin, createBrowser, type Page } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { startTenant } from '../../lib/testing/tenant.js';
import { mcpRoute } from '../support/mcp-route.js';
import { type MountedApp, type Site, startApp } from '../support/mounted-app.js';
import { callTool, registerClient, rpc } from '../support/oauth-client.js';
import { SDKS } from '../support/sdks.js';
import { tenantKeys } from '../support/tenant-keys.js';

const PRM = '/.well-known/oauth-protected-resource';
const ASM = '/.well-known/oauth-authorization-server';

let app: MountedApp;
afterEach(() => app.close());

/** A server below each base path. @param mountOrder which of them comes first in the app */
async function start(
  basePaths: readonly string[],
  mountOrder: 'as listed' | 'reversed' = 'as listed',
  route: RequestHandler = mcpRoute,
): Promise<Auth0Mcp[]> {
  const auths: Auth0Mcp[] = [];
  app = await startApp((site: Site) => {
    for (const path of basePaths) auths.push(site.auth({ baseUrl: site.origin + path }));
    for (const auth of mountOrder === 'reversed' ? auths.toReversed() : auths) site.app.use(auth);
    for (const path of basePaths) site.app.all(`${path}/mcp`, express.json(), route);
  });
  return auths;
}

async function documentAt(path: string): Promise<Record<string, unknown> | number> {
  const response = await fetch(app.origin + path);
  return response.ok ? ((await response.json()) as Record<string, unknown>) : response.status;
}

describe.each(['as listed', 'reversed'] as const)('two servers, mounted %s', (order) => {
  it.each(SDKS)('serve logins side by side, with $sdk', async ({ route, logIn }) => {
    await start(['', '/api'], order, route());
    for (const path of ['/mcp', '/api/mcp']) {
      const { call, leave } = await logIn(app.origin + path);
      expect(await call('whoami')).toMatchObject({ email: ADA.email });
      await leave();
    }
    expect(app.complaints).toEqual([]);
  });

  it('never accept tokens of the other', async () => {
    await start(['', '/api'], order);
    const [one, two] = [`${app.origin}/mcp`, `${app.origin}/api/mcp`];
    const client = await registerClient(`${app.origin}/api`);
    const { access_token: token } = await client.tokens();
    expect((await callTool(two, token, 'whoami')).status).toBe(200);
    expect((await callTool(one, token, 'whoami')).status).toBe(401);
    expect(app.complaints).toEqual([]);
  });

  it('RS-6 each have their own metadata, and the root has that of the one mounted there', async () => {
    await start(['', '/api'], order);
    expect(await documentAt(`${PRM}/mcp`)).toMatchObject({ resource: `${app.origin}/mcp` });
    expect(await documentAt(`${PRM}/api/mcp`)).toMatchObject({ resource: `${app.origin}/api/mcp` });
    expect(await documentAt(PRM)).toBe(404);
    expect(await documentAt(ASM)).toMatchObject({ issuer: app.origin });
    expect(await documentAt(`${ASM}/api`)).toMatchObject({ issuer: `${app.origin}/api` });
  });

  it('RS-6 leave the root empty if neither is mounted there', async () => {
    await start(['/one', '/two'], order);
    for (const path of [PRM, ASM, '/.well-known/openid-configuration']) {
      expect(await documentAt(path)).toBe(404);
    }
    for (const path of ['/one', '/two']) {
      const issuer = app.origin + path;
      expect(await documentAt(`${PRM}${path}/mcp`)).toMatchObject({ resource: `${issuer}/mcp` });
      expect(await documentAt(`${ASM}${path}`)).toMatchObject({ issuer });
      expect(await documentAt(`${path}/.well-known/openid-configuration`)).toMatchObject({
        issuer,
      });
    }
  });
});

describe('two servers', () => {
  it.each(SDKS)(
    'with different tenants and audiences serve different users, with $sdk',
    async ({ route, logIn }) => {
      const audience = 'https://second.example.com';
      const callbackUrls: string[] = [];
      const user = { ...ADA, sub: 'auth0|second', email: 'second@example.com' };
      const second = await startTenant({
        keys: tenantKeys(),
        callbackUrls,
        apis: [{ identifier: audience }],
        users: [user],
      });
      app = await startApp(({ app: host, auth, origin }) => {
        callbackUrls.push(`${origin}/second/auth/callback`);
        const first = auth({ baseUrl: `${origin}/first` });
        host.use(first);
        host.use(
          auth({
            baseUrl: `${origin}/second`,
            resourcePath: '/tools',
            configUrl: second.configUrl,
            audience,
          }),
        );
        for (const path of ['/first/mcp', '/second/tools']) host.all(path, express.json(), route());
      });
      const atFirst = await logIn(`${app.origin}/first/mcp`);
      expect(await atFirst.call('whoami')).toMatchObject({ subject: ADA.sub });
      const atSecond = await logIn(`${app.origin}/second/tools`, user);
      expect(await atSecond.call('whoami')).toMatchObject({ subject: 'auth0|second' });
      await Promise.all([atFirst.leave(), atSecond.leave()]);
      await second.close();
    },
  );

  it('with one baseUrl log a warning that only one is reachable', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin, resourcePath: '/one' }));
      host.use(auth({ baseUrl: origin, resourcePath: '/two' }));
    });
    expect(app.complaints).toEqual([
      expect.objectContaining({ message: expect.stringContaining('twice with this baseUrl') }),
    ]);
  });

  it('PX-12 allow one browser to log in at both in parallel, each with its own keys and store', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      for (const path of ['/one', '/two']) {
        const jwtSigningKey = `a key of ${path} alone, which the other does not have`;
        host.use(auth({ baseUrl: origin + path, jwtSigningKey, storage: memoryStorage() }));
      }
    });
    const browser = createBrowser();
    const tabs: { page: Page; stopBefore: string }[] = [];
    for (const path of ['/one', '/two']) {
      const client = await registerClient(app.origin + path);
      const page = await approve(browser, await browser.follow(client.authorizeUrl()));
      tabs.push({ page, stopBefore: client.redirectUri });
    }
    for (const { page, stopBefore } of tabs) {
      const { next } = await completeLogin(browser, page, ADA, { stopBefore });
      expect(next?.searchParams.get('code')).toMatch(/./);
    }
  });

  it.each(['made before', 'made after'] as const)(
    'RS-1 leave no endpoint open behind a proxy that strips the prefix, the other one %s and in another app',
    async (when) => {
      const open = { anonymous: { methods: ['tools/list'], tools: ['whoami'] } };
      app = await startApp(({ app: host, auth, origin }) => {
        const makeOther = (): Auth0Mcp => auth({ ...open, baseUrl: origin });
        const early = when === 'made before' ? makeOther() : undefined;
        const ours = auth({ baseUrl: `${origin}/api` });
        const other = early ?? makeOther();
        // Stands for the other app: it has the login of that server, and this one's endpoint is not there.
        host.use((req, res, next) => (req.path === '/mcp' ? next() : other(req, res, next)));
        host.use(ours);
        host.all('/mcp', express.json(), mcpRoute);
      });
      const endpoint = `${app.origin}/mcp`;
      const tokenFrom = async (base: string) =>
        (await (await registerClient(base)).tokens()).access_token;
      const theirs = await tokenFrom(app.origin);
      for (const bearer of [undefined, 'garbage', theirs]) {
        const response = await rpc(endpoint, bearer, { method: 'tools/list' });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toContain(`${PRM}/api/mcp"`);
      }
      const ours = await tokenFrom(`${app.origin}/api`);
      expect((await rpc(endpoint, ours, { method: 'tools/list' })).status).toBe(200);
    },
  );

  it.each([
    ['in routers', (auth: Auth0Mcp) => express.Router().use(express.Router().use(auth))],
    ['in an app that ours is mounted in', (auth: Auth0Mcp) => auth],
    [
      'by its parts',
      (auth: Auth0Mcp) =>
        express
          .Router()
          .use(auth.metadata, auth.registration, auth.login, auth.tokens)
          .all('/mcp', auth.bearer()),
    ],
  ])('detect each other %s', async (how, mounted) => {
    app = await startApp(({ app: host, auth, origin }) => {
      const inner = how.includes('app') ? express() : host;
      inner.use(auth({ baseUrl: `${origin}/api` }));
      if (inner !== host) host.use(inner);
      host.use(mounted(auth({ baseUrl: origin })));
      host.all('/mcp', express.json(), mcpRoute);
    });
    const { access_token: token } = await (await registerClient(app.origin)).tokens();
    expect((await callTool(`${app.origin}/mcp`, token, 'whoami')).status).toBe(200);
  });

  it('count a call without a token once, although it passes two guards', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
      host.use(auth({ baseUrl: origin, anonymous: { methods: ['ping'] } }));
      host.all('/mcp', express.json(), (_req, res) => void res.json({}));
    });
    const statuses = new Map<number, number>();
    for (let sent = 0; sent < 1210; sent += 10) {
      const calls = Array.from({ length: 10 }, () =>
        rpc(`${app.origin}/mcp`, undefined, { method: 'ping' }),
      );
      for (const { status } of await Promise.all(calls)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: 1200, 429: 10 });
    // More than a thousand requests, on machines that may be busy.
  }, 60_000);

  it('leave the root metadata to the other when one is closed', async () => {
    const [, api] = await start(['', '/api']);
    expect(await documentAt(PRM)).toBe(404);
    await api?.close();
    expect(await documentAt(PRM)).toMatchObject({ resource: `${app.origin}/mcp` });
    expect((await rpc(`${app.origin}/mcp`, undefined, { method: 'ping' })).status).toBe(401);
  });
});
