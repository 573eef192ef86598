import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser as Chromium, Page } from 'playwright-core';
import { MIN_READING_MS } from '../../lib/http/consent-prompt.js';
import { approve, type Browser, createBrowser } from '../../lib/testing/browser.js';
import { launchChromium } from '../support/chromium.js';
import { startApp } from '../support/mounted-app.js';
import { isConsentPage, type OAuthClient, registerClient } from '../support/oauth-client.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World } from '../support/world.js';

/** Allow sooner than a user can read the page is the second half of a double click that another page started. */
describe('a decision before the page can be read', () => {
  let world: World;
  let client: OAuthClient;
  /** Does not advance by itself. */
  let time = Date.now();

  beforeAll(async () => {
    world = await startWorld({
      host: { minReadingMs: MIN_READING_MS, nowMs: () => time },
    });
    client = await registerClient(world.origin);
  });
  afterAll(() => world.close());
  beforeEach(() => world.tenant.clearRequests());

  const requestIn = (body: string): string =>
    /name="request" value="([^"]+)"/.exec(body)?.[1] ?? '';
  const decide = (browser: Browser, request: string, decision: string) =>
    browser.post(`${world.origin}/consent`, { request, decision });

  async function shown(browser: Browser, overrides: Record<string, string> = {}): Promise<string> {
    return requestIn((await browser.get(client.authorizeUrl(overrides))).body);
  }

  it.each([0, 1, 200, 500, 999, 1499])(
    'FA-11: Allow after %i ms shows the page again: nothing is stored, nothing reaches Auth0',
    async (ms) => {
      const browser = createBrowser();
      const request = await shown(browser);
      const events = world.events.length;
      time += ms;
      const response = await decide(browser, request, 'allow');
      expect(isConsentPage(response)).toBe(true);
      expect(response.body).toContain('Nothing has been allowed yet');
      expect(response.next).toBeUndefined();
      expect(response.headers['set-cookie']?.join() ?? '').not.toContain('session');
      expect(world.tenant.requests).toEqual([]);
      expect(world.events.slice(events)).toEqual([]);
    },
  );

  it.each([1500, 1501, 60_000])('FA-11: Allow after %i ms is accepted', async (ms) => {
    const browser = createBrowser();
    const request = await shown(browser);
    time += ms;
    const response = await decide(browser, request, 'allow');
    expect(response.next?.href).toContain(`${world.tenant.issuer}authorize`);
  });

  it('FA-11: the page that is shown again has the same minimum age, at every click', async () => {
    const browser = createBrowser();
    let request = await shown(browser);
    for (let click = 0; click < 10; click += 1) {
      time += 300;
      const again = await decide(browser, request, 'allow');
      expect([click, again.status, again.next]).toEqual([click, 200, undefined]);
      request = requestIn(again.body);
    }
    time += MIN_READING_MS;
    expect((await decide(browser, request, 'allow')).next?.href).toContain(world.tenant.issuer);
  });

  it('FA-11: an early Allow does not count: the same page can still be allowed later', async () => {
    const browser = createBrowser();
    const request = await shown(browser);
    await decide(browser, request, 'allow');
    time += MIN_READING_MS;
    expect((await decide(browser, request, 'allow')).next?.href).toContain(world.tenant.issuer);
  });

  it('FA-11: the page that is shown again has the same content, in the same language', async () => {
    const browser = createBrowser();
    const first = await browser.get(client.authorizeUrl({ ui_locales: 'fr', scope: 'openid' }));
    const again = await browser.submit(first, {}, { button: { name: 'decision', value: 'allow' } });
    expect(again.body).toContain('lang="fr"');
    expect(again.body).toContain('Rien n’est encore autorisé');
    const withoutForm = (body: string) => body.replace(requestIn(body), '');
    const notice = /<div class="warning" role="alert">.*?<\/div>/;
    expect(withoutForm(again.body).replace(notice, '')).toBe(withoutForm(first.body));
  });

  it('FA-11: Deny is accepted at once', async () => {
    const browser = createBrowser();
    const denied = await decide(browser, await shown(browser, { state: 's' }), 'deny');
    expect(denied.next?.searchParams.get('error')).toBe('access_denied');
  });

  it('FA-11: a clock that is behind, as on another machine, shows the page once more and blocks no user', async () => {
    const browser = createBrowser();
    const request = await shown(browser);
    time -= 5000;
    const again = await decide(browser, request, 'allow');
    expect(isConsentPage(again)).toBe(true);
    time += MIN_READING_MS;
    expect((await decide(browser, requestIn(again.body), 'allow')).next?.href).toContain(
      world.tenant.issuer,
    );
  });

  it('PX-8 the time of a form is sealed: an altered form is rejected, and so is one of another browser', async () => {
    const request = await shown(createBrowser());
    time += MIN_READING_MS;
    expect((await decide(createBrowser(), request, 'allow')).status).toBe(403);
    const browser = createBrowser();
    const own = await shown(browser);
    const changed = `${own.slice(0, 40)}${own[40] === 'A' ? 'B' : 'A'}${own.slice(41)}`;
    expect((await decide(browser, changed, 'allow')).status).toBe(403);
  });

  it.each(['prefetch', 'prefetch;prerender', 'prefetch;anonymous-client-ip'])(
    'FA-11: no page is created before the visit (Sec-Purpose: %s)',
    async (purpose) => {
      const response = await fetch(client.authorizeUrl(), { headers: { 'sec-purpose': purpose } });
      expect(response.status).toBe(503);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).toBe('');
    },
  );
});

