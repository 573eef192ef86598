/** What somebody could try against the page of connected apps, and what comes of it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Browser, createBrowser, logIn, type Page } from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import { type CountingStorage, countingStorage } from '../../fuzz/counting-storage.js';
import {
  accountCookie,
  appsOn,
  asksToSignIn,
  cookiesFor,
  disconnect,
  grantField,
  letIn,
  pressSignIn,
  signIn,
  signOut,
  signOutField,
} from '../../support/connected-apps.js';
import { callTool, isConsentPage, registerClient } from '../../support/oauth-client.js';
import { type RawAnswer, send, sendForm } from '../../support/raw-http.js';
import { startWorld, type World } from '../../support/world.js';

let world: World;
let browser: Browser;
let store: CountingStorage;

beforeEach(async () => {
  store = countingStorage();
  world = await startWorld({ connectedApps: true, options: { storage: store } });
  browser = createBrowser();
});
afterEach(() => world.close());

const at = (path = ''): string => `${world.origin}/connected-apps${path}`;
const callback = (): string => `${world.origin}/auth/callback`;
const open = (who = browser): Promise<Page> => who.get(at());
const grantsOf = (subject: string) => world.auth.grants.list({ subject });

function auth0Visits(): number {
  return world.tenant.requests.filter(({ path }) => path === '/authorize').length;
}

/** A form post with the cookies of a browser and headers of the spec's own. */
function post(
  path: string,
  form: Record<string, string> | URLSearchParams,
  headers: Record<string, string> = {},
  who = browser,
): Promise<RawAnswer> {
  return sendForm(at(path), form, { cookie: cookiesFor(who, at()), ...headers });
}

/** The form of the sign-in page. */
function signInField(page: Page): string {
  return /name="form" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
}

/** One character in the middle is another one. */
function changed(value: string): string {
  const at = Math.floor(value.length / 2);
  return `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`;
}

/** From the sign-in button to Auth0 and as far as the callback, which is not visited. */
async function untilCallback(who: Browser, user = ADA): Promise<URL> {
  const atAuth0 = await pressSignIn(who, await open(who));
  const { next } = await logIn(who, atAuth0, user, { stopBefore: callback() });
  return next ?? new URL('about:blank');
}

const FROM_ELSEWHERE: [string, Record<string, string>][] = [
  ['from another site', { 'sec-fetch-site': 'cross-site' }],
  ['from a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
  ['from another origin', { origin: 'https://evil.example' }],
];

describe('a forged sign-in', () => {
  it.each(FROM_ELSEWHERE)('PX-8 a sign-in started %s is rejected', async (_how, headers) => {
    const form = signInField(await open());
    const size = store.size;
    const response = await post('/sign-in', { form }, headers);
    expect([response.status, response.headers.location]).toEqual([403, undefined]);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect([auth0Visits(), store.size]).toEqual([0, size]);
  });

  it('PX-8 a sign-in form that is missing, forged, of another browser or of another page is rejected', async () => {
    const own = signInField(await open());
    const other = signInField(await open(createBrowser()));
    const client = await registerClient(world.origin);
    const consent = await browser.get(client.authorizeUrl());
    const request = /name="request" value="([^"]+)"/.exec(consent.body)?.[1] ?? '';
    for (const form of ['', 'A'.repeat(120), other, request, changed(own), own.slice(0, -4)]) {
      const response = await post('/sign-in', { form });
      expect([form, response.status]).toEqual([form, 403]);
    }
    // Nor does a sign-in form pass for a consent.
    const approval = await browser.post(`${world.origin}/consent`, {
      request: own,
      decision: 'allow',
    });
    expect(approval.status).toBe(403);
    expect(auth0Visits()).toBe(0);
    expect((await post('/sign-in', { form: own })).status).toBe(303);
  });

  it('an expired sign-in page says to open it again', async () => {
    const page = await open();
    world.advance(601);
    const refused = await pressSignIn(browser, page);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain(`href="${at()}"`);
    expect((await pressSignIn(browser, await open())).body).toContain('name="password"');
  });

  it('PX-20 login CSRF: the attacker’s callback does not sign in the victim’s browser', async () => {
    const attacker = createBrowser();
    const response = await untilCallback(attacker, BOB);
    await open();
    world.tenant.clearRequests();
    const page = await browser.get(response);
    expect([page.status, page.next]).toEqual([400, undefined]);
    expect(world.tenant.requests).toEqual([]);
    expect(accountCookie(browser)).toBeUndefined();
    expect(asksToSignIn(await open())).toBe(true);
  });

  it('PX-20 session fixation: a login that the attacker starts and the victim finishes signs in neither', async () => {
    const attacker = createBrowser();
    const { next } = await attacker.submit(
      await open(attacker),
      {},
      { stopBefore: world.tenant.issuer },
    );
    const victims = await logIn(browser, await browser.follow(next ?? ''), ADA, {
      stopBefore: callback(),
    });
    expect((await browser.get(victims.next ?? '')).status).toBe(400);
    expect(accountCookie(browser)).toBeUndefined();
    expect(asksToSignIn(await open(attacker))).toBe(true);
  });

  it('PX-22 the same callback signs in once', async () => {
    const response = await untilCallback(browser);
    expect((await browser.get(response)).status).toBe(303);
    const cookie = accountCookie(browser);
    expect((await browser.get(response)).status).toBe(400);
    expect(accountCookie(browser)).toBe(cookie);
    expect(asksToSignIn(await open())).toBe(false);
  });

  it('a login for a client does not sign in to the page, although the callback is the same', async () => {
    const client = await registerClient(world.origin);
    await client.tokens({ browser });
    expect(accountCookie(browser)).toBeUndefined();
    expect(asksToSignIn(await open())).toBe(true);
  });

  it('a sign-in to the page issues no code and no grant', async () => {
    const response = await untilCallback(browser);
    const back = await browser.get(response);
    expect(back.next?.href).toBe(at());
    expect(await world.context.grants.list({ subject: ADA.sub }, 'all')).toEqual([]);
    expect(store.sizeOf('grant')).toBe(0);
  });
});

