/** Connecting and removing an account in real Chromium: cookies, redirects and policies as a browser applies them. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { ADA } from '../../../lib/testing/options.js';
import { launchChromium } from '../../support/chromium.js';
import { callerFor, startConnections } from '../../support/connected-accounts.js';
import type { World } from '../../support/world.js';

let world: World;
let chromium: Browser;

beforeAll(async () => {
  [world, chromium] = await Promise.all([startConnections(), launchChromium()]);
});
afterAll(async () => {
  await chromium.close();
  await world.close();
});

it('a user opens the link, signs in, connects an account in a window that is large enough, and removes it: allowed by the policy', async () => {
  const ada = await callerFor(world);
  const context = await chromium.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));

  await page.goto(await ada.link());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('input[name="username"]').fill(ADA.email);
  await page.locator('input[name="password"]').fill(ADA.password);
  await page.getByRole('button', { name: 'Continue' }).click();
  const connect = page.getByRole('button', { name: 'Connect', exact: true });
  await connect.waitFor();
  const size = page.viewportSize();
  await page.setViewportSize({ width: 230, height: 150 });
  expect(await page.getByText('Make this window larger to decide.').isVisible()).toBe(true);
  expect(await connect.isVisible()).toBe(false);
  await page.setViewportSize(size ?? { width: 1280, height: 720 });
  await connect.click();
  // At the provider.
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(new URL(page.url()).origin).toBe(world.origin);
  expect((await ada.call()).token).toBeDefined();

  await page.goto(`${world.origin}/connected-apps`);
  const remove = page.getByRole('button', { name: 'Remove Google' });
  await remove.click();
  await remove.waitFor({ state: 'detached' });
  expect((await ada.call()).name).toBe('ConnectionRequiredError');
  expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
  await context.close();
});
