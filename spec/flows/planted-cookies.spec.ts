/** Cookies that another host or page has planted in the browser of a user, to pass for cookies of this server. */

import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser as Chromium } from 'playwright-core';

import { completeLogin, createBrowser, logIn, type Page } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { selfSigned } from '../clients/metadata-documents/tls-host.js';
import { launchChromium } from '../support/chromium.js';
import { asksToSignIn, signIn } from '../support/connected-apps.js';
import { isConsentPage, oauthClient, registerClient } from '../support/oauth-client.js';
import { send, sendForm } from '../support/raw-http.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

jest.setTimeout(60_000);

const WEB = { redirect_uris: ['https://client.example/cb'] };
/** Latin-1, as a server reads the byte 0xA0: no space by RFC 6265bis §5.7, but one for `trim()`. */
const NBSP = '\u00a0';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function start(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  worlds.push(world);
  return world;
}

describe('a cookie of a login', () => {
  interface Approved {
    readonly world: World;
    /** Name and value. */
    readonly cookie: readonly [string, string];
    readonly callback: string;
  }

  /** A login up to its callback, as an attacker starts it for another browser to continue. */
  async function approved(): Promise<Approved> {
    const world = await start();
    const client = await registerClient(world.origin, WEB);
    const page = await fetch(client.authorizeUrl());
    const [cookie = ''] = page.headers.getSetCookie().map((set) => set.split(';')[0]);
    const [, form = ''] = /name="request" value="([^"]+)"/.exec(await page.text()) ?? [];
    const departed = await sendForm(
      `${world.origin}/consent`,
      { request: form, decision: 'allow' },
      { cookie },
    );
    const browser = createBrowser();
    const atAuth0 = await browser.follow(departed.headers.location ?? '');
    const { next } = await logIn(browser, atAuth0, ADA, {
      stopBefore: `${world.origin}/auth/callback`,
    });
    const equals = cookie.indexOf('=');
    return {
      world,
      cookie: [cookie.slice(0, equals), cookie.slice(equals + 1)],
      callback: next?.href ?? '',
    };
  }

  it.each<[string, (name: string, value: string) => string]>([
    ['a no-break space before its name', (name, value) => `${NBSP}${name}=${value}`],
    ['one behind its name', (name, value) => `${name}${NBSP}=${value}`],
    ['spaces and one before its name', (name, value) => ` \t${NBSP} ${name}=${value}`],
    ['one before its value', (name, value) => `${name}=${NBSP}${value}`],
    ['one behind its value', (name, value) => `${name}=${value}${NBSP}`],
    ['a next-line byte before its name', (name, value) => `\u0085${name}=${value}`],
    ['its name in another case', (name, value) => `${name.toUpperCase()}=${value}`],
    ['quotes around its value', (name, value) => `${name}="${value}"`],
    ['another of its name before it', (name, value) => `${name}=other; ${name}=${value}`],
    ['another of its name after it', (name, value) => `${name}=${value}; ${name}=other`],
    ['itself twice', (name, value) => `${name}=${value}; ${name}=${value}`],
    ['another without a value', (name, value) => `${name}=; ${name}=${value}`],
  ])('PX-10 is ignored with %s', async (_what, header) => {
    const { world, cookie, callback } = await approved();
    const response = await send(callback, { headers: { cookie: header(...cookie) } });
    expect([response.status, response.headers.location]).toEqual([400, undefined]);
    expect(world.events.map(({ type }) => type)).not.toContain('login_completed');
  });

  it.each<[string, (name: string, value: string) => string]>([
    ['spaces and tabs around it', (name, value) => `a=b; \t${name} \t= \t${value} \t;c`],
    ['other cookies of one name, and without a name', (name, value) => `=; a; a; ${name}=${value}`],
    ['a planted one beside it', (name, value) => `${NBSP}${name}=other; ${name}=${value}`],
  ])('RFC 6265 §5.4 is read with %s', async (_what, header) => {
    const { cookie, callback } = await approved();
    const response = await send(callback, { headers: { cookie: header(...cookie) } });
    expect(new URL(response.headers.location ?? '').searchParams.get('code')).toBeTruthy();
  });

  it('FA-14: names with its prefix that are invalid in a header fail no login', async () => {
    const world = await start();
    const client = await registerClient(world.origin, WEB);
    const own = (await fetch(client.authorizeUrl())).headers.getSetCookie()[0]?.split('=')[0] ?? '';
    const prefix = own.slice(0, -11);
    const planted = Array.from({ length: 14 }, (_, at) => `${prefix}\u00e9 "${at}"=x`).join('; ');
    const response = await send(client.authorizeUrl(), { headers: { cookie: planted } });
    expect(response.status).toBe(200);
    expect(response.headers['set-cookie']).toHaveLength(1);
  });
});

