/** Several logins in one real Chromium: cookies and double clicks of a browser. */
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { ADA } from '../../lib/testing/options.js';
import { launchChromium } from '../support/chromium.js';
import { isLong } from '../support/mode.js';
import { type OAuthClient, registerClient } from '../support/oauth-client.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World } from '../support/world.js';

jest.setTimeout(60_000);

/** Tabs of a flow whose every combination `login-flows.spec.ts` has over HTTP. */
const MANY = isLong ? 4 : 2;
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('logins in several tabs of real Chromium', () => {
  let chromium: Browser;
  let listener: Site;
  let callback: string;
  const worlds: World[] = [];
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    chromium = await launchChromium();
    listener = await startSite((_req, res) => res.end('You may close this window.'));
    callback = `http://127.0.0.1:${listener.port}/callback`;
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    for (const world of worlds.splice(0)) await world.close();
  });
  afterAll(async () => {
    await chromium.close();
    await listener.close();
  });

  /** A server whose responses take so long that those to several tabs overlap. */
  async function start(
    options: Partial<Auth0McpOptions> = {},
    delayMs = 80,
  ): Promise<[World, OAuthClient]> {
    const world = await startWorld({
      options,
      before: (app) => void app.use((_req, _res, next) => void setTimeout(next, delayMs)),
    });
    worlds.push(world);
    return [world, await registerClient(world.origin, { redirect_uris: [callback] })];
  }

  async function newContext(
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<BrowserContext> {
    const context = await chromium.newContext(options);
    contexts.push(context);
    return context;
  }

  /** Opens a tab for each client, so far apart; the client's `state` is the number of the tab. */
  async function openTabs(
    context: BrowserContext,
    clients: readonly OAuthClient[],
    gapMs: number,
  ): Promise<Page[]> {
    const tabs = await Promise.all(clients.map(() => context.newPage()));
    await Promise.all(
      tabs.map(async (tab, at) => {
        await sleep(at * gapMs);
        await tab.goto(clients[at]?.authorizeUrl({ state: `${at}` }) ?? '');
      }),
    );
    return tabs;
  }

  const allow = (tab: Page): Promise<void> => tab.getByRole('button', { name: 'Allow' }).click();

  /** From Auth0's login page, or past it, to the client. @returns its `state`, and whether there is a code */
  async function arrive(tab: Page): Promise<string> {
    const name = tab.locator('input[name="username"]');
    await Promise.race([name.waitFor(), tab.waitForURL(`${callback}?**`)]);
    if (!tab.url().startsWith(callback)) {
      await name.fill(ADA.email);
      await tab.locator('input[name="password"]').fill(ADA.password);
      await tab.getByRole('button', { name: 'Continue' }).click();
      await tab.waitForURL(`${callback}?**`);
    }
    const response = new URL(tab.url()).searchParams;
    return `${response.get('state')} ${response.has('code')}`;
  }

  async function arriveAll(tabs: readonly Page[]): Promise<string[]> {
    const arrivals: string[] = [];
    for (const tab of tabs) arrivals.push(await arrive(tab));
    return arrivals;
  }

  const complete = (tabs: readonly Page[]): string[] => tabs.map((_tab, at) => `${at} true`);

  const inEvery = (count: number, client: OAuthClient): OAuthClient[] =>
    range(count).map(() => client);

  const everyGap = [0, 30, 60, 100].flatMap((gapMs) => [2, 4].map((count) => [count, gapMs]));
  it.each(isLong ? everyGap : [[2, 60]])(
    'FA-7 PX-28 %i of them opened %i ms apart, without a cookie, each end in a code',
    async (count, gapMs) => {
      const [, client] = await start();
      const tabs = await openTabs(await newContext(), inEvery(count, client), gapMs);
      for (const tab of tabs) await allow(tab);
      expect(await arriveAll(tabs)).toEqual(complete(tabs));
    },
  );

  it('FA-7 PX-28 four opened at once, without a cookie, and allowed at once, each end in a code', async () => {
    const [, client] = await start();
    const tabs = await openTabs(await newContext(), inEvery(4, client), 0);
    await Promise.all(tabs.map(allow));
    expect(await arriveAll(tabs)).toEqual(complete(tabs));
  });

  it("FA-7 with consent: 'external', opened at once, each ends in a code", async () => {
    const [, client] = await start({ consent: 'external' });
    const tabs = await openTabs(await newContext(), inEvery(MANY, client), 0);
    expect(await arriveAll(tabs)).toEqual(complete(tabs));
  });

  it('FA-7 two servers on one host, at other ports, each end in a code', async () => {
    const [, one] = await start();
    const [, two] = await start();
    const clients = isLong ? [one, two, one, two] : [one, two];
    const tabs = await openTabs(await newContext(), clients, 30);
    await Promise.all(tabs.map(allow));
    expect(await arriveAll(tabs)).toEqual(complete(tabs));
  });

  it('FA-7 a restored session opens them all at once, and each ends in a code', async () => {
    const [, client] = await start();
    const before = await newContext();
    const [first] = await openTabs(before, [client], 0);
    if (first === undefined) throw new Error('no tab');
    await allow(first);
    await arrive(first);
    const restored = await newContext({ storageState: await before.storageState() });
    const tabs = await openTabs(restored, inEvery(MANY, client), 0);
    await Promise.all(tabs.map(allow));
    expect(await arriveAll(tabs)).toEqual(complete(tabs));
  });

  it('FA-12 a double click on Allow starts one login, which continues', async () => {
    const [world, client] = await start();
    const [tab] = await openTabs(await newContext(), [client], 0);
    if (tab === undefined) throw new Error('no tab');
    await tab.getByRole('button', { name: 'Allow' }).dblclick({ delay: 20 });
    const signIn = tab.getByRole('link', { name: 'Sign in' });
    const name = tab.locator('input[name="username"]');
    await Promise.race([signIn.waitFor(), name.waitFor()]);
    if (await signIn.isVisible()) await signIn.click();
    expect(await arrive(tab)).toBe('0 true');
    expect(world.events.filter(({ type }) => type === 'login_started')).toHaveLength(1);
    expect(world.events.filter(({ type }) => type === 'consent_given')).toHaveLength(1);
  });

  it('FA-12 the same form in two tabs, and a reload of its response, start one login', async () => {
    const [world, client] = await start();
    const context = await newContext();
    const [tab] = await openTabs(context, [client], 0);
    if (tab === undefined) throw new Error('no tab');
    const html = await tab.content();
    const copy = await context.newPage();
    // A copy of the page, as "duplicate tab" makes one.
    await copy.route('**/authorize?**', (route) =>
      route.fulfill({ contentType: 'text/html', body: html }),
    );
    await copy.goto(tab.url());
    await Promise.all([allow(tab), allow(copy)]);
    const answered = 'You have already submitted this page';
    await Promise.race(
      [tab, copy].map((page) => page.getByRole('heading', { name: answered }).waitFor()),
    );
    const isTab = await tab.getByRole('heading', { name: answered }).isVisible();
    const [page, other] = isTab ? [tab, copy] : [copy, tab];
    await page.reload();
    expect(await page.getByRole('heading', { name: answered }).isVisible()).toBe(true);
    expect(await arrive(other)).toBe('0 true');
    expect(world.events.filter(({ type }) => type === 'login_started')).toHaveLength(1);
  });

  it('FA-9 a page that stays open until its cookie expires says that it has expired', async () => {
    const [world, client] = await start();
    const context = await newContext();
    const [tab] = await openTabs(context, [client], 0);
    world.advance(605);
    // What the browser does to a cookie after its Max-Age.
    await context.clearCookies();
    if (tab !== undefined) await allow(tab);
    await tab?.getByRole('heading', { name: 'This sign-in has expired' }).waitFor();
    expect(await tab?.content()).not.toMatch(/somewhere else|cookie/i);
  });

  it('FA-14 abandoned logins block no later login, and their cookies stay within 1 kB', async () => {
    const [, client] = await start({}, 0);
    const context = await newContext();
    const tab = await context.newPage();
    const abandoned = isLong ? 40 : 16;
    for (const at of range(abandoned)) {
      await tab.goto(client.authorizeUrl({ state: `${at}` }));
      await allow(tab);
      await tab.locator('input[name="username"]').waitFor();
    }
    const ours = (await context.cookies()).filter(({ name }) => name.startsWith('auth0-mcp-'));
    // Behind https each name begins with `__Host-`.
    expect(ours.reduce((sum, c) => sum + c.name.length + c.value.length + 10, 0)).toBeLessThan(
      1000,
    );
    expect(await arrive(tab)).toBe(`${abandoned - 1} true`);
  });
});
