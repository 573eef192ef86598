/** The click path in real Chromium: cookies, redirects and policies as a browser applies them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';

import { ADA, BOB } from '../../../lib/testing/options.js';
import { launchChromium } from '../../support/chromium.js';
import { letIn } from '../../support/connected-apps.js';
import { startWorld, type World } from '../../support/world.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let world: World;
let chromium: Browser;

beforeAll(async () => {
  [world, chromium] = await Promise.all([startWorld({ connectedApps: true }), launchChromium()]);
});
afterAll(async () => {
  await chromium.close();
  await world.close();
});

const url = (): string => `${world.origin}/connected-apps`;

async function typePassword(page: Page, user = ADA): Promise<void> {
  await page.locator('input[name="username"]').fill(user.email);
  await page.locator('input[name="password"]').fill(user.password);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** What axe objects to, and what it cannot decide, on the page as it is served. */
async function axe(page: Page): Promise<string[]> {
  // The policy of the page lets no script in; the evaluation is the browser's own.
  await page.evaluate(AXE);
  const { violations, incomplete } = await page.evaluate<AxeResults>(
    `axe.run(document, { runOnly: ${JSON.stringify(LEVELS)} })`,
  );
  return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

describe('the page of connected apps in real Chromium', () => {
  it('sign in, see two clients, disconnect one, sign out: allowed by the policy, without a finding of axe', async () => {
    const one = await letIn(world, 'Chart reader');
    const other = await letIn(world, 'Tide watcher');
    const context = await chromium.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));

    await page.goto(url());
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await typePassword(page);
    await page.waitForURL(url());
    expect(await page.getByText(`Signed in as ${ADA.email}`).count()).toBe(1);
    const headings = page.getByRole('heading', { level: 2 });
    expect((await headings.allTextContents()).toSorted()).toEqual(['Chart reader', 'Tide watcher']);
    expect(await axe(page)).toEqual([]);

    await page.getByRole('button', { name: 'Disconnect Chart reader' }).click();
    await page.getByRole('status').waitFor();
    expect(await page.getByRole('status').textContent()).toBe('Chart reader is disconnected.');
    expect(page.url()).toBe(url());
    expect(await headings.allTextContents()).toEqual(['Tide watcher']);
    expect([await one.status(), await other.status()]).toEqual([401, 200]);
    expect(await axe(page)).toEqual([]);
    // A reload asks nothing and repeats nothing.
    await page.reload();
    expect(await page.getByRole('status').count()).toBe(0);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await axe(page)).toEqual([]);
    await page.goBack();
    expect(await page.getByRole('button', { name: 'Sign in' }).count()).toBe(1);
    expect(await other.status()).toBe(200);
    expect(complaints.filter((text) => /policy/i.test(text))).toEqual([]);
    await context.close();
  });

  it('PX-11 its cookies are hidden from scripts, and a form of another site has no effect', async () => {
    const app = await letIn(world, 'Target', BOB);
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(url());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await typePassword(page, BOB);
    await page.waitForURL(url());
    const cookies = (await context.cookies(url())).filter(({ name }) => /auth0-mcp/.test(name));
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    }
    const grant = await page.locator('input[name="grant"]').getAttribute('value');
    // With the very value of the victim's own form: more than another site could know.
    const evil = await context.newPage();
    await evil.route('https://evil.example/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" action="${url()}/disconnect"><input name="grant" value="${grant}"></form>`,
      }),
    );
    await evil.goto('https://evil.example/');
    const response = evil.waitForResponse(`${url()}/disconnect`);
    await evil.evaluate('document.forms[0].submit()');
    expect((await response).status()).toBe(403);
    expect(await app.status()).toBe(200);
    await context.close();
  });

  it('is written from right to left in such a language', async () => {
    const arabic = await startWorld({
      connectedApps: true,
      options: { texts: { ar: { dir: 'rtl', connectedApps: { signIn: 'تسجيل الدخول' } } } },
    });
    const context = await chromium.newContext({ locale: 'ar' });
    const page = await context.newPage();
    await page.goto(`${arabic.origin}/connected-apps`);
    expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
    await page.getByRole('button', { name: 'تسجيل الدخول' }).click();
    await page.locator('input[name="password"]').waitFor();
    await context.close();
    await arabic.close();
  });
});