describe('session takeover', () => {
  it('fixation: every sign-in creates a session and ends the one before it', async () => {
    await signIn(browser, world.origin);
    const before = accountCookie(browser) ?? '';
    const old = { cookie: cookiesFor(browser, at()) };
    await untilSignedInAgain();
    expect(accountCookie(browser)).not.toBe(before);
    expect((await send(at(), { headers: old })).text).toContain('/connected-apps/sign-in');
    expect(asksToSignIn(await open())).toBe(false);
  });

  /** A second sign-in without signing out: from a page that was opened before the first. */
  async function untilSignedInAgain(): Promise<void> {
    const url = new URL(at());
    const kept = browser.cookies.all().filter(({ name }) => name.includes('account'));
    browser.cookies.store(
      url,
      kept.map(({ name }) => `${name}=x; Path=/; Max-Age=0`),
    );
    const page = await open();
    browser.cookies.store(
      url,
      kept.map(({ name, value }) => `${name}=${value}; Path=/`),
    );
    await pressSignIn(browser, page);
  }

  it('fixation: a session of the attacker in the victim’s browser does not become the victim’s', async () => {
    await letIn(world, 'Of Ada');
    const attacker = createBrowser();
    await signIn(attacker, world.origin, BOB);
    const page = await open();
    for (const { name, value } of attacker.cookies.all()) {
      if (name.includes('account')) {
        browser.cookies.store(new URL(at()), [`${name}=${value}; Path=/; HttpOnly`]);
      }
    }
    const victims = await logIn(browser, await pressSignIn(browser, page), ADA);
    expect(appsOn(victims)).toEqual(['Of Ada']);
    expect(appsOn(await open(attacker))).toEqual([]);
    expect(accountCookie(browser)).not.toBe(accountCookie(attacker));
  });

  it('PX-4 PX-12 a changed or forged cookie counts as absent, without a read of the store', async () => {
    await signIn(browser, world.origin);
    const { name, value } = browser.cookies.all().find((one) => one.name.includes('account')) ?? {
      name: '',
      value: '',
    };
    const [id = '', tag = ''] = value.split('.');
    const forged = [
      `${id}.${tag.slice(0, -1)}${tag.endsWith('A') ? 'B' : 'A'}`,
      `${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}.${tag}`,
      id,
      `${id}.`,
      `.${tag}`,
      `${id}.${id}.${tag}`,
      `s:${value}`,
      '../../x.y',
      'x'.repeat(4000),
      `${value}%00`,
    ];
    const calls = store.calls;
    for (const one of forged) {
      const response = await send(at(), { headers: { cookie: `${name}=${one}` } });
      expect([one, response.status]).toEqual([one, 200]);
      expect(response.text).toContain('/connected-apps/sign-in');
    }
    expect(store.calls).toBe(calls);
  });

  it('the cookies of a client’s login are not valid for the page, and the reverse', async () => {
    await signIn(browser, world.origin);
    const byName = new Map(browser.cookies.all().map(({ name, value }) => [name, value]));
    const account = [...byName.keys()].find((name) => name.includes('account')) ?? '';
    for (const [name, value] of byName) {
      if (name === account) continue;
      const response = await send(at(), { headers: { cookie: `${account}=${value}` } });
      expect(response.text).toContain('/connected-apps/sign-in');
    }
  });

  it('expires after a quarter of an hour without use, and after an hour in any case', async () => {
    await signIn(browser, world.origin);
    world.advance(14 * 60);
    expect(asksToSignIn(await open())).toBe(false);
    world.advance(15 * 60);
    expect(asksToSignIn(await open())).toBe(true);

    const busy = createBrowser();
    await signIn(busy, world.origin);
    for (let minutes = 0; minutes < 55; minutes += 11) {
      world.advance(11 * 60);
      expect(asksToSignIn(await open(busy))).toBe(false);
    }
    world.advance(5 * 60);
    expect(asksToSignIn(await open(busy))).toBe(true);
  });

  it('the forms of a page without its session have no effect', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    world.advance(16 * 60);
    const refused = await disconnect(browser, page, 'Own');
    expect(refused.status).toBe(403);
    expect(refused.body).toContain(`href="${at()}"`);
    expect(await app.status()).toBe(200);
  });

  it('another user of the same browser sees and ends only their own apps', async () => {
    const adas = await letIn(world, 'Of Ada');
    const bobs = await letIn(world, 'Of Bob', BOB);
    const adasPage = await signIn(browser, world.origin, ADA);
    await signOut(browser, adasPage);
    const bobsPage = await signIn(browser, world.origin, BOB);
    expect(appsOn(bobsPage)).toEqual(['Of Bob']);
    // The page Ada left open in another tab.
    expect((await disconnect(browser, adasPage, 'Of Ada')).status).toBe(403);
    expect((await signOut(browser, adasPage)).status).toBe(403);
    expect([await adas.status(), await bobs.status()]).toEqual([200, 200]);
    expect(asksToSignIn(await open())).toBe(false);
  });
});

