import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryStore } from 'express-session';

import type { Auth0McpOptions } from '../../lib/config/options.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';
import { type Browser, createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import {
  isConsentPage,
  type OAuthClient,
  oauthClient,
  registerClient,
} from '../support/oauth-client.js';
import { watchStorage } from '../support/watched-storage.js';
import { startWorld, type World } from '../support/world.js';

const HTTPS_CLIENT = { client_name: 'Web client', redirect_uris: ['https://client.example/cb'] };

describe('consent', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(
    options: Partial<Auth0McpOptions> = {},
    metadata: Record<string, unknown> = {},
  ): Promise<OAuthClient> {
    world = await startWorld({ options });
    return registerClient(world.origin, metadata);
  }

  function auth0Visits(): number {
    return world.tenant.requests.filter(({ path }) => path === '/authorize').length;
  }

  /** The hidden field and the cookie of a consent page. */
  async function formOf(browser: Browser, client: OAuthClient): Promise<string> {
    const page = await browser.get(client.authorizeUrl());
    return /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  }

  function cookieFor(browser: Browser, url: string): string {
    return browser.cookies.header({ url: new URL(url), method: 'GET', crossSite: false });
  }

  const consentUrl = (): string => `${world.origin}/consent`;

  it('PX-1 PX-3 PX-18 PX-23 shows the page first: no request to Auth0, no session cookie, nothing stored', async () => {
    const client = await start();
    const response = await fetch(client.authorizeUrl());
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('name="decision"');
    expect(auth0Visits()).toBe(0);
    const cookies = response.headers.getSetCookie();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(
      /^auth0-mcp-[\w-]{6}-[\w-]{11}=[\w-]{22}; Max-Age=600; Path=\/;.*HttpOnly; SameSite=Lax$/,
    );
  });

  it('PX-5 PX-6 PX-7 AS-31 AS-32 R-RG-10 shows the client, its scopes, and the redirect URI', async () => {
    const client = await start({}, { client_name: '<script>alert(1)</script>Claude' });
    const page = await (await fetch(client.authorizeUrl())).text();
    expect(page).not.toContain('<script>');
    expect(page).toContain('127.0.0.1:45454');
    expect(page).toContain('http://127.0.0.1:45454/callback');
    expect(page).toContain('class="warning"');
    for (const scope of ['openid', 'profile', 'email', 'offline_access'])
      expect(page).toContain(scope);
    const web = await registerClient(world.origin, HTTPS_CLIENT);
    expect(await (await fetch(web.authorizeUrl())).text()).not.toContain('class="warning"');
  });

  it('PX-19 PX-30 the redirect to Auth0 sets the cookie of the login and contains parameters of this server only', async () => {
    const client = await start();
    const browser = createBrowser();
    const form = await formOf(browser, client);
    const response = await browser.post(consentUrl(), { request: form, decision: 'allow' });
    expect(response.status).toBe(303);
    expect(response.headers['set-cookie']?.join()).toMatch(
      /^auth0-mcp-[\w-]{6}-[\w-]{11}=\.[\w-]{22}; Max-Age=900; Path=\/;.*HttpOnly; SameSite=Lax$/,
    );
    const sent = response.next?.searchParams;
    expect(sent?.get('client_id')).toBe('demo-app');
    expect(sent?.get('redirect_uri')).toBe(`${world.origin}/auth/callback`);
    expect(sent?.get('audience')).toBe('https://api.example.test/mcp-demo');
    expect(sent?.get('code_challenge_method')).toBe('S256');
    expect(sent?.get('resource')).toBeNull();
    expect(String(response.next)).not.toContain(client.id);
  });

  it.each([
    ['without its form', {}, {}],
    ['with a forged form', { request: 'AAAA'.repeat(40) }, {}],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from another origin', {}, { origin: 'https://evil.example' }],
  ])('PX-8 a decision %s is rejected and stores nothing', async (_name, form, headers) => {
    const client = await start();
    const browser = createBrowser();
    const request = await formOf(browser, client);
    const cookie = cookieFor(browser, consentUrl());
    const sent = Object.keys(headers).length > 0 ? { request, ...form } : form;
    const response = await fetch(consentUrl(), {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, ...headers } as Record<string, string>,
      body: new URLSearchParams({ decision: 'allow', ...sent } as Record<string, string>),
    });
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(auth0Visits()).toBe(0);
  });

  it('PX-8 PX-13 a form of one browser has no effect in another', async () => {
    const client = await start();
    const attackers = createBrowser();
    const form = await formOf(attackers, client);
    const victim = createBrowser();
    await victim.get(client.authorizeUrl());
    const response = await victim.post(consentUrl(), { request: form, decision: 'allow' });
    expect(response.status).toBe(403);
    expect(response.next).toBeUndefined();
  });

  it('PX-20 the login-fixation attack: the attacker approves, the victim opens the Auth0 address', async () => {
    const client = await start();
    const attacker = createBrowser();
    const request = await formOf(attacker, client);
    const auth0Url = (await attacker.post(consentUrl(), { request, decision: 'allow' })).next;
    const victim = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const callback = (await logIn(victim, await victim.follow(auth0Url ?? ''), ADA, { stopBefore }))
      .next;
    world.tenant.clearRequests();
    const page = await victim.get(callback ?? '');
    expect(page.status).toBe(400);
    expect(page.next).toBeUndefined();
    expect(world.tenant.requests.filter(({ path }) => path === '/oauth/token')).toEqual([]);
    // The attacker's own login is still valid: the attempt of another browser consumed nothing.
    expect((await attacker.get(callback ?? '')).next?.searchParams.get('code')).toBeTruthy();
  });

  it('PX-29 PX-2 the confused deputy: a victim with a session at Auth0 sees the consent page of the new client too', async () => {
    const client = await start({ consent: 'remember' }, HTTPS_CLIENT);
    const victim = createBrowser();
    await client.logIn({ browser: victim });
    const attacker = await registerClient(world.origin, {
      client_name: 'Web client',
      redirect_uris: ['https://attacker.example/cb'],
    });
    const before = auth0Visits();
    const page = await victim.follow(attacker.authorizeUrl(), { stopBefore: attacker.redirectUri });
    expect(isConsentPage(page)).toBe(true);
    expect(page.body).toContain('attacker.example');
    expect(auth0Visits()).toBe(before);
  });

  it('PX-29 PX-21 a forged Auth0 URL with a state of its own fails at the callback', async () => {
    await start();
    const victim = createBrowser();
    const handMade = `${world.tenant.issuer}authorize?${new URLSearchParams({ client_id: 'demo-app', response_type: 'code', redirect_uri: `${world.origin}/auth/callback`, scope: 'openid', state: 'x'.repeat(43) })}`;
    const stopBefore = `${world.origin}/auth/callback`;
    const back = await logIn(victim, await victim.follow(handMade), ADA, { stopBefore });
    expect((await victim.get(back.next ?? '')).status).toBe(400);
  });

  describe("'remember'", () => {
    it('PX-25 does not prompt the same browser again for the same request, and prompts for any other', async () => {
      const client = await start(
        { consent: 'remember', scopesSupported: ['read:notes'] },
        HTTPS_CLIENT,
      );
      const browser = createBrowser();
      const stopBefore = client.redirectUri;
      await client.logIn({ browser });
      const again = await browser.follow(client.authorizeUrl(), { stopBefore });
      expect(again.next?.searchParams.get('code')).toBeTruthy();
      const asked = async (url: string) => isConsentPage(await browser.follow(url, { stopBefore }));
      // PX-13: more scopes; PX-27: the client requires the prompt.
      expect(await asked(client.authorizeUrl({ scope: 'openid read:notes' }))).toBe(true);
      expect(await asked(client.authorizeUrl({ prompt: 'consent' }))).toBe(true);
      const other = await registerClient(world.origin, {
        client_name: 'Other',
        redirect_uris: ['https://client.example/cb'],
      });
      expect(await asked(other.authorizeUrl())).toBe(true);
      expect(
        isConsentPage(await createBrowser().follow(client.authorizeUrl(), { stopBefore })),
      ).toBe(true);
    });

    it('PX-25 prompts each time for a pre-registered client, whose id many users share', async () => {
      const redirectUri = 'https://client.example/cb';
      const clients = [{ clientId: 'shared', name: 'Shared', redirectUris: [redirectUri] }];
      world = await startWorld({ options: { consent: 'remember', clients } });
      const client = oauthClient(world.origin, { id: 'shared', secret: undefined, redirectUri });
      const browser = createBrowser();
      await client.logIn({ browser });
      const link = client.authorizeUrl({ state: 'of-an-attacker' });
      expect(isConsentPage(await browser.follow(link, { stopBefore: redirectUri }))).toBe(true);
    });

    it('a login succeeds where the approval cannot be stored', async () => {
      const storage = watchStorage(memoryStorage(), {
        before(verb, key) {
          if (verb === 'set' && key.includes(':approval:'))
            throw new StorageUnavailableError('away');
        },
      });
      const client = await start({ consent: 'remember', storage }, HTTPS_CLIENT);
      expect((await client.logIn()).get('code')).toMatch(/./);
      expect(world.log.filter(({ level }) => level === 'warn')).toEqual([
        expect.objectContaining({ message: 'a required service is not available' }),
      ]);
    });

    it('a session store that could not be opened once fails that request only', async () => {
      let attempts = 0;
      const storage: Storage = {
        ...memoryStorage(),
        async sessionStore() {
          attempts += 1;
          if (attempts === 1) throw new StorageUnavailableError('away');
          return new MemoryStore();
        },
      };
      const client = await start({ consent: 'remember', storage }, HTTPS_CLIENT);
      expect((await fetch(client.authorizeUrl())).status).toBe(503);
      expect((await client.logIn()).get('code')).toMatch(/./);
      expect(attempts).toBe(2);
    });

    it('PX-4 PX-12 an altered cookie is ignored', async () => {
      const client = await start({ consent: 'remember' }, HTTPS_CLIENT);
      const browser = createBrowser();
      await client.logIn({ browser });
      const cookie = cookieFor(browser, world.origin).replace(
        /(auth0-mcp-session-[\w-]{8}=s%3A.)(.)/,
        (_all, before, letter) => before + (letter === '_' ? '-' : '_'),
      );
      const response = await fetch(client.authorizeUrl(), {
        headers: { cookie },
        redirect: 'manual',
      });
      expect(response.status).toBe(200);
    });
  });

  it("'external' redirects to Auth0 at once", async () => {
    const client = await start({ consent: 'external' });
    const response = await fetch(client.authorizeUrl(), { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toContain(`${world.tenant.issuer}authorize`);
  });

  it('PX-27 prompt=none never approves silently', async () => {
    const client = await start();
    const response = await fetch(client.authorizeUrl({ prompt: 'none', state: 's' }), {
      redirect: 'manual',
    });
    expect(response.headers.get('location')).toContain('error=interaction_required');
    expect(auth0Visits()).toBe(0);
  });

  it('AS-16 an error for a web server or app that is not pre-registered is shown on a page, not redirected; to a loopback address it is redirected', async () => {
    const client = await start();
    const local = await fetch(client.authorizeUrl({ code_challenge: undefined }), {
      redirect: 'manual',
    });
    expect(local.headers.get('location')).toContain('error=invalid_request');
    const web = await registerClient(world.origin, HTTPS_CLIENT);
    const page = await fetch(web.authorizeUrl({ code_challenge: undefined }), {
      redirect: 'manual',
    });
    expect(page.headers.get('location')).toBeNull();
    expect(await page.text()).toContain('https://client.example/cb?error=invalid_request');
    // Any client can register the scheme of any app, and a link to this server would start it.
    const app = await registerClient(world.origin, { redirect_uris: ['com.example.app:/cb'] });
    const appPage = await fetch(app.authorizeUrl({ code_challenge: undefined }), {
      redirect: 'manual',
    });
    expect(appPage.headers.get('location')).toBeNull();
    expect(await appPage.text()).toContain('com.example.app:/cb?error=invalid_request');
  });

  describe('Deny', () => {
    const linkOf = (body: string): string =>
      (/<a class="button" href="([^"]+)"/.exec(body)?.[1] ?? '').replaceAll('&amp;', '&');

    it.each([
      ['https://evil.example/cb', 'evil.example'],
      ['https://evil.example:8443/cb?a=b', 'evil.example:8443'],
      ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp'],
      ['com.example.app:/oauth2redirect', 'com.example.app:'],
      ['vscode://publisher.extension/did-authenticate', 'vscode://publisher.extension'],
    ])(
      'FA-13: PX-26 AS-16 R-AZ-2 for %s shows a page that names it and links to the error redirect',
      async (uri, named) => {
        const client = await start({}, { redirect_uris: [uri] });
        const browser = createBrowser();
        const state = 'of <the> "client" & more';
        const page = await deny(browser, await browser.get(client.authorizeUrl({ state })));
        expect([page.status, page.next]).toEqual([403, undefined]);
        expect(page.body).toContain('You did not allow access');
        expect(page.body).toContain(`Continue to <bdi dir="ltr">${named}</bdi>`);
        const link = linkOf(page.body);
        expect(link.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}error=access_denied`)).toBe(
          true,
        );
        const sent = new URL(link).searchParams;
        expect([sent.get('state'), sent.get('iss')]).toEqual([state, world.origin]);
        expect(sent.getAll('error')).toHaveLength(1);
        expect(auth0Visits()).toBe(0);
        expect(world.events.map(({ type }) => type)).toContain('consent_denied');
      },
    );

    it.each(['http://127.0.0.1:45454/callback', 'http://localhost:1/cb', 'http://[::1]:9/cb'])(
      'FA-13: PX-26 redirects to %s at once',
      async (uri) => {
        const client = await start({}, { redirect_uris: [uri] });
        const browser = createBrowser();
        const page = await deny(browser, await browser.get(client.authorizeUrl()), {
          stopBefore: uri,
        });
        expect(page.status).toBe(303);
        expect(page.next?.searchParams.get('error')).toBe('access_denied');
      },
    );

    it.each([
      ['https://client.example/cb', 303],
      ['newapp://callback', 403],
    ])(
      'FA-13: PX-26 leads to %s of a pre-registered client at once, with status %i',
      async (uri, status) => {
        const clients = [{ clientId: 'by-hand', name: 'By hand', redirectUris: [uri] }];
        world = await startWorld({ options: { clients } });
        const client = oauthClient(world.origin, {
          id: 'by-hand',
          secret: undefined,
          redirectUri: uri,
        });
        const browser = createBrowser();
        const page = await deny(browser, await browser.get(client.authorizeUrl()), {
          stopBefore: uri,
        });
        expect(page.status).toBe(status);
        expect(page.next?.href.startsWith(`${uri}?error=access_denied`)).toBe(true);
      },
    );

    it('FA-13: is in the language of the consent page', async () => {
      const client = await start({}, HTTPS_CLIENT);
      const browser = createBrowser();
      const asked = await browser.get(client.authorizeUrl({ ui_locales: 'de' }));
      expect((await deny(browser, asked)).body).toContain('Sie haben den Zugang nicht erlaubt');
    });
  });

  it('AS-13 AS-14 R-AZ-1 a redirect URI that is not registered gets a page without a link', async () => {
    const client = await start({}, HTTPS_CLIENT);
    for (const redirectUri of [
      'https://client.example/cb/',
      'https://client.example/cb?x',
      'https://client.example/CB',
      'https://client.example/cb%2f',
      'https://sub.client.example/cb',
      'https://client.example@evil.example/cb',
      'javascript:alert(1)',
    ]) {
      const response = await fetch(client.authorizeUrl({ redirect_uri: redirectUri }), {
        redirect: 'manual',
      });
      expect(response.status).toBe(400);
      expect(response.headers.get('location')).toBeNull();
      expect(await response.text()).not.toContain('evil.example');
    }
  });

  it('HEAD has no effect', async () => {
    const client = await start({ consent: 'external' });
    const response = await fetch(client.authorizeUrl(), { method: 'HEAD', redirect: 'manual' });
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('serves a client that another instance registered', async () => {
    const client = await start();
    const copy = oauthClient(world.origin, client);
    expect(await copy.tokens()).toMatchObject({ token_type: 'Bearer' });
  });
});
