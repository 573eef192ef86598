/** What somebody could try with a link to connect an account, and what comes of it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { MIN_READING_MS } from '../../../lib/http/consent-prompt.js';
import { type Browser, createBrowser, type Page } from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import {
  asksToConnect,
  asksToSignIn,
  atProvider,
  CALENDAR,
  callerFor,
  connect,
  GOOGLE,
  openLink,
  pressConnect,
  startConnections,
  type ToolCaller,
  untilCallback,
} from '../../support/connected-accounts.js';
import { cookiesFor, signIn } from '../../support/connected-apps.js';
import { registerClient } from '../../support/oauth-client.js';
import { send, sendForm, sendJson } from '../../support/raw-http.js';
import type { World } from '../../support/world.js';

let world: World;
let browser: Browser;
let ada: ToolCaller;

beforeEach(async () => {
  world = await startConnections();
  browser = createBrowser();
  ada = await callerFor(world, ADA);
});
afterEach(() => world.close());

const apiCalls = (path: string) =>
  world.tenant.requests.filter((one) => one.path === `/me/v1/connected-accounts/${path}`);
const connected = () => world.events.filter(({ type }) => type === 'account_connected');

const respondJson = (status: number, body: Readonly<Record<string, unknown>>) =>
  ({
    kind: 'respond',
    ...{ status, body, headers: { 'content-type': 'application/json' } },
  }) as const;

function formIn(body: string): string {
  return /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
}

describe("another person's link", () => {
  it('does not connect the account of a victim who is signed in to the login of the attacker', async () => {
    const bob = await callerFor(world, BOB, 'Bot of Bob');
    const link = await bob.link();
    await signIn(browser, world.origin, ADA);
    const page = await browser.follow(link);
    expect(page.status).toBe(403);
    expect([asksToConnect(page), asksToSignIn(page)]).toEqual([false, true]);
    expect(page.body).toContain('this link was made for another user');
    expect(page.body).not.toContain('Bot of Bob');
    expect(apiCalls('connect')).toEqual([]);
    expect((await bob.call()).name).toBe('ConnectionRequiredError');
  });

  it('does not connect it after a sign-in at the link either', async () => {
    const bob = await callerFor(world, BOB);
    const page = await openLink(browser, await bob.link(), ADA);
    expect([page.status, asksToConnect(page)]).toEqual([403, false]);
    // The only way on is a login at Auth0 with the password.
    const login = await browser.submit(page, {});
    expect(login.url.origin).toBe(new URL(world.tenant.issuer).origin);
    expect(login.body).toContain('name="password"');
  });

  it('the form of another user, or for another link, is rejected', async () => {
    const bob = await callerFor(world, BOB);
    const bobs = createBrowser();
    const bobsPage = await openLink(bobs, await bob.link(), BOB);
    await openLink(browser, await ada.link(), ADA);
    const url = `${world.origin}/connected-accounts/connect`;
    const cookie = cookiesFor(browser, url);
    for (const form of [formIn(bobsPage.body), '', 'A'.repeat(200)]) {
      const response = await sendForm(url, { form, decision: 'connect' }, { cookie });
      expect([form.length, response.status]).toEqual([form.length, 403]);
    }
    const { headers } = await sendForm(
      url,
      { form: formIn(bobsPage.body), decision: 'connect' },
      {},
    );
    expect(headers.location).toBeUndefined();
    expect(apiCalls('connect')).toEqual([]);
  });

  it('a form from another site is rejected', async () => {
    const page = await openLink(browser, await ada.link());
    const url = `${world.origin}/connected-accounts/connect`;
    const fields = { form: formIn(page.body), decision: 'connect' };
    const cookie = cookiesFor(browser, url);
    for (const header of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      expect((await sendForm(url, fields, { cookie, ...header })).status).toBe(403);
    }
    expect(apiCalls('connect')).toEqual([]);
  });
});

describe('the link', () => {
  it('has no effect without a decision, however often it is opened', async () => {
    const link = await ada.link();
    for (let n = 0; n < 3; n += 1) expect(asksToConnect(await openLink(browser, link))).toBe(true);
    expect(apiCalls('connect')).toEqual([]);
    expect(asksToSignIn(await createBrowser().get(link))).toBe(true);
  });

  it('names neither the grant nor the user nor the connection in the clear', async () => {
    const link = await ada.link();
    const [grant] = await world.auth.grants.list({ subject: ADA.sub });
    const sealed = Buffer.from(new URL(link).searchParams.get('link') ?? '', 'base64url');
    for (const text of [String(grant?.id), ADA.sub, GOOGLE]) {
      expect(sealed.includes(text)).toBe(false);
    }
    expect(new URL(link).origin).toBe(world.origin);
  });

  it('works once', async () => {
    const link = await ada.link();
    const other = await openLink(createBrowser(), link);
    const page = await openLink(browser, link);
    expect(other.status).toBe(200);
    await connect(link, ADA, browser);
    const again = await pressConnect(browser, page);
    expect([again.status, again.body.includes('already submitted')]).toEqual([400, true]);
    expect(apiCalls('connect')).toHaveLength(1);
  });

  it('expires after a quarter of an hour, as does the page with its form', async () => {
    const link = await ada.link();
    const page = await openLink(browser, link);
    world.advance(14 * 60);
    await browser.get(link);
    world.advance(61);
    const expired = await browser.get(link);
    expect([expired.status, expired.body.includes('can no longer be used')]).toEqual([400, true]);
    expect((await pressConnect(browser, page)).status).toBe(400);
    expect(apiCalls('connect')).toEqual([]);
  });

  it('is rejected if it is forged, changed, repeated or missing', async () => {
    const link = new URL(await ada.link());
    const value = link.searchParams.get('link') ?? '';
    const page = `${world.origin}/connected-accounts/connect`;
    const changed = `${value.slice(0, 40)}${value[40] === 'A' ? 'B' : 'A'}${value.slice(41)}`;
    for (const query of [
      '',
      '?link=',
      '?link=x',
      `?link=${changed}`,
      `?link=${'A'.repeat(4000)}`,
    ]) {
      expect((await browser.get(page + query)).status).toBe(400);
    }
    expect((await browser.get(`${page}?link=${value}&link=${value}`)).status).toBe(400);
  });

  it('ends with its grant', async () => {
    const link = await ada.link();
    const page = await openLink(browser, link);
    await world.auth.grants.revokeAll({ subject: ADA.sub });
    expect((await browser.get(link)).status).toBe(400);
    expect((await pressConnect(browser, page)).status).toBe(400);
  });

  it('of a server with another key or issuer is rejected', async () => {
    const other = await startConnections({ options: { jwtSigningKey: 'k'.repeat(40) } });
    const { search } = new URL(await (await callerFor(other)).link());
    await other.close();
    const page = `${world.origin}/connected-accounts/connect`;
    expect((await browser.get(page + search)).status).toBe(400);
  });
});

describe('parameters', () => {
  it('that are sent twice, as arrays, as objects or in another type connect and remove nothing', async () => {
    await world.close();
    world = await startConnections({}, { users: [{ ...ADA, connectedAccounts: ['slack'] }] });
    ada = await callerFor(world, ADA);
    const page = await openLink(browser, await ada.link());
    const apps = await browser.get(`${world.origin}/connected-apps`);
    const account = /name="account" value="([^"]+)"/.exec(apps.body)?.[1] ?? '';
    const form = formIn(page.body);
    const base = `${world.origin}/connected-accounts`;
    const headers = { cookie: cookiesFor(browser, `${base}/connect`), origin: world.origin };
    const bodies: [string, string][] = [
      ['connect', `form=${form}&form=${form}&decision=connect`],
      ['connect', `form=${form}&decision=connect&decision=cancel`],
      ['connect', `form=${form}&decision[]=connect`],
      ['connect', `form[0]=${form}&decision=connect`],
      ['connect', `form=${form}&decision=CONNECT`],
      ['connect', `form=${form}`],
      ['sign-in', `form=${form}&form=${form}`],
      ['remove', `account=${account}&account=${account}`],
      ['remove', `account[id]=${account}`],
      ['remove', `account=${form}`],
      ['connect', `form=${account}&decision=connect`],
    ];
    for (const [path, body] of bodies) {
      const { status } = await send(`${base}/${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      expect([path, body.replaceAll(/[\w-]{40,}/g, '…'), status >= 400]).toEqual([
        ...[path, expect.any(String), true],
      ]);
    }
    const asJson = await sendJson(`${base}/connect`, { form, decision: 'connect' }, headers);
    expect(asJson.status).toBe(400);
    const inQuery = await send(`${base}/connect?form=${form}&decision=connect`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: '',
    });
    expect(inQuery.status).toBe(403);
    expect(apiCalls('connect')).toEqual([]);
    expect((await ada.call({ connection: 'slack' })).token).toBeDefined();
  });

  it('of the callback that are sent twice complete nothing', async () => {
    for (const name of ['connect_code', 'error', 'state']) {
      const callback = await untilCallback(world, browser, await ada.link());
      const twice = new URL(callback);
      twice.searchParams.append(name, twice.searchParams.get(name) ?? 'access_denied');
      twice.searchParams.append(name, 'x');
      expect([name, (await browser.get(twice)).status]).toEqual([name, 400]);
      expect(apiCalls('complete')).toEqual([]);
      // A repeated state finds no attempt, and uses up none.
      if (name === 'state') expect((await browser.get(callback)).status).toBe(200);
    }
    expect(connected()).toHaveLength(1);
  });

  it('HEAD, PUT and other methods have no effect', async () => {
    const link = await ada.link();
    await openLink(browser, link);
    const cookie = cookiesFor(browser, link);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status } = await send(link, { method, headers: { cookie } });
      expect([method, status < 500]).toEqual([method, true]);
    }
    expect(apiCalls('connect')).toEqual([]);
    expect((await connect(link, ADA, browser)).status).toBe(200);
  });
});

describe('a decision before the page can be read, as by the second half of a double click', () => {
  let time = Date.now();
  let step = 0;

  /** @returns the page with the decision, which has just appeared */
  async function shown(link?: string): Promise<Page> {
    step = MIN_READING_MS;
    const page = await openLink(browser, link ?? (await ada.link()));
    step = 0;
    return page;
  }

  beforeEach(async () => {
    await world.close();
    step = MIN_READING_MS;
    const nowMs = (): number => {
      time += step;
      return time;
    };
    world = await startConnections({ host: { minReadingMs: MIN_READING_MS, nowMs } });
    ada = await callerFor(world, ADA);
  });

  it.each([0, 500, 1499])(
    'FA-11: Connect after %i ms shows the page again, and connects nothing',
    async (ms) => {
      const page = await shown();
      time += ms;
      const again = await pressConnect(browser, page);
      expect([again.status, asksToConnect(again)]).toEqual([200, true]);
      expect(again.body).toContain('Nothing has been connected yet');
      expect(apiCalls('connect')).toEqual([]);
      time += MIN_READING_MS;
      expect((await atProvider(browser, await pressConnect(browser, again))).status).toBe(200);
    },
  );

  it('FA-11: an early Connect does not use the link up; Cancel is accepted at once', async () => {
    const link = await ada.link();
    const page = await shown(link);
    await pressConnect(browser, page);
    const button = { name: 'decision', value: 'cancel' };
    expect((await browser.submit(page, {}, { button })).status).toBe(200);
    expect((await pressConnect(browser, await shown(await ada.link()))).status).toBe(200);
    expect(apiCalls('connect')).toEqual([]);
  });
});