describe('the other cookies', () => {
  const cookieHeader = (page: Page): string => (page.headers['set-cookie'] ?? []).join('\n');
  const planted = [
    ['a no-break space before its name', (cookie: string) => NBSP + cookie],
    ['another of its name', (cookie: string) => `${cookie}; ${cookie.split('=')[0]}=x`],
    ['itself twice', (cookie: string) => `${cookie}; ${cookie}`],
  ] as const;

  it.each(planted)(
    'PX-10 an approval is not remembered by a session cookie with %s',
    async (_what, header) => {
      const world = await start({ options: { consent: 'remember' } });
      const client = await registerClient(world.origin, WEB);
      const browser = createBrowser();
      const done = await completeLogin(browser, await browser.follow(client.authorizeUrl()), ADA, {
        stopBefore: client.redirectUri,
      });
      const [session = ''] = /^auth0-mcp-session-[^;]+/m.exec(cookieHeader(done)) ?? [];
      const asks = async (cookie: string) => {
        const { status, text } = await send(client.authorizeUrl(), { headers: { cookie } });
        return isConsentPage({ status, body: text } as never);
      };
      expect(await asks(session)).toBe(false);
      expect(await asks(header(session))).toBe(true);
    },
  );

  it.each(planted)('PX-10 an account cookie signs in no user with %s', async (_what, header) => {
    const world = await start({ connectedApps: true });
    const browser = createBrowser();
    await signIn(browser, world.origin);
    const [account = ''] = browser.cookies
      .all()
      .filter(({ name }) => name.includes('-account-'))
      .map(({ name, value }) => `${name}=${value}`);
    const asks = async (cookie: string) => {
      const { text } = await send(`${world.origin}/connected-apps`, { headers: { cookie } });
      return asksToSignIn({ body: text } as never);
    };
    expect(await asks(account)).toBe(false);
    expect(await asks(header(account))).toBe(true);
  });
});

/** Behind TLS, where cookies have `__Host-`; the attacker has a host beside it. */
describe('a sibling host in real Chromium', () => {
  let front: Server;
  let chromium: Chromium;
  let base: string;
  let evil: string;
  let worldPort = 0;
  let plant = '';
  let cookiesAtCallback: string[] = [];
  let taken: string[] = [];

  beforeAll(async () => {
    front = createServer(selfSigned(), (req, res) => {
      if (req.headers.host?.startsWith('evil.')) {
        if (req.url?.startsWith('/cb')) taken.push(req.url);
        res.writeHead(200, ['content-type', 'text/html', 'set-cookie', plant]);
        res.end('A page of the attacker');
        return;
      }
      if (req.url?.startsWith('/auth/callback')) cookiesAtCallback.push(req.headers.cookie ?? '');
      const { method, headers, url: path } = req;
      const forwarded = request({ port: worldPort, host: '127.0.0.1', path, method, headers });
      forwarded.on('response', (response) => {
        res.writeHead(response.statusCode ?? 500, response.rawHeaders);
        response.pipe(res);
      });
      req.pipe(forwarded);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const { port } = front.address() as AddressInfo;
    base = `https://mcp.site.test:${port}`;
    evil = `https://evil.site.test:${port}`;
    chromium = await launchChromium([
      '--ignore-certificate-errors',
      '--host-resolver-rules=MAP *.site.test 127.0.0.1',
    ]);
  });
  afterAll(async () => {
    await chromium.close();
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
  });

  it('PX-10 with a no-break space plants the cookie of a login, which Chromium sends and the server ignores', async () => {
    taken = [];
    cookiesAtCallback = [];
    const world = await start({
      options: { baseUrl: base },
      tenant: { callbackUrls: [`${base}/auth/callback`] },
    });
    worldPort = Number(new URL(world.origin).port);
    const { id, secret, redirectUri } = await registerClient(world.origin, {
      redirect_uris: [`${evil}/cb`],
    });
    const attacker = oauthClient(world.origin, { id, secret, redirectUri });
    const page = await fetch(attacker.authorizeUrl());
    const [cookie = ''] = page.headers.getSetCookie().map((set) => set.split(';')[0]);
    expect(cookie).toMatch(/^__Host-/);
    const [, form = ''] = /name="request" value="([^"]+)"/.exec(await page.text()) ?? [];
    const departed = await sendForm(
      `${world.origin}/consent`,
      { request: form, decision: 'allow' },
      { cookie },
    );
    plant = `${NBSP}${cookie}; Domain=site.test; Path=/auth/callback; Secure`;

    const context = await chromium.newContext({ ignoreHTTPSErrors: true });
    const tab = await context.newPage();
    await tab.goto(evil);
    await tab.goto(departed.headers.location ?? '');
    await tab.locator('input[name="username"]').fill(ADA.email);
    await tab.locator('input[name="password"]').fill(ADA.password);
    await tab.getByRole('button', { name: 'Continue' }).click();
    await tab.getByRole('heading', { level: 1 }).waitFor();
    // The attack is real: the browser has sent the planted cookie.
    expect(cookiesAtCallback).toEqual([NBSP + cookie]);
    expect(taken).toEqual([]);
    expect(world.events.map(({ type }) => type)).not.toContain('login_completed');
    await context.close();
  });
});
