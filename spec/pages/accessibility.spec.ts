import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import { parseBrand } from '../../lib/pages/brand.js';
import { consentPage } from '../../lib/pages/consent-page.js';
import { contentSecurityPolicy } from '../../lib/pages/layout.js';
import { launchChromium } from '../support/chromium.js';
import { isLong } from '../support/mode.js';
import { brand, consent, pageContext, samplePages } from './sample-pages.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Results of other types are cut to one node, and nothing is fetched again. */
const AXE_OPTIONS = {
  runOnly: LEVELS,
  resultTypes: ['violations', 'incomplete'],
  preload: false,
};

const PHONE = { width: 320, height: 640 };
const DESKTOP = { width: 1280, height: 800 };

/** The width changes the layout, the scheme the colors: two settings have both of each. */
const SETTINGS = isLong
  ? ([
      [PHONE, 'light'],
      [PHONE, 'dark'],
      [DESKTOP, 'light'],
      [DESKTOP, 'dark'],
    ] as const)
  : ([
      [PHONE, 'light'],
      [DESKTOP, 'dark'],
    ] as const);

/** Hardest to read where it is used as it stands: nearly white, nearly black, in between. */
const ACCENTS = ['#ffff66', '#00001a', '#808080'];

/** Words on buttons that take more than one line, for Chromium to find. */
const BROKEN_WORDS = `[...document.querySelectorAll('.actions > *')].flatMap(({ firstChild }) =>
  [...firstChild.data.matchAll(/\\S+/g)]
    .filter(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(firstChild, index);
      range.setEnd(firstChild, index + word.length);
      return range.getClientRects().length > 1;
    })
    .map(([word]) => word),
)`;

/** Name → what is served for it. */
const pages: Readonly<Record<string, { markup: string; policy: string }>> = {
  ...Object.fromEntries(
    Object.entries(samplePages).map(([name, markup]) => [
      name,
      { markup, policy: contentSecurityPolicy(brand) },
    ]),
  ),
  ...Object.fromEntries(
    ACCENTS.map((accentColor) => [`accent ${accentColor}`, accented(accentColor)]),
  ),
};

let browser: Browser;
let context: BrowserContext;
let server: Server;

beforeAll(async () => {
  server = await serve((req, res) => {
    const page = pages[decodeURIComponent((req.url ?? '').slice(1))];
    res.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (page === undefined) res.statusCode = 404;
    else res.setHeader('Content-Security-Policy', page.policy);
    res.end(page?.markup);
  });
  browser = await launchChromium();
  context = await browser.newContext();
});

afterAll(async () => {
  await browser.close();
  await close(server);
});

function accented(accentColor: string): { markup: string; policy: string } {
  const painted = parseBrand({ name: 'Harbour', accentColor });
  return {
    markup: consentPage({ ...pageContext, brand: painted }, consent),
    policy: contentSecurityPolicy(painted),
  };
}

interface Opened {
  readonly page: Page;
  readonly complaints: string[];
  readonly requests: string[];
}

async function open(name: string): Promise<Opened> {
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(`${originOf(server)}/${encodeURIComponent(name)}`);
  return { page, complaints, requests };
}