describe('the removal', () => {
  it('R-DP-6 from a page of another site is rejected', async () => {
    await connect(await ada.link(), ADA, browser);
    const page = await browser.get(`${world.origin}/connected-apps`);
    const account = /name="account" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const url = `${world.origin}/connected-accounts/remove`;
    const cookie = cookiesFor(browser, url);
    for (const header of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example' },
      { origin: 'https://evil.example' },
    ]) {
      expect((await sendForm(url, { account }, { cookie, ...header })).status).toBe(403);
    }
    expect((await ada.call()).token).toBeDefined();
    const own = { cookie, origin: world.origin, 'sec-fetch-site': 'same-origin' };
    expect((await sendForm(url, { account }, own)).status).toBe(303);
    expect((await ada.call()).name).toBe('ConnectionRequiredError');
  });
});

describe('the callback', () => {
  it('in another browser has no effect and does not use up the attempt', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const other = createBrowser();
    await signIn(other, world.origin, ADA);
    expect((await other.get(callback)).status).toBe(400);
    expect((await createBrowser().get(callback)).status).toBe(400);
    expect(apiCalls('complete')).toEqual([]);
    expect((await browser.get(callback)).status).toBe(200);
  });

  it('of an attacker does not connect their account to the login of a victim', async () => {
    const bob = await callerFor(world, BOB);
    const attack = await untilCallback(world, createBrowser(), await bob.link(), BOB);
    await openLink(browser, await ada.link());
    expect((await browser.get(attack)).status).toBe(400);
    // With the code of the attacker and the state of the victim, PKCE and Auth0's handle do not fit.
    const own = await untilCallback(world, browser, await ada.link('slack'));
    own.searchParams.set('connect_code', attack.searchParams.get('connect_code') ?? '');
    const refused = await browser.get(own);
    expect([refused.status, refused.body.includes('was not connected')]).toEqual([403, true]);
    expect(connected()).toEqual([]);
    expect((await ada.call()).name).toBe('ConnectionRequiredError');
  });

  it('a connect code works once', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    expect((await browser.get(callback)).status).toBe(200);
    const replayed = await browser.get(callback);
    expect([replayed.status, replayed.body.includes('can no longer be used')]).toEqual([400, true]);
    expect(apiCalls('complete')).toHaveLength(1);
    expect(connected()).toHaveLength(1);
  });

  it('of two callbacks at the same time one completes', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const pages = await Promise.all([browser.get(callback), browser.get(callback)]);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(apiCalls('complete')).toHaveLength(1);
  });

  it('with a forged, changed or missing state has no effect', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const state = callback.searchParams.get('state') ?? '';
    for (const forged of ['', 'x', 'A'.repeat(43), `${state.slice(0, 42)}A`, state.slice(0, 11)]) {
      const url = new URL(callback);
      url.searchParams.set('state', forged);
      expect((await browser.get(url)).status).toBe(400);
    }
    expect(apiCalls('complete')).toEqual([]);
    expect((await browser.get(callback)).status).toBe(200);
  });

  it('has no effect once another user is signed in to the browser, or none', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const cookies = cookiesFor(browser, callback.href);
    const withoutAccount = cookies
      .split('; ')
      .filter((cookie) => !cookie.includes('auth0-mcp-account'))
      .join('; ');
    const response = await send(callback.href, { headers: { cookie: withoutAccount } });
    expect(response.status).toBe(400);
    expect(apiCalls('complete')).toEqual([]);
  });

  it('has no effect once another user has signed in to the same browser', async () => {
    const bob = await callerFor(world, BOB);
    const callback = await untilCallback(world, browser, await ada.link());
    expect(asksToConnect(await openLink(browser, await bob.link(), BOB))).toBe(true);
    const refused = await browser.get(callback);
    expect([refused.status, apiCalls('complete').length]).toEqual([400, 0]);
    for (const caller of [ada, bob]) {
      expect((await caller.call()).name).toBe('ConnectionRequiredError');
    }
  });

  it('two attempts of one browser complete apart, and never with the code of the other', async () => {
    const google = await untilCallback(world, browser, await ada.link());
    const slack = await untilCallback(world, browser, await ada.link('slack'));
    const third = await untilCallback(world, browser, await ada.link());
    const mixed = new URL(third);
    mixed.searchParams.set('connect_code', slack.searchParams.get('connect_code') ?? '');
    expect((await browser.get(mixed)).status).toBe(403);
    const pages = await Promise.all([browser.get(google), browser.get(slack)]);
    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
    expect(connected().map((event) => 'connection' in event && event.connection)).toEqual(
      expect.arrayContaining([GOOGLE, 'slack']),
    );
    expect((await ada.call({ connection: 'slack' })).token).toMatch(/^slack\./);
    expect((await ada.call()).token).toMatch(/^google-oauth2\./);
  });

  it('arrives although other sites open any number of login forms meanwhile', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const client = await registerClient(world.origin);
    for (let n = 0; n < 20; n += 1) await browser.get(client.authorizeUrl());
    expect((await browser.get(callback)).status).toBe(200);
  });

  it('completes nothing for a grant that was revoked after the link was approved', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    await world.auth.grants.revokeAll({ subject: ADA.sub });
    const page = await browser.get(callback);
    expect([page.status, apiCalls('complete').length]).toEqual([400, 0]);
    expect(world.events.at(-1)).toMatchObject({ type: 'account_connection_failed' });
    expect(connected()).toEqual([]);
  });

  it('is an error if Auth0 connected another connection than the user approved', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const body = { id: 'cac_x', connection: 'slack', scopes: [] };
    world.tenant.fault('/me/v1/connected-accounts/complete', respondJson(201, body), 1);
    expect((await browser.get(callback)).status).toBe(500);
    expect(connected()).toEqual([]);
  });

  it('does not pass for the callback of a login, nor the reverse', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    const login = `${world.origin}/auth/callback${callback.search}&code=x`;
    expect((await browser.get(login)).status).toBe(400);
    expect((await browser.get(callback)).status).toBe(200);
  });

  it('is rejected once the session of the user has expired', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    world.advance(16 * 60);
    expect((await browser.get(callback)).status).toBe(400);
    expect(apiCalls('complete')).toEqual([]);
  });
});

