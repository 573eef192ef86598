import { afterEach, describe, expect, it } from '@jest/globals';

import {
  approve,
  type Browser,
  cancelLogin,
  createBrowser,
  logIn,
  type Page,
} from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { type OAuthClient, registerClient } from '../support/oauth-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback';

/** RFC 8252 §7.1: the browser opens an app, and shows nothing itself. */
describe('a redirect URI with the scheme of an app', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(uri: string = CURSOR, options: WorldOptions = {}): Promise<OAuthClient> {
    world = await startWorld(options);
    return registerClient(world.origin, { client_name: 'Cursor', redirect_uris: [uri] });
  }

  /** The response of the callback to a browser. */
  async function finish(client: OAuthClient, browser: Browser, state = 's'): Promise<Page> {
    const page = await approve(browser, await browser.follow(client.authorizeUrl({ state })));
    return await logIn(browser, page, ADA);
  }

  const linkOf = (body: string): string =>
    (/<a class="button[^"]*" href="([^"]+)"/.exec(body)?.[1] ?? '')
      .replaceAll('&amp;', '&')
      .replaceAll('&#39;', "'");

  it('CLI-57 gets a page that opens the app by itself and by a button, and the code works', async () => {
    const client = await start();
    const page = await finish(client, createBrowser());
    const link = linkOf(page.body);
    expect([page.status, page.next?.href]).toEqual([200, link]);
    expect(page.headers.refresh).toBe(`0; url=${link}`);
    expect(page.headers.location).toBeUndefined();
    const response = new URL(link).searchParams;
    expect([response.get('state'), response.get('iss')]).toEqual(['s', world.origin]);
    expect((await client.redeem(response.get('code') ?? '')).status).toBe(200);
  });

  it('R-AZ-10 the page with the code is not cached, sends no referrer, loads and runs nothing', async () => {
    const { headers, body } = await finish(await start(), createBrowser());
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(body).not.toMatch(/<script|<img|<link|\bsrc=/);
  });

  it('the code is in no log and no event', async () => {
    const { next } = await finish(await start(), createBrowser());
    const code = next?.searchParams.get('code') ?? '';
    expect(code.length).toBeGreaterThan(20);
    expect(JSON.stringify([world.log, world.events])).not.toContain(code);
  });

  it.each([
    ["com.example.app:/cb?x=';alert(1);'&a=b,c;d", 's'],
    [CURSOR, '"><script>alert(1)</script>; url=javascript:alert(2)'],
  ])('R-AZ-17 %j with the state %j adds no markup and no other target', async (uri, state) => {
    const page = await finish(await start(uri), createBrowser(), state);
    const link = linkOf(page.body);
    expect(page.headers.refresh).toBe(`0; url=${link}`);
    expect(page.body).not.toContain('<script');
    expect(link.startsWith(uri)).toBe(true);
    expect(new URL(link).searchParams.get('state')).toBe(state);
  });

  it('programs, which do not accept HTML, get the redirect', async () => {
    const client = await start();
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const consent = await browser.follow(client.authorizeUrl());
    const page = await approve(browser, consent, { stopBefore });
    const { next } = await logIn(browser, page, ADA, { stopBefore });
    const callback = next ?? new URL('no:');
    const cookie = browser.cookies.header({ url: callback, method: 'GET', crossSite: false });
    const response = await fetch(callback, { redirect: 'manual', headers: { cookie } });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toMatch(`${CURSOR}?code=`);
    expect(response.headers.get('refresh')).toBeNull();
  });

  it.each([
    'https://client.example/cb',
    'http://127.0.0.1:45454/callback',
    'http://localhost:1/cb',
  ])('a login for %s ends with a redirect', async (uri) => {
    const client = await start(uri);
    const browser = createBrowser();
    const stopBefore = uri;
    const consent = await browser.follow(client.authorizeUrl(), { stopBefore });
    const page = await approve(browser, consent, { stopBefore });
    const { status, headers } = await logIn(browser, page, ADA, { stopBefore });
    expect(status).toBe(303);
    expect(headers.location).toMatch(`${uri}?code=`);
    expect(headers.refresh).toBeUndefined();
  });

  it('AS-35 a login cancelled at Auth0 gets the page of the error, which leads to the app', async () => {
    const client = await start();
    const browser = createBrowser();
    const login = await approve(browser, await browser.follow(client.authorizeUrl()));
    const page = await cancelLogin(browser, login);
    const link = linkOf(page.body);
    expect([page.status, page.next?.href]).toEqual([403, link]);
    expect(page.body).toContain('Access was denied');
    expect(link).toMatch(`${CURSOR}?error=access_denied`);
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('FA-15 shows the reason of the tenant, and logs the denial once', async () => {
    const denyLogins = { error: 'access_denied', description: 'Please verify <your> address.' };
    const client = await start(CURSOR, { tenant: { denyLogins } });
    const page = await finish(client, createBrowser());
    expect(page.body).toContain('<q><bdi>Please verify &lt;your&gt; address.</bdi></q>');
    expect(page.next?.searchParams.get('error')).toBe('access_denied');
    const denials = world.log.filter(({ message }) => message === 'Auth0 denied a login');
    expect(denials).toHaveLength(1);
  });

  it('is in the language of the browser, and a second request says that the page was used', async () => {
    const client = await start();
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const consent = await browser.follow(client.authorizeUrl());
    const page = await approve(browser, consent, { stopBefore });
    const { next } = await logIn(browser, page, ADA, { stopBefore });
    const callback = next ?? new URL('no:');
    const cookie = browser.cookies.header({ url: callback, method: 'GET', crossSite: false });
    const headers = { cookie, accept: 'text/html', 'accept-language': 'de' };
    const first = await fetch(callback, { headers });
    expect(await first.text()).toContain('Sie sind angemeldet');
    const second = await fetch(callback, { headers });
    expect(second.status).toBe(400);
    expect(await second.text()).toContain('diese Seite wurde schon benutzt.');
  });
});
