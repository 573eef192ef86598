/** Requests that a page of another site makes the user's browser send, without a click. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { completeLogin, createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { launchChromium } from '../support/chromium.js';
import { isLong } from '../support/mode.js';
import { registerClient } from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World } from '../support/world.js';

jest.setTimeout(120_000);

const worlds: World[] = [];
async function start(options: Partial<Auth0McpOptions> = {}): Promise<World> {
  const world = await startWorld({ options, connectedApps: true });
  worlds.push(world);
  return world;
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const count = (world: World, type: string): number =>
  world.events.filter((event) => event.type === type).length;

describe('a page of another site, in Chromium', () => {
  let chromium: Browser;
  let site: Site;
  beforeAll(async () => {
    chromium = await launchChromium();
    site = await startSite((_req, res) =>
      res.setHeader('content-type', 'text/html').end('<!doctype html>'),
    );
  });
  afterAll(async () => {
    await chromium.close();
    await site.close();
  });

  /** Runs `attack` in a page of the other site, 20 at once. */
  async function flood(attack: string, times: number) {
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(`http://localhost:${site.port}/`);
    await page.evaluate(
      `(async () => {
        const attack = ${attack};
        for (let n = 0; n < ${times}; n += 20)
          await Promise.all(Array.from({ length: 20 }, () => attack().catch(() => {})));
      })()`,
    );
    return context;
  }

  /** Status and rate limit of every response of `world` from now on. */
  function responsesOf(world: World): string[] {
    const seen: string[] = [];
    world.server.prependListener('request', (_req, res) => {
      res.on('finish', () => seen.push(`${res.statusCode} ${res.getHeader('ratelimit')}`));
    });
    return seen;
  }

  // With more than 240 a minute, a counted request would block the user's own.
  const TIMES = isLong ? 260 : 20;

  it.each([
    ['always', 'fetch', (url: string) => `() => fetch('${url}', { mode: 'no-cors' })`],
    ['external', 'fetch', (url: string) => `() => fetch('${url}', { mode: 'no-cors' })`],
    [
      'external',
      'images',
      (url: string) => `() => Object.assign(new Image(), { src: '${url}' }).decode()`,
    ],
    [
      'external',
      'WebSockets',
      (url: string) =>
        `() => new Promise((done) => { new WebSocket('${url.replace('http', 'ws')}').onerror = done; })`,
    ],
  ] as const)(
    "PX-29 does not block or start a login of the user, with consent: '%s', by %s",
    async (consent, _name, attack) => {
      const world = await start({ consent });
      const client = await registerClient(world.origin);
      const browser = createBrowser();
      const page = await browser.follow(client.authorizeUrl());
      const stopBefore = `${world.origin}/auth/callback`;
      const { next } = await completeLogin(browser, page, ADA, { stopBefore });
      const begun = count(world, 'login_started');
      const responses = responsesOf(world);
      const context = await flood(attack(client.authorizeUrl()), TIMES);
      expect(responses.length).toBeGreaterThan(0);
      expect(new Set(responses)).toEqual(new Set(['403 undefined']));
      expect(count(world, 'login_started')).toBe(begun);
      const callback = await browser.get(next ?? '');
      expect(callback.next?.searchParams.has('code')).toBe(true);
      const opened = await (await context.newPage()).goto(client.authorizeUrl());
      expect(opened?.status()).toBe(200);
      expect(responses.at(-1)).toContain('r=');
      await context.close();
    },
  );

  it('R-TK-15 uses up no rate limit of registration or tokens', async () => {
    const world = await start();
    const init = "{ mode: 'no-cors', method: 'POST', body: 'x' }";
    const responses = responsesOf(world);
    // In the long mode, more than the limit of 1200.
    for (const [path, times] of Object.entries({ register: 620, token: 1220 })) {
      const attack = `() => fetch('${world.origin}/${path}', ${init})`;
      await (await flood(attack, isLong ? times : TIMES)).close();
    }
    expect(responses.length).toBeGreaterThanOrEqual(2 * TIMES);
    expect(new Set(responses)).toEqual(new Set(['403 undefined']));
    const client = await registerClient(world.origin);
    const response = await client.logIn();
    expect((await client.redeem(response.get('code') ?? '')).status).toBe(200);
  });
});

const FETCHED = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' };

describe.each(['/authorize', '/consent', '/auth/callback', '/connected-apps'])('%s', (path) => {
  it.each([
    ['fetch', { ...FETCHED, 'sec-fetch-site': 'cross-site' }],
    ['fetch of a page of the same site', { ...FETCHED, 'sec-fetch-site': 'same-site' }],
    ['fetch by CORS', { ...FETCHED, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    ['an image', { ...FETCHED, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['a script', { ...FETCHED, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' }],
    ['a WebSocket', { connection: 'Upgrade', upgrade: 'websocket' }],
    [
      'a frame',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
    [
      'an object',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' },
    ],
  ])(
    'PX-29 rejects requests of another site by %s, and does not count them',
    async (_name, headers) => {
      const { origin } = await start();
      for (const method of ['GET', 'POST', 'HEAD']) {
        const response = await send(`${origin}${path}`, { method, headers });
        expect(response.status).toBe(403);
        expect(response.headers['ratelimit']).toBeUndefined();
        expect(response.headers['set-cookie']).toBeUndefined();
      }
    },
  );
});

describe('requests that no page of another site sends', () => {
  it.each([
    ['a program', {}],
    ['fetch of Node.js', { 'sec-fetch-mode': 'cors' }],
    ['an app in a browser shell', { ...FETCHED, 'sec-fetch-site': 'none' }],
    ['a page of the host app', { ...FETCHED, 'sec-fetch-site': 'same-origin' }],
    [
      'a link or a popup',
      {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
    ],
  ])('CLI-20 CLI-21 %s reaches /authorize', async (_name, headers) => {
    const { origin } = await start();
    const client = await registerClient(origin);
    expect((await send(client.authorizeUrl(), { headers })).status).toBe(200);
  });

  it.each([
    ['a program', {}, 400],
    ['fetch of Node.js', { 'sec-fetch-mode': 'cors' }, 400],
    ['an app in a browser shell', { ...FETCHED, 'sec-fetch-site': 'none' }, 400],
    ['a web client', { ...FETCHED, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 400],
    ['but not a no-cors fetch', { ...FETCHED, 'sec-fetch-site': 'cross-site' }, 403],
    [
      'nor a form in a frame',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
  ])('CLI-24 %s reaches /token, /revoke and /register', async (_name, headers, status) => {
    const { origin } = await start();
    for (const path of ['/token', '/revoke', '/register']) {
      const response = await send(`${origin}${path}`, { method: 'POST', headers });
      expect(response.status === 403 ? 403 : 400).toBe(status);
    }
  });
});
