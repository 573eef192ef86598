/**
 * Where in an app the page of connected apps works, and what is said where it cannot. Runs on
 * Express 4 too.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { Router } from 'express';
import helmet from 'helmet';
import type { Auth0Mcp } from '../../../lib/auth0-mcp.js';
import { createBrowser } from '../../../lib/testing/browser.js';
import {
  appsOn,
  asksToSignIn,
  disconnect,
  letIn,
  pressSignIn,
  signIn,
  signOut,
} from '../../support/connected-apps.js';
import { mcpRoute } from '../../support/mcp-route.js';
import {
  type MountedApp,
  type ProxyOptions,
  type Site,
  startApp,
} from '../../support/mounted-app.js';
import { send } from '../../support/raw-http.js';

let app: MountedApp;
afterEach(() => app.close());

interface Shape {
  readonly name: string;
  readonly build: (site: Site) => void;
  readonly proxy?: ProxyOptions;
  /** Path of `baseUrl`. */
  readonly base: string;
}

const stripping: ProxyOptions = {
  path: (url) => (url.startsWith('/.well-known/') ? url : url.replace(/^\/api/, '')),
};

const SHAPES: readonly Shape[] = [
  {
    name: 'after the bundle',
    base: '',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: origin });
      host.use(server);
      host.use(server.connectedApps);
      host.all('/mcp', express.json(), mcpRoute);
    },
  },
  {
    name: 'before everything else, beside the parts one by one, in any order',
    base: '',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: origin });
      host.use(server.connectedApps);
      host.all('/mcp', server.bearer(), express.json(), mcpRoute);
      host.use(server.tokens, server.registration);
      host.use(server.metadata);
      host.use('/', server.login);
    },
  },
  {
    name: 'with the parsers, the policy and the proxy trust of the host app',
    base: '',
    build({ app: host, auth, origin }) {
      host.set('trust proxy', 1);
      host.set('query parser', 'extended');
      host.use(helmet(), express.urlencoded({ extended: true }), express.json());
      const server = auth({ baseUrl: origin });
      host.use(server, server.connectedApps);
      host.all('/mcp', mcpRoute);
    },
  },
  {
    name: 'at the root, baseUrl with a path',
    base: '/api',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: `${origin}/api` });
      host.use(server, server.connectedApps);
      host.all('/api/mcp', express.json(), mcpRoute);
    },
  },
  {
    name: 'in a Router below a prefix',
    base: '/deep/api',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: `${origin}/deep/api` });
      const api = Router();
      api.use(server, server.connectedApps);
      api.all('/mcp', express.json(), mcpRoute);
      host.use('/deep/api', api);
      host.use(server.metadata);
    },
  },
  {
    name: 'in a sub-app of its own, away from the rest',
    base: '/api',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: `${origin}/api` });
      const pages = express();
      pages.use(server.connectedApps);
      host.use('/api', pages);
      host.use(server);
      host.all('/api/mcp', express.json(), mcpRoute);
    },
  },
  {
    name: 'behind a proxy that strips the prefix, with strippedPrefix',
    base: '/api',
    proxy: stripping,
    build({ app: host, auth, origin }) {
      host.set('trust proxy', 1);
      const server = auth({ baseUrl: `${origin}/api`, strippedPrefix: '/api' });
      host.use(server, server.connectedApps);
      host.all('/mcp', express.json(), mcpRoute);
    },
  },
  {
    name: 'behind a proxy that strips the prefix and says so',
    base: '/api',
    proxy: { ...stripping, headers: { 'x-forwarded-prefix': '/api' } },
    build({ app: host, auth, origin }) {
      host.set('trust proxy', 1);
      const server = auth({ baseUrl: `${origin}/api` });
      host.use(server, server.connectedApps);
      host.all('/mcp', express.json(), mcpRoute);
    },
  },
  {
    name: 'where nobody asks for consent',
    base: '',
    build({ app: host, auth, origin }) {
      const server = auth({ baseUrl: origin, consent: 'external' });
      host.use(server, server.connectedApps);
      host.all('/mcp', express.json(), mcpRoute);
    },
  },
];

