import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import helmet from 'helmet';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import { createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { launchChromium } from '../support/chromium.js';
import { registerClient } from '../support/oauth-client.js';
import { type Site, startSite } from '../support/site.js';
import { ROOT } from '../support/source-tree.js';
import { startWorld, type World } from '../support/world.js';

/** A web app that signs its user in with the hook of use-mcp, as in its README. */
const USE_MCP_APP = `
  import { createElement } from 'react';
  import { createRoot } from 'react-dom/client';
  import { onMcpAuthorization } from 'use-mcp';
  import { useMcp } from 'use-mcp/react';

  function App({ url }) {
    const { state, tools, error, callTool } = useMcp({ url });
    const call = async () => {
      const { content } = await callTool('whoami', {});
      document.title = content[0].text;
    };
    return createElement('main', null,
      createElement('button', { onClick: call }, 'Call'),
      createElement('output', null, state, ' ', error, ' ', tools.map(({ name }) => name).join(' ')));
  }
  if (location.pathname === '/oauth/callback') void onMcpAuthorization();
  else {
    const url = new URLSearchParams(location.search).get('mcp');
    createRoot(document.body).render(createElement(App, { url }));
  }`;

/** A client's page that opens the login in a popup and keeps a reference to the window. */
const OPENER = `<button onclick="popup = open(location.hash.slice(1), 'login', 'width=500,height=700')">Sign in</button>`;
const CALLBACK = '<title>back</title>';

/** Web clients open the login in a popup and wait for it: they take a severed window for a closed one. */
describe('sign-in by popup', () => {
  let world: World;
  let chromium: Browser;
  let webApp: Site;
  let appOrigin: string;

  beforeAll(async () => {
    const [bundle] = (
      await build({
        stdin: { contents: USE_MCP_APP, resolveDir: ROOT },
        bundle: true,
        write: false,
        define: { 'process.env.NODE_ENV': '"production"' },
        logLevel: 'error',
      })
    ).outputFiles;
    webApp = await startSite((req, res) => {
      const { pathname } = new URL(req.url ?? '/', 'http://localhost');
      res.setHeader('Content-Type', pathname.endsWith('.js') ? 'text/javascript' : 'text/html');
      if (pathname === '/app.js') res.end(bundle?.text);
      else if (pathname === '/opener') res.end(OPENER);
      else if (pathname === '/callback') res.end(CALLBACK);
      else res.end('<!doctype html><body><script src="/app.js"></script>');
    });
    appOrigin = `http://localhost:${webApp.port}`;
    [world, chromium] = await Promise.all([
      startWorld({
        // Common in apps: it isolates every page.
        before: (app) => void app.use(helmet()),
        options: { allowedOrigins: [appOrigin] },
        connectedApps: true,
      }),
      launchChromium(),
    ]);
  });
  afterAll(async () => {
    await chromium.close();
    await world.close();
    await webApp.close();
  });

  async function logInAt(popup: Page): Promise<void> {
    await popup.locator('input[name="username"]').fill(ADA.email);
    await popup.locator('input[name="password"]').fill(ADA.password);
    await popup.getByRole('button', { name: 'Continue' }).click();
  }

  async function inContext(work: (context: BrowserContext) => Promise<void>): Promise<void> {
    const context = await chromium.newContext();
    try {
      await work(context);
    } finally {
      await context.close();
    }
  }

  it('FA-10: R-AZ-10 no page and no redirect of a sign-in sets a Cross-Origin-Opener-Policy, helmet in front or not', async () => {
    const client = await registerClient(world.origin);
    const isIsolated = ({ headers }: { headers: Headers | Record<string, unknown> }): boolean =>
      headers instanceof Headers
        ? headers.has('cross-origin-opener-policy')
        : 'cross-origin-opener-policy' in headers;
    const fetched = async (path: string, init: RequestInit = {}) =>
      fetch(new URL(path, world.origin), { redirect: 'manual', ...init });
    const browser = createBrowser();
    const consent = await browser.follow(client.authorizeUrl());
    const denied = await deny(browser, await browser.get(client.authorizeUrl()), {
      stopBefore: client.redirectUri,
    });
    const allowed = await browser.submit(
      consent,
      {},
      { button: { name: 'decision', value: 'allow' }, stopBefore: world.tenant.issuer },
    );
    const atAuth0 = await browser.follow(allowed.next ?? '');
    const callback = await logIn(browser, atAuth0, ADA, { stopBefore: client.redirectUri });
    expect(callback.next?.searchParams.get('code')).toBeTruthy();
    const responses = {
      'consent page': consent,
      'redirect after Deny': denied,
      'redirect to Auth0': allowed,
      'redirect to the client': callback,
      'refused callback': await browser.get(callback.url),
      'error redirect': await fetched(client.authorizeUrl({ response_type: 'token' })),
      'error page': await fetched('/authorize?client_id=unknown'),
      'refused form': await fetched('/consent', { method: 'POST', body: 'decision=allow' }),
      'wrong method': await fetched('/consent'),
      HEAD: await fetched(client.authorizeUrl(), { method: 'HEAD' }),
      'JSON error': await fetched('/authorize', { headers: { accept: 'application/json' } }),
    };
    for (const [name, response] of Object.entries(responses)) {
      expect([name, response.status, isIsolated(response)]).toEqual([name, response.status, false]);
    }
    // The app's own pages keep the policy of helmet.
    expect(isIsolated(await fetched('/elsewhere'))).toBe(true);
  });

  it('the page of connected apps, which users open themselves, stays isolated', async () => {
    const { headers } = await fetch(`${world.origin}/connected-apps`);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  });

  it('FA-10: the popup is open for its opener during consent and login, and the callback has its opener', async () => {
    await inContext(async (context) => {
      const redirectUri = `${appOrigin}/callback`;
      const client = await registerClient(world.origin, { redirect_uris: [redirectUri] });
      const page = await context.newPage();
      await page.goto(`${appOrigin}/opener#${client.authorizeUrl()}`);
      const isClosed = (): Promise<boolean> => page.evaluate('popup.closed');
      const opened = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Sign in' }).click();
      const popup = await opened;
      await popup.getByRole('button', { name: 'Allow' }).waitFor();
      expect(await isClosed()).toBe(false);
      await popup.getByRole('button', { name: 'Allow' }).click();
      await popup.locator('input[name="username"]').waitFor();
      expect(await isClosed()).toBe(false);
      await logInAt(popup);
      await popup.waitForURL(`${redirectUri}?**`);
      expect(await isClosed()).toBe(false);
      expect(await popup.evaluate('window.opener !== null')).toBe(true);
    });
  });

  it('FA-10: use-mcp 0.0.21 signs in by popup, lists the tools and calls one', async () => {
    await inContext(async (context) => {
      const page = await context.newPage();
      const opened = page.waitForEvent('popup');
      await page.goto(`${appOrigin}/?mcp=${world.mcp}`);
      const popup = await opened;
      await popup.getByRole('button', { name: 'Allow' }).click();
      await logInAt(popup);
      await page.getByText('ready').waitFor();
      expect(popup.isClosed()).toBe(true);
      expect(await page.locator('output').textContent()).toContain('whoami');
      await page.getByRole('button', { name: 'Call' }).click();
      await page.waitForFunction(`document.title.includes('${ADA.name}')`);
    });
  });
});
