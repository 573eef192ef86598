import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';

import { parseBrand } from '../../lib/pages/brand.js';
import { consentPage } from '../../lib/pages/consent-page.js';
import { contentSecurityPolicy } from '../../lib/pages/layout.js';
import { launchChromium } from '../support/chromium.js';
import { brand, consent, look, samplePages } from './sample-pages.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SIZES = {
  'a small phone': { width: 320, height: 640 },
  'a desktop': { width: 1280, height: 800 },
};

/** Hardest to read where it is used as it stands: nearly white, nearly black, in between. */
const ACCENTS = ['#ffff66', '#00001a', '#808080'];

let browser: Browser;
let server: Server;
let origin: string;
let pages: Readonly<Record<string, { markup: string; policy: string }>>;

beforeAll(async () => {
  const policy = contentSecurityPolicy(brand);
  const samples = Object.entries(samplePages).map(([name, markup]) => [name, { markup, policy }]);
  const accents = ACCENTS.map((accentColor) => {
    const accented = parseBrand({ name: 'Harbour', accentColor });
    const markup = consentPage({ ...look, brand: accented }, consent);
    return [`accent ${accentColor}`, { markup, policy: contentSecurityPolicy(accented) }];
  });
  pages = Object.fromEntries([...samples, ...accents]);
  server = createServer((req, res) => {
    const page = pages[decodeURIComponent((req.url ?? '').slice(1))];
    if (page === undefined) return res.writeHead(404).end();
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': page.policy,
    });
    return res.end(page.markup);
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

async function open(name: string, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`${origin}/${encodeURIComponent(name)}`);
  return { page, complaints, requests };
}

async function axe(page: Page): Promise<AxeResults> {
  await page.evaluate(AXE);
  return page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(LEVELS)} })`,
  ) as Promise<AxeResults>;
}

/** What axe objects to, short enough to read in a failure. */
function findings(results: AxeResults['violations']): string[] {
  return results.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

/** Tabs through the page until the focus comes round. */
async function tabOrder(page: Page): Promise<string[]> {
  const order: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate<string>('document.activeElement.textContent.trim()');
    if (order.includes(name)) break;
    order.push(name);
  }
  return order;
}

describe('the pages in Chromium', () => {
  describe.each([...Object.keys(samplePages), ...ACCENTS.map((accent) => `accent ${accent}`)])(
    '%s',
    (name) => {
      it.each(
        Object.entries(SIZES).flatMap(([size, viewport]) =>
          (['light', 'dark'] as const).map((colorScheme) => ({ size, viewport, colorScheme })),
        ),
      )(
        'has nothing for axe to object to on $size, $colorScheme',
        async ({ viewport, colorScheme }) => {
          const { page } = await open(name, { viewport, colorScheme });
          const { violations, incomplete } = await axe(page);
          await page.close();
          expect(findings(violations)).toEqual([]);
          // Nothing may be left to guess either, contrast least of all.
          expect(findings(incomplete)).toEqual([]);
        },
      );

      it('R-AZ-10 loads itself alone, under its own policy, without a complaint', async () => {
        const { page, complaints, requests } = await open(name);
        const font = await page.evaluate(
          'getComputedStyle(document.querySelector("main")).borderRadius',
        );
        await page.close();
        expect(complaints).toEqual([]);
        expect(requests).toEqual([`${origin}/${encodeURIComponent(name)}`]);
        expect(font).toBe('16px');
      });

      it('never needs to be scrolled sideways, down to 320 pixels', async () => {
        const { page } = await open(name, { viewport: { width: 320, height: 640 } });
        const width = await page.evaluate('document.documentElement.scrollWidth');
        await page.close();
        expect(width).toBe(320);
      });
    },
  );

  it('reaches both answers of the consent page by keyboard, then the links', async () => {
    const { page } = await open('consent');
    const order = await tabOrder(page);
    await page.close();
    expect(order.slice(0, 4)).toEqual(['Deny', 'Allow', 'Privacy policy', 'Terms of use']);
  });

  it('shows where the focus is', async () => {
    const { page } = await open('consent');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    await page.close();
    expect(outline).toBe('solid');
  });

  it('gives every disconnect button a name of its own', async () => {
    const { page } = await open('connected apps');
    const names = await page.getByRole('button').allInnerTexts();
    await page.close();
    expect(names).toEqual(['Disconnect Claude', 'Disconnect Cursor', 'Sign out']);
  });

  it('CLI-57 lets an answered form be redirected to another origin and on to another', async () => {
    const last = createServer((_req, res) => res.end('arrived')).listen(0, '127.0.0.1');
    const middle = createServer((_req, res) => {
      res.writeHead(303, { Location: address(last) }).end();
    }).listen(0, '127.0.0.1');
    await Promise.all([last, middle].map((s) => new Promise((done) => s.once('listening', done))));
    const { page } = await open('consent');
    await page.evaluate(`document.forms[0].action = ${JSON.stringify(address(middle))}`);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(address(last));
    const text = await page.textContent('body');
    await page.close();
    for (const each of [last, middle]) each.closeAllConnections();
    await Promise.all([last, middle].map((s) => new Promise((done) => s.close(done))));
    expect(text).toBe('arrived');
  });
});

function address(of: Server): string {
  return `http://127.0.0.1:${(of.address() as AddressInfo).port}/`;
}
