/** The consent page in a window that another page opens, sizes and scrolls. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser as Chromium, Page } from 'playwright-core';

import { launchChromium } from '../support/chromium.js';
import { type OAuthClient, registerClient } from '../support/oauth-client.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World } from '../support/world.js';

describe('the consent page in a window of an attacker', () => {
  let world: World;
  let chromium: Chromium;
  let attacker: Site;
  let client: OAuthClient;
  let target = '';

  beforeAll(async () => {
    attacker = await startSite((req, res) => {
      const features = new URL(req.url ?? '/', 'http://localhost').searchParams.get('features');
      res.setHeader('Content-Type', 'text/html');
      res.end(`<button onclick="open('${target}', '_blank', '${features}')">Prize</button>`);
    });
    [world, chromium] = await Promise.all([startWorld(), launchChromium()]);
    client = await registerClient(world.origin, { client_name: 'Long name '.repeat(8) });
  });
  afterAll(async () => {
    await chromium.close();
    await world.close();
    await attacker.close();
  });

  async function inPopup(features: string, check: (popup: Page) => Promise<void>): Promise<void> {
    const context = await chromium.newContext({ viewport: null });
    const page = await context.newPage();
    target = `${client.authorizeUrl()}#:~:text=Deny-,Allow`;
    const { port } = attacker;
    await page.goto(`http://localhost:${port}/?features=${features}`);
    const opened = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Prize' }).click();
    const popup = await opened;
    await popup.waitForLoadState();
    await check(popup);
    await context.close();
  }

  const allowOf = (page: Page) => page.getByRole('button', { name: 'Allow' });
  const noticeOf = (page: Page) => page.getByText('Make this window larger to decide.');

  it.each([
    'noopener,width=220,height=120',
    'width=220,height=120',
    'noopener,width=600,height=150',
  ])(
    'FA-11: opened with %s is not scrolled by a text fragment, and shows a hint to enlarge the window instead of the buttons',
    async (features) => {
      await inPopup(features, async (popup) => {
        await noticeOf(popup).waitFor();
        expect(await allowOf(popup).isVisible()).toBe(false);
        expect(await popup.evaluate('scrollY')).toBe(0);
      });
    },
  );

  it('FA-11: opened with noopener,width=400,height=300 stays at its top', async () => {
    await inPopup('noopener,width=400,height=300', async (popup) => {
      await allowOf(popup).waitFor();
      expect(await popup.evaluate('scrollY')).toBe(0);
    });
  });

  it.each([
    ['a popup', 400, 500],
    ['a narrow phone', 320, 568],
    ['a phone on its side, with the bars of the browser', 568, 232],
    ['the smallest window that WCAG 2.2 §1.4.10 names', 320, 256],
  ])('FA-10: has both buttons in %s', async (_what, width, height) => {
    const page = await chromium.newPage({ viewport: { width, height } });
    await page.goto(client.authorizeUrl());
    expect(await allowOf(page).isVisible()).toBe(true);
    expect(await noticeOf(page).isVisible()).toBe(false);
    await page.close();
  });

  it.each([
    ['en', 'Make this window larger to decide.'],
    ['de', 'Vergrößern Sie dieses Fenster, um zu entscheiden.'],
    ['fr', 'Agrandissez cette fenêtre pour décider.'],
    ['es', 'Amplía esta ventana para decidir.'],
  ])('FA-11: shows the hint in %s', async (locale, text) => {
    const page = await chromium.newPage({ viewport: { width: 230, height: 190 } });
    await page.goto(client.authorizeUrl({ ui_locales: locale }));
    expect(await page.getByText(text).isVisible()).toBe(true);
    await page.close();
  });

  it('FA-11: error pages start at their top as well', async () => {
    for (const path of ['/authorize?client_id=unknown', '/consent']) {
      const { headers } = await fetch(world.origin + path);
      expect(headers.get('document-policy')).toBe('force-load-at-top');
    }
  });
});