/** What axe objects to, and what it cannot decide, short enough to read in a failure. */
async function axe(page: Page): Promise<{ violations: string[]; incomplete: string[] }> {
  const { violations, incomplete } = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify(AXE_OPTIONS)})`,
  );
  return { violations: findings(violations), incomplete: findings(incomplete) };
}

function findings(results: AxeResults['violations']): string[] {
  return results.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

describe('the pages in Chromium', () => {
  describe.each(Object.keys(pages))('%s', (name) => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await open(name);
    });
    afterAll(() => opened.page.close());

    it('R-AZ-10 loads nothing else, keeps its own policy, and fits 320 pixels', async () => {
      const { page, complaints, requests } = opened;
      await page.setViewportSize(PHONE);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      const corner = await page.evaluate(
        'getComputedStyle(document.querySelector("main")).borderRadius',
      );
      expect(complaints).toEqual([]);
      expect(requests).toEqual([`/${encodeURIComponent(name)}`]);
      // The policy let the style sheet in: without it, the card has no round corners.
      expect(corner).toBe('16px');
      expect(width).toBe(PHONE.width);
    });

    it('has no violation that axe finds, in light and dark, on phone and desktop', async () => {
      const { page } = opened;
      await page.evaluate(AXE);
      for (const [viewport, colorScheme] of SETTINGS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        // Nothing may be left to guess either, contrast least of all: hence `incomplete`.
        const setting = { viewport, colorScheme };
        const clean = { ...setting, violations: [], incomplete: [] };
        expect({ ...setting, ...(await axe(page)) }).toEqual(clean);
      }
    });
  });

  it.each([
    'consent',
    'consent for a metadata document, in German',
    'consent for a custom scheme, in French',
    'consent in Spanish',
    'signed out',
  ])('breaks no word of a button at 320 pixels: %s', async (name) => {
    const { page } = await open(name);
    await page.setViewportSize(PHONE);
    const broken = await page.evaluate(BROKEN_WORDS);
    await page.close();
    expect(broken).toEqual([]);
  });

  it('is checked by an axe that finds violations', async () => {
    const { page } = await open('consent');
    await page.evaluate(AXE);
    await page.evaluate('document.querySelector("h1").style.color = "#eee"');
    const { violations } = await axe(page);
    await page.close();
    expect(violations[0]).toMatch(/^color-contrast: <h1/);
  });

  it('reaches both buttons of the consent page by keyboard, then the links, and shows the focus', async () => {
    const { page } = await open('consent');
    const order: unknown[] = [];
    for (let i = 0; i < 4; i += 1) {
      await page.keyboard.press('Tab');
      const focused =
        'document.activeElement.textContent, getComputedStyle(document.activeElement)';
      order.push(await page.evaluate(`((text, style) => [text, style.outlineStyle])(${focused})`));
    }
    await page.close();
    const names = ['Deny', 'Allow', 'Privacy policy', 'Terms of use'];
    expect(order).toEqual(names.map((name) => [name, 'solid']));
  });

  it('gives every disconnect button a name of its own', async () => {
    const { page } = await open('connected apps');
    const names = await page.getByRole('button').allInnerTexts();
    await page.close();
    expect(names).toEqual(['Disconnect Claude', 'Disconnect Cursor', 'Sign out']);
  });

  it.each([
    ['allow', 'Allow'],
    ['deny', 'Deny'],
  ])('sends decision=%s with the hidden fields', async (decision, name) => {
    const { page } = await open('consent');
    const [request] = await Promise.all([
      page.waitForRequest((sent) => sent.method() === 'POST'),
      // The answer too: Chromium does not always close a page that is on its way to another.
      page.waitForEvent('load'),
      page.getByRole('button', { name }).click(),
    ]);
    await page.close();
    expect(request.postData()).toBe(`request=sealed&decision=${decision}`);
  });

  it('CLI-57 lets the form be redirected across origins, to the client', async () => {
    const client = await serve((_req, res) => res.end('arrived'));
    const auth0 = await serve((_req, res) => {
      res.writeHead(303, { Location: originOf(client) }).end();
    });
    const { page, complaints } = await open('consent');
    await page.evaluate(`document.forms[0].action = ${JSON.stringify(originOf(auth0))}`);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${originOf(client)}/`);
    const text = await page.textContent('body');
    await page.close();
    await Promise.all([close(client), close(auth0)]);
    expect(complaints.filter((complaint) => /policy/i.test(complaint))).toEqual([]);
    expect(text).toBe('arrived');
  });

  it('CLI-57 lets the form be redirected to a custom scheme', async () => {
    const auth0 = await serve((_req, res) => {
      res.writeHead(303, { Location: 'cursor://anysphere.cursor-retrieval/cb?code=1' }).end();
    });
    const { page, complaints } = await open('consent');
    await page.evaluate(`document.forms[0].action = ${JSON.stringify(originOf(auth0))}`);
    const [failed] = await Promise.all([
      page.waitForEvent('requestfailed'),
      page.getByRole('button', { name: 'Allow' }).click(),
    ]);
    await page.close();
    await close(auth0);
    // No app claims the scheme here; what matters is that Chromium went to context for one.
    expect(failed.failure()?.errorText).not.toMatch(/CSP|BLOCKED/i);
    expect(complaints.filter((complaint) => /policy/i.test(complaint))).toEqual([]);
  });
});

async function serve(listener: RequestListener): Promise<Server> {
  const started = createServer(listener).listen(0, '127.0.0.1');
  await once(started, 'listening');
  return started;
}

async function close(started: Server): Promise<void> {
  started.closeAllConnections();
  await new Promise((closed) => started.close(closed));
}

function originOf(started: Server): string {
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}