describe('the pages', () => {
  it('PX-9 R-AZ-7 R-DP-6 forbid frames, caches and other origins', async () => {
    const link = await ada.link();
    await openLink(browser, link);
    const cookie = cookiesFor(browser, link);
    const url = `${world.origin}/connected-accounts`;
    const responses = [
      await send(link, { headers: {} }),
      await send(link, { headers: { cookie } }),
      await send(`${url}/connect`, { headers: {} }),
      await send(`${url}/callback?state=x&connect_code=y`, { headers: { cookie } }),
      await sendForm(`${url}/sign-in`, {}),
      await sendForm(`${url}/remove`, { account: 'x' }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 400, 400, 403, 403]);
    for (const { headers } of responses) {
      expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
      expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('R-AZ-17 show texts of Auth0 as text: scopes of accounts, reasons of a denial, names of users', async () => {
    const probe = '"><img src=x onerror=alert(1)>\u202e';
    const accounts = [{ id: 'cac_x', connection: GOOGLE, scopes: [probe] }];
    world.tenant.fault('/me/v1/connected-accounts/accounts', respondJson(200, { accounts }));
    const page = await signIn(browser, world.origin, ADA);
    expect(page.body).toContain('Connected accounts');
    const callback = await untilCallback(world, browser, await ada.link());
    callback.searchParams.delete('connect_code');
    callback.searchParams.set('error', 'access_denied');
    callback.searchParams.set('error_description', probe);
    const denied = await browser.get(callback);
    expect(denied.status).toBe(403);
    for (const { body } of [page, denied]) {
      expect(body).not.toMatch(/<img|\u202e/);
      expect(body).toContain('&lt;img');
    }
    expect(JSON.stringify(world.log)).not.toContain('\u202e');
  });

  it.each<[string, unknown, unknown]>([
    ['a script', 'javascript:alert(1)', 'ticket'],
    ['data', 'data:text/html,<script>alert(1)</script>', 'ticket'],
    ['a path', '//evil.example', 'ticket'],
    ['no address', undefined, 'ticket'],
    ['an object', { href: 'https://evil.example' }, 'ticket'],
    ['no ticket', 'https://tenant.example/connect', undefined],
    ['a ticket that is a list', 'https://tenant.example/connect', ['a', 'b']],
  ])('lead nowhere if Auth0 responds with %s', async (_name, connect_uri, ticket) => {
    const page = await openLink(browser, await ada.link());
    const body = { auth_session: 's', connect_uri, connect_params: { ticket }, expires_in: 300 };
    world.tenant.fault('/me/v1/connected-accounts/connect', respondJson(201, body), 1);
    const response = await browser.submit(
      page,
      {},
      { button: { name: 'decision', value: 'connect' }, stopBefore: () => true },
    );
    expect([response.status, response.next]).toEqual([503, undefined]);
  });

  it('R-AZ-17 a ticket cannot add parameters, fragments or headers to the redirect', async () => {
    const page = await openLink(browser, await ada.link());
    const ticket = 't&redirect=https://evil.example#x\r\nSet-Cookie: a=b';
    const connect_uri = `${world.tenant.issuer}connect?ticket=other&kept=1`;
    const body = { auth_session: 's', connect_uri, connect_params: { ticket }, expires_in: 300 };
    world.tenant.fault('/me/v1/connected-accounts/connect', respondJson(201, body), 1);
    const url = `${world.origin}/connected-accounts/connect`;
    const fields = { form: formIn(page.body), decision: 'connect' };
    const { headers } = await sendForm(url, fields, { cookie: cookiesFor(browser, url) });
    const location = new URL(headers.location ?? '');
    expect([...location.searchParams]).toEqual([
      ['ticket', ticket],
      ['kept', '1'],
    ]);
    expect(location.hash).toBe('');
    expect(JSON.stringify(headers['set-cookie'])).not.toContain('a=b');
  });

  it('R-AZ-17 show the name of a client as text', async () => {
    const probe = '"><img src=x onerror=alert(1)>\u202e';
    const page = await openLink(browser, await (await callerFor(world, ADA, probe)).link());
    expect(page.body).not.toMatch(/<img|\u202e/);
    expect(page.body).toContain('&lt;img');
    expect(page.body).toContain(CALENDAR);
  });

  it('are in the language of the browser', async () => {
    const link = await ada.link();
    const german = await send(link, { headers: { 'accept-language': 'de' } });
    expect(german.text).toContain('Ihr Konto bei <bdi>Google</bdi> verbinden?');
  });

  it('do not exist without the option', async () => {
    await world.close();
    world = await startConnections({ options: { connections: undefined } });
    const caller = await callerFor(world);
    for (const path of ['connect', 'callback', 'sign-in', 'remove']) {
      expect((await browser.get(`${world.origin}/connected-accounts/${path}`)).status).toBe(404);
    }
    expect(await caller.call()).toMatchObject({ name: 'Auth0McpConfigError' });
  });

  it('no secret is in the log, and no token in an event', async () => {
    const callback = await untilCallback(world, browser, await ada.link());
    await browser.get(callback);
    const { token = '' } = await ada.call();
    const text = JSON.stringify([world.log, world.events]);
    const tickets = world.tenant.requests.flatMap(({ query }) => String(query['ticket'] ?? []));
    expect(tickets.filter((ticket) => ticket !== '').length).toBeGreaterThan(0);
    const secrets = [token, ...tickets, ...callback.searchParams.values()];
    expect(secrets.filter((secret) => secret !== '' && text.includes(secret))).toEqual([]);
  });

  it('a denial at the provider is reported, and the link cannot be used again', async () => {
    const link = await ada.link();
    const page = await pressConnect(browser, await openLink(browser, link));
    const refused = await atProvider(browser, page, 'deny');
    expect([refused.status, refused.body.includes('was not connected')]).toEqual([403, true]);
    expect(world.events.at(-1)).toMatchObject({
      type: 'account_connection_failed',
      connection: GOOGLE,
      reason: 'denied',
    });
    expect((await ada.call()).name).toBe('ConnectionRequiredError');
  });
});
