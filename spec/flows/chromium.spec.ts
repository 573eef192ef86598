import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { ADA } from '../../lib/testing/options.js';
import { launchChromium } from '../support/chromium.js';
import { callTool, type OAuthClient, registerClient, toolResult } from '../support/oauth-client.js';
import { type Site, startSite } from '../support/site.js';
import { startWorld, type World } from '../support/world.js';

/**
 * Chromium applies `form-action` along the whole redirect chain and refuses cookies that break
 * their rules: only a real browser shows that the button works.
 */
describe('a first login in real Chromium', () => {
  let world: World;
  let chromium: Browser;
  let listener: Site;
  let callback: string;

  beforeAll(async () => {
    [world, chromium] = await Promise.all([startWorld(), launchChromium()]);
    listener = await startSite((_req, res) => res.end('You may close this window.'));
    callback = `http://localhost:${listener.port}/callback`;
  });
  afterAll(async () => {
    await chromium.close();
    await world.close();
    await listener.close();
  });

  /** Opens the authorization request and clicks through to where the login page has been sent. */
  async function clickThrough(page: Page, client: OAuthClient): Promise<void> {
    await page.goto(client.authorizeUrl({ state: 'of-the-client' }));
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.locator('input[name="username"]').fill(ADA.email);
    await page.locator('input[name="password"]').fill(ADA.password);
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  it('CLI-12 R-8252-1 consent and login by click, for an app on localhost with a random port', async () => {
    const client = await registerClient(world.origin, { redirect_uris: [callback] });
    const context = await chromium.newContext();
    const page = await context.newPage();
    await clickThrough(page, client);
    await page.waitForURL(`${callback}?**`);
    const response = new URL(page.url()).searchParams;
    expect(response.get('state')).toBe('of-the-client');
    const { body } = await client.redeem(response.get('code') ?? '');
    const me = await callTool(world.mcp, body.access_token, 'whoami');
    expect(toolResult(me)).toMatchObject({ name: ADA.name });
    await context.close();
  });

  it('PX-11 the browser keeps our cookies from scripts and from other sites', async () => {
    const client = await registerClient(world.origin, { redirect_uris: [callback] });
    const context = await chromium.newContext();
    await clickThrough(await context.newPage(), client);
    const ours = (await context.cookies()).filter(({ name }) => name.startsWith('auth0-mcp-'));
    expect(ours.length).toBeGreaterThan(0);
    for (const cookie of ours) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    }
    await context.close();
  });

  it.each([
    ['cursor://anysphere.cursor-mcp/oauth/callback'],
    ['https://client.example/oauth/callback'],
  ])('CLI-57 the redirects end at %s, allowed by the Content-Security-Policy', async (uri) => {
    const client = await registerClient(world.origin, { redirect_uris: [uri] });
    const context = await chromium.newContext();
    const page = await context.newPage();
    const violations: string[] = [];
    page.on('console', (message) => void violations.push(message.text()));
    const left = new Promise<string>((resolve) => {
      // No app claims the scheme and no host answers here: what Chromium asked for is what counts.
      page.on('request', (request) => {
        if (request.url().startsWith(uri)) resolve(request.url());
      });
      page.on('response', (response) => {
        const location = response.headers().location ?? '';
        if (location.startsWith(uri)) resolve(location);
      });
    });
    await clickThrough(page, client);
    const answer = new URL(await left).searchParams;
    expect(answer.get('code')).toBeTruthy();
    expect(violations.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
    await context.close();
  });

  it('CLI-57 no app opens at cursor://: the page stays, with a button that leads there', async () => {
    const uri = 'cursor://anysphere.cursor-mcp/oauth/callback';
    const client = await registerClient(world.origin, { redirect_uris: [uri] });
    const context = await chromium.newContext();
    const page = await context.newPage();
    const requested: string[] = [];
    page.on('request', (request) => {
      if (request.url().startsWith(uri)) requested.push(request.url());
    });
    const tried = page.waitForEvent('requestfailed', (request) => request.url().startsWith(uri));
    await clickThrough(page, client);
    await tried;
    const button = page.getByRole('link', { name: 'Open Spec client' });
    expect(requested).toHaveLength(1);
    // Chromium ignores a click while it still ends the first attempt.
    do {
      await button.click();
      await page.waitForTimeout(500);
    } while (requested.length < 2);
    expect(await page.textContent('h1')).toBe('You are signed in');
    expect(await page.textContent('main')).toContain('If nothing happens, open the app');
    const href = (await button.getAttribute('href')) ?? '';
    expect(new Set(requested)).toEqual(new Set([href]));
    const { status } = await client.redeem(new URL(href).searchParams.get('code') ?? '');
    expect(status).toBe(200);
    await context.close();
  }, 60_000);

  it('PX-26 Deny redirects to the client', async () => {
    const client = await registerClient(world.origin, { redirect_uris: [callback] });
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(client.authorizeUrl());
    await page.getByRole('button', { name: /Deny|Cancel|Don/ }).click();
    await page.waitForURL(`${callback}?**`);
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
    await context.close();
  });
});