describe.each(SHAPES)('mounted $name', ({ build, proxy, base }) => {
  it('shows, disconnects and signs out, and there is nothing to complain about', async () => {
    app = await startApp(build, proxy);
    const world = { origin: app.origin, mcp: `${app.origin}${base}/mcp` };
    const one = await letIn(world, 'One');
    const other = await letIn(world, 'Other');
    const browser = createBrowser();
    const page = await signIn(browser, app.origin + base);
    expect(page.url.href).toBe(`${app.origin}${base}/connected-apps`);
    expect(appsOn(page).toSorted()).toEqual(['One', 'Other']);
    const after = await disconnect(browser, page, 'One');
    expect(appsOn(after)).toEqual(['Other']);
    expect([await one.status(), await other.status()]).toEqual([401, 200]);
    expect((await signOut(browser, after)).body).toContain('You are signed out');
    const grumbles = app.complaints.filter(
      ({ message }) => !/rate limit|consent is 'external'/.test(message),
    );
    expect(grumbles).toEqual([]);
  });
});

describe('two servers on one origin', () => {
  it('have a page each, with a session, people and apps of its own', async () => {
    const auths: Auth0Mcp[] = [];
    app = await startApp(({ app: host, auth, origin }) => {
      for (const path of ['', '/api']) {
        const server = auth({ baseUrl: origin + path });
        auths.push(server);
        host.use(server, server.connectedApps);
        host.all(`${path}/mcp`, express.json(), mcpRoute);
      }
    });
    const [root, api] = [app.origin, `${app.origin}/api`];
    const atRoot = await letIn({ origin: root, mcp: `${root}/mcp` }, 'At the root');
    await letIn({ origin: root, mcp: `${api}/mcp` }, 'Below');
    const browser = createBrowser();
    const rootPage = await signIn(browser, root);
    expect(asksToSignIn(await browser.get(`${api}/connected-apps`))).toBe(true);
    const apiPage = await signIn(browser, api);
    expect([appsOn(rootPage), appsOn(apiPage)]).toEqual([['At the root'], ['Below']]);
    // Neither takes the other's cookie, even under its own name, or the other's forms.
    const cookies = browser.cookies.all().filter(({ name }) => name.includes('account'));
    expect(cookies).toHaveLength(2);
    const [first, second] = cookies;
    for (const [path, name, value] of [
      [root, first?.name, second?.value],
      [api, second?.name, first?.value],
    ]) {
      const response = await send(`${path}/connected-apps`, {
        headers: { cookie: `${name}=${value}` },
      });
      expect(response.text).toContain('/connected-apps/sign-in');
    }
    const crossed = await browser.post(`${api}/connected-apps/disconnect`, {
      grant: /name="grant" value="([^"]+)"/.exec(rootPage.body)?.[1] ?? '',
    });
    expect(crossed.status).toBe(403);
    await signOut(browser, apiPage);
    expect(appsOn(await browser.get(`${root}/connected-apps`))).toEqual(['At the root']);
    expect(await atRoot.status()).toBe(200);
    expect(app.complaints).toEqual([]);
  });
});

describe('without auth.connectedApps', () => {
  it('the host app may have such a page of its own, if ours is not mounted', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin }));
      host.get('/connected-apps', (_req, res) => void res.send('of the host'));
    });
    expect(await (await fetch(`${app.origin}/connected-apps`)).text()).toBe('of the host');
  });
});

describe('a sign-in with a browser that keeps no cookies', () => {
  it('is told so, and signs nobody in', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin });
      host.use(server, server.connectedApps);
    });
    const browser = createBrowser();
    const page = await browser.get(`${app.origin}/connected-apps`);
    browser.cookies.clear();
    const refused = await pressSignIn(browser, page);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('Allow cookies');
  });
});