describe('a forged disconnect', () => {
  it.each(FROM_ELSEWHERE)('PX-8 a disconnect %s is rejected', async (_how, headers) => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const grant = grantField(page, 'Own');
    expect((await post('/disconnect', { grant }, headers)).status).toBe(403);
    const form = signOutField(page);
    expect((await post('/sign-out', { form }, headers)).status).toBe(403);
    expect(await app.status()).toBe(200);
    expect(asksToSignIn(await open())).toBe(false);
  });

  it('a browser that sends no Origin, or Origin: null as our referrer policy causes, is accepted', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const kept = await post('/disconnect', { grant: grantField(page, 'Own') }, { origin: 'null' });
    expect([kept.status, await app.status()]).toEqual([303, 401]);
    expect((await post('/sign-out', { form: signOutField(page) })).status).toBe(200);
  });

  it('PX-8 a form that is missing, forged, of another form, session or user is rejected', async () => {
    const app = await letIn(world, 'Own');
    const foreign = await letIn(world, 'Of Bob', BOB);
    const page = await signIn(browser, world.origin);
    const elsewhere = createBrowser();
    const other = await signIn(elsewhere, world.origin);
    const bob = createBrowser();
    const bobs = await signIn(bob, world.origin, BOB);
    const [grant] = await grantsOf(ADA.sub);
    const [bobsGrant] = await grantsOf(BOB.sub);
    const own = grantField(page, 'Own');
    for (const forged of [
      '',
      'A'.repeat(80),
      // The ids themselves, which a token names.
      grant?.id ?? '',
      bobsGrant?.id ?? '',
      // Of the same person in another browser, and of somebody else.
      grantField(other, 'Own'),
      grantField(bobs, 'Of Bob'),
      signOutField(page),
      changed(own),
      own.slice(0, -4),
    ]) {
      const response = await post('/disconnect', { grant: forged });
      expect([forged, response.status]).toEqual([forged, 403]);
    }
    for (const form of ['', own, signOutField(other), signOutField(bobs)]) {
      expect((await post('/sign-out', { form })).status).toBe(403);
    }
    expect([await app.status(), await foreign.status()]).toEqual([200, 200]);
    expect(asksToSignIn(await open())).toBe(false);
    expect((await post('/disconnect', { grant: own })).status).toBe(303);
    expect([await app.status(), await foreign.status()]).toEqual([401, 200]);
  });

  it('the grant field of the form is not valid elsewhere', async () => {
    const { client, status } = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const value = grantField(page, 'Own');
    const [grant] = await grantsOf(ADA.sub);
    expect(page.body).not.toContain(String(grant?.id));
    await client.post('/revoke', { token: value, client_id: client.id });
    expect((await client.refresh(value)).status).toBe(400);
    expect((await client.redeem(value)).status).toBe(400);
    expect((await callTool(world.mcp, value, 'whoami')).status).toBe(401);
    await world.auth.grants.revoke(value);
    expect(await status()).toBe(200);
  });

  it('a second disconnect in a parallel tab has no effect', async () => {
    const one = await letIn(world, 'One');
    const other = await letIn(world, 'Other');
    const page = await signIn(browser, world.origin);
    const again = await open();
    const [first, second] = await Promise.all([
      disconnect(browser, page, 'One'),
      disconnect(browser, again, 'One'),
    ]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect((await disconnect(browser, page, 'One')).status).toBe(200);
    expect([await one.status(), await other.status()]).toEqual([401, 200]);
    const revoked = world.events.filter(({ type }) => type === 'grant_revoked');
    expect(revoked).toHaveLength(1);
  });

  it('R-AZ-3 a repeated field is rejected', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const grant = grantField(page, 'Own');
    for (const [path, name, value] of [
      ['/disconnect', 'grant', grant],
      ['/sign-out', 'form', signOutField(page)],
    ] as const) {
      const twice = new URLSearchParams([
        [name, value],
        [name, value],
      ]);
      expect((await post(path, twice)).status).toBe(400);
    }
    const form = signInField(await open(createBrowser()));
    const twice = new URLSearchParams({ form });
    twice.append('form', form);
    expect((await post('/sign-in', twice)).status).toBe(400);
    expect(await app.status()).toBe(200);
    expect(asksToSignIn(await open())).toBe(false);
  });

  it('R-AZ-9 a POST is redirected with 303; other methods have no effect', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const cookie = cookiesFor(browser, at());
    const query = `?grant=${grantField(page, 'Own')}&form=${signOutField(page)}`;
    const calls = store.calls;
    for (const path of ['/sign-in', '/disconnect', '/sign-out']) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await send(at(path) + query, { method, headers: { cookie } });
        expect([path, method, response.status]).toEqual([path, method, 405]);
        expect(response.headers.allow).toBe('POST');
      }
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await send(at() + query, { method, headers: { cookie } });
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    expect(store.calls).toBe(calls);
    expect(await app.status()).toBe(200);
    const done = await post('/disconnect', { grant: grantField(page, 'Own') });
    expect([done.status, done.headers.location]).toEqual([303, at()]);
  });

  it('HEAD returns no page, reads nothing and sets no cookie', async () => {
    await signIn(browser, world.origin);
    const calls = store.calls;
    const headers = { cookie: cookiesFor(browser, at()) };
    const response = await send(at(), { method: 'HEAD', headers });
    expect([response.status, response.text, response.headers['set-cookie']]).toEqual([
      200,
      '',
      undefined,
    ]);
    expect(store.calls).toBe(calls);
  });

  it('a body of a megabyte, or of another type, is rejected at once', async () => {
    await signIn(browser, world.origin);
    const calls = store.calls;
    for (const path of ['/sign-in', '/disconnect', '/sign-out']) {
      const big = await post(path, { grant: 'x'.repeat(1_000_000) });
      expect([path, big.status]).toEqual([path, 413]);
      const json = await send(at(path), {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: cookiesFor(browser, at()) },
        body: '{"grant":"x"}',
      });
      expect([path, json.status]).toEqual([path, 400]);
    }
    expect(store.calls).toBe(calls);
  });
});