/** The buttons are visible without scrolling. */
const TALL = { viewport: { width: 1000, height: 900 } };

describe('double-click jacking in real Chromium', () => {
  let world: World;
  let chromium: Chromium;
  let attacker: Site;
  let evil: string;
  let client: OAuthClient;

  /**
   * Pages of an attacker. `opener` waits beneath a popup that it opened; at the first mouse down the popup navigates
   * the opener and closes, so that the next click hits the opener.
   */
  const PAGES: Readonly<Record<string, string>> = {
    '/opener': `<button onclick="window.open('/popup' + location.hash, 'bait')">Prize</button>`,
    '/popup': `<body style="height:100vh" onmousedown="opener.location = location.hash.slice(1); window.close()">Double click here`,
    '/self': `<body style="height:100vh" onmousedown="location = location.hash.slice(1)">Double click here`,
    '/key': `<body onkeydown="location = location.hash.slice(1)">Hold Enter`,
    '/ahead': `<body style="height:100vh" onmousedown="location = location.hash.slice(1)"><script>
      const rules = document.createElement('script');
      rules.type = 'speculationrules';
      rules.textContent = JSON.stringify({ prefetch: [{ urls: [location.hash.slice(1)], eagerness: 'immediate' }] });
      document.head.append(rules);
      </script>Double click here`,
  };

  beforeAll(async () => {
    attacker = await startSite((req, res) => {
      res.setHeader('Content-Type', 'text/html');
      res.end(PAGES[new URL(req.url ?? '/', 'http://localhost').pathname] ?? '');
    });
    evil = `http://localhost:${attacker.port}`;
    [world, chromium] = await Promise.all([
      startWorld({ host: { minReadingMs: MIN_READING_MS } }),
      launchChromium(),
    ]);
    client = await registerClient(world.origin, {
      redirect_uris: [`${evil}/callback`],
    });
  });
  afterAll(async () => {
    await chromium.close();
    await world.close();
    await attacker.close();
  });
  beforeEach(() => world.tenant.clearRequests());

  // The attacker's pages have the URL after a `#`.
  const isAuthorize = (url: URL): boolean => url.pathname === '/authorize';

  /** Position of the button of the consent page, which the attacker knows. */
  async function placeOfAllow(page: Page): Promise<{ x: number; y: number }> {
    await page.goto(client.authorizeUrl());
    const box = await page.getByRole('button', { name: 'Allow' }).boundingBox();
    if (box === null) throw new Error('no button');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  async function expectAskedAgain(page: Page): Promise<void> {
    await page.getByRole('alert').getByText('Nothing has been allowed yet').waitFor();
    expect(world.tenant.requests).toEqual([]);
  }

  it('FA-11: the first click hits a popup that navigates its opener and closes, the second hits Allow', async () => {
    const context = await chromium.newContext(TALL);
    const page = await context.newPage();
    const { x, y } = await placeOfAllow(page);
    await page.goto(`${evil}/opener#${client.authorizeUrl()}`);
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Prize' }).click();
    const popup = await opened;
    await popup.waitForLoadState();
    await popup.mouse.move(x, y);
    const closed = popup.waitForEvent('close');
    const arrived = page.waitForURL(isAuthorize);
    await popup.mouse.down().catch(() => undefined);
    await Promise.all([closed, arrived]);
    // A fast server and a slow double click: the page is loaded at the second click.
    await page.mouse.click(x, y);
    await expectAskedAgain(page);
    await context.close();
  });

  it('FA-11: the same in one window, with every further click within the minimum age', async () => {
    const context = await chromium.newContext(TALL);
    const page = await context.newPage();
    const { x, y } = await placeOfAllow(page);
    await page.goto(`${evil}/self#${client.authorizeUrl()}`);
    await page.mouse.move(x, y);
    const arrived = page.waitForURL(isAuthorize);
    await page.mouse.down();
    await arrived;
    await page.mouse.up();
    await page.mouse.click(x, y);
    await expectAskedAgain(page);
    await page.getByRole('button', { name: 'Allow' }).click();
    await expectAskedAgain(page);
    await context.close();
  });

  it('FA-11: a page that the attacker prefetched before the double click has the age of the visit', async () => {
    const context = await chromium.newContext(TALL);
    const page = await context.newPage();
    const { x, y } = await placeOfAllow(page);
    await context.clearCookies();
    const sent: (string | undefined)[] = [];
    const answered = new Promise<void>((resolve) => {
      world.server.on('request', (req, res) => {
        if (!req.url?.startsWith('/authorize')) return;
        sent.push(req.headers['sec-purpose']?.toString());
        res.on('finish', resolve);
      });
    });
    await page.goto(`${evil}/ahead#${client.authorizeUrl()}`);
    await answered;
    world.advance(2);
    const arrived = page.waitForURL(isAuthorize);
    await page.mouse.click(x, y);
    await arrived;
    await page.mouse.click(x, y);
    expect(sent).toEqual(['prefetch', undefined]);
    await expectAskedAgain(page);
    await context.close();
  });

  it('FA-11: a key that is held down has no effect: no button has the focus', async () => {
    const context = await chromium.newContext(TALL);
    const page = await context.newPage();
    for (const key of ['Enter', 'Space']) {
      await page.goto(`${evil}/key#${client.authorizeUrl()}`);
      const arrived = page.waitForURL(isAuthorize);
      await page.keyboard.down(key);
      await arrived;
      for (let repeat = 0; repeat < 20; repeat += 1) await page.keyboard.down(key);
      await page.keyboard.up(key);
      expect(isAuthorize(new URL(page.url()))).toBe(true);
    }
    expect(world.tenant.requests).toEqual([]);
    // The first stop of the Tab key is Deny.
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('value')).toBe('deny');
    await context.close();
  });
});

describe('the time to read the page, with the public auth0Mcp()', () => {
  const allowAtOnce = async (configUrl?: string) => {
    const app = await startApp((site) => {
      site.app.use(site.auth({ baseUrl: site.origin, ...(configUrl && { configUrl }) }));
    });
    try {
      const client = await registerClient(app.origin);
      const browser = createBrowser();
      return await approve(browser, await browser.get(client.authorizeUrl()), {
        stopBefore: app.tenant.issuer,
      });
    } finally {
      await app.close();
    }
  };

  it('FA-11: is required where Auth0 is https, which a tenant always is', async () => {
    const response = await allowAtOnce(
      'https://tenant.example.com/.well-known/openid-configuration',
    );
    expect(isConsentPage(response)).toBe(true);
    expect(response.body).toContain('Nothing has been allowed yet');
  });

  it('FA-11: is not required with a stand-in for Auth0, by http on this machine', async () => {
    const { next } = await allowAtOnce();
    expect(next?.pathname).toBe('/authorize');
  });
});