describe('attacks on the user of the page', () => {
  it('redirects only to Auth0 and back, whatever the query', async () => {
    const query = new URLSearchParams({
      returnTo: 'https://evil.example',
      redirect_uri: 'https://evil.example',
      next: '//evil.example',
      prompt: 'none',
      connection: 'evil',
      ui_locales: 'de',
    });
    const page = await browser.get(`${at()}?${query}`);
    const action = /action="([^"]+)"/.exec(page.body)?.[1];
    expect(action).toBe(at('/sign-in'));
    const response = await browser.post(`${at('/sign-in')}?${query}`, { form: signInField(page) });
    expect(response.next?.href.startsWith(`${world.tenant.issuer}authorize?`)).toBe(true);
    expect(response.next?.href).not.toContain('evil');
    expect(response.next?.searchParams.has('prompt')).toBe(false);
    const back = await logIn(browser, await browser.follow(response.next ?? ''), ADA);
    expect(back.url.href).toBe(at());
  });

  it('PX-9 R-AZ-7 R-AZ-10 R-DP-6 every response forbids frames, caches and other origins', async () => {
    await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const cookie = cookiesFor(browser, at());
    const headers = { origin: world.origin, cookie };
    const responses = [
      await send(at(), { headers: { origin: 'https://x.example' } }),
      await send(at(), { headers: { ...headers, origin: 'https://x.example' } }),
      await send(at('/disconnect'), { headers }),
      await sendForm(at('/disconnect'), { grant: 'x' }, headers),
      await sendForm(at('/sign-in'), {}, headers),
      await sendForm(at('/sign-out'), { form: signOutField(page) }, headers),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 405, 403, 403, 200]);
    for (const response of responses) {
      expect(response.headers['content-type']).toMatch(/^text\/html/);
      expect(response.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
      expect(response.headers['content-security-policy']).toMatch(/default-src 'none'/);
      expect(response.headers).toMatchObject({
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('R-AZ-17 shows the names of client and user as text', async () => {
    const probe = '<img src=x onerror=alert(1)>';
    world.tenant.configure({ users: [{ ...ADA, email: `"><script>@example.com`, name: probe }] });
    const user = { email: `"><script>@example.com`, password: ADA.password };
    await letIn(world, probe, user);
    const page = await signIn(browser, world.origin, user);
    expect(page.body).not.toMatch(/<img|<script/);
    expect(page.body).toContain('&lt;img');
    const after = await disconnect(browser, page, appsOn(page)[0] ?? '');
    expect(after.body).toContain('role="status"');
    expect(after.body).not.toMatch(/<img|<script/);
  });

  it('opening the page, however often, stores nothing and does not redirect to Auth0', async () => {
    const size = store.size;
    const calls = store.calls;
    for (let n = 0; n < 20; n += 1) {
      const { headers, status } = await send(at());
      expect(status).toBe(200);
      expect(headers['set-cookie']).toHaveLength(1);
      expect(headers['set-cookie']?.[0]).toMatch(
        /^auth0-mcp-[\w-]{6}-[\w-]{11}=[\w-]{22}; Max-Age=600; Path=\//,
      );
    }
    expect([store.size, store.calls, auth0Visits()]).toEqual([size, calls, 0]);
  });

  it('does not bypass the consent page', async () => {
    await signIn(browser, world.origin);
    const client = await registerClient(world.origin, {
      redirect_uris: ['https://client.example/cb'],
    });
    expect(isConsentPage(await browser.get(client.authorizeUrl()))).toBe(true);
  });
});

describe('the cookies', () => {
  it('PX-10 PX-11 have __Host-, Secure, HttpOnly and SameSite', async () => {
    await world.close();
    world = await startWorld({
      connectedApps: true,
      options: { baseUrl: 'https://mcp.example.test' },
      tenant: { callbackUrls: ['https://mcp.example.test/auth/callback'] },
    });
    const page = await send(at());
    const form = /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const cookie = page.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const departed = await sendForm(at('/sign-in'), { form }, { cookie });
    // Marked as approved, so that forms of other sites do not evict it.
    expect(departed.headers['set-cookie']?.[0]?.split(';')[0]).toBe(cookie.replace('=', '=.'));
    const { next } = await logIn(
      browser,
      await browser.follow(String(departed.headers.location)),
      ADA,
      { stopBefore: 'https://mcp.example.test/' },
    );
    const response = await send(`${callback()}${next?.search}`, {
      headers: { cookie },
    });
    expect(response.headers.location).toBe('https://mcp.example.test/connected-apps');
    const all = [page, departed, response].flatMap(({ headers }) => headers['set-cookie'] ?? []);
    expect(all.map((line) => line.split('=')[0])).toEqual([
      expect.stringMatching(/^__Host-auth0-mcp-[\w-]{6}-[\w-]{11}$/),
      expect.stringMatching(/^__Host-auth0-mcp-[\w-]{6}-[\w-]{11}$/),
      expect.stringMatching(/^__Host-auth0-mcp-account-[\w-]{8}$/),
    ]);
    for (const line of all) {
      expect(line).toMatch(/; Path=\/;.*; HttpOnly; Secure; SameSite=Lax$/);
      expect(line).not.toMatch(/Domain/i);
    }
  });
});
