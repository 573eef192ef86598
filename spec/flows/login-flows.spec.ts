/** One cookie for each login: parallel and later logins of one browser, and decisions that count once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';
import {
  approve,
  type Browser,
  completeLogin,
  createBrowser,
  deny,
  type Page,
} from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { appsOn, cookiesFor, pressSignIn, signIn } from '../support/connected-apps.js';
import { isLong } from '../support/mode.js';
import { isConsentPage, type OAuthClient, registerClient } from '../support/oauth-client.js';
import { startRedis } from '../support/redis-server.js';
import { until } from '../support/upstream.js';
import { watchStorage } from '../support/watched-storage.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

jest.setTimeout(60_000);

const WEB = { client_name: 'Web client', redirect_uris: ['https://client.example/cb'] };
const EXPIRED = 'This sign-in has expired';

const worlds: World[] = [];
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const world of worlds.splice(0)) await world.close();
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function start(
  options: Partial<Auth0McpOptions> = {},
  more: WorldOptions = {},
): Promise<World> {
  const world = await startWorld({ options, connectedApps: true, ...more });
  worlds.push(world);
  return world;
}

/** `/authorize` responds after 80 ms, so that requests of several tabs overlap. */
const SLOW: WorldOptions = {
  before(app) {
    app.use('/authorize', (_req, _res, next) => void setTimeout(next, 80));
  },
};

/** Moves the clocks of browser, server, store and Auth0, together. */
function moveClocks(): (seconds: number) => void {
  const realNow = Date.now.bind(Date);
  let offset = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + offset * 1000);
  return (seconds) => {
    offset += seconds;
  };
}

/** The page after an authorization request with the client's `state`. */
function open(browser: Browser, client: OAuthClient, state: string): Promise<Page> {
  return browser.follow(client.authorizeUrl({ state }), { stopBefore: client.redirectUri });
}

/** From any page of a login to the client's redirect URI. */
async function finish(browser: Browser, page: Page, client: OAuthClient): Promise<URLSearchParams> {
  const last = await completeLogin(browser, page, ADA, { stopBefore: client.redirectUri });
  if (last.next === undefined) throw new Error(`${last.status} ${last.body.slice(0, 400)}`);
  return last.next.searchParams;
}

const codesOf = (responses: readonly URLSearchParams[]): string[] =>
  responses.map((response) => `${response.get('state')} ${response.has('code')}`);

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

const everyGap = [0, 30, 60, 100].flatMap((gapMs) => [2, 4].map((tabs) => [tabs, gapMs] as const));
const someGaps = [[4, 0] as const, [2, 60] as const];

describe.each(['always', 'remember', 'external'] as const)(
  "logins that begin at the same moment, with consent: '%s'",
  (consent) => {
    it.each(isLong ? everyGap : someGaps)(
      'FA-7 PX-28 %i tabs opened %i ms apart in a browser without a cookie each end in a code',
      async (tabs, gapMs) => {
        const world = await start({ consent }, SLOW);
        const client = await registerClient(world.origin, WEB);
        const browser = createBrowser();
        const pages = await Promise.all(
          range(tabs).map(async (tab) => {
            await sleep(tab * gapMs);
            return open(browser, client, `tab${tab}`);
          }),
        );
        const ends: URLSearchParams[] = [];
        for (const page of pages) ends.push(await finish(browser, page, client));
        expect(codesOf(ends)).toEqual(range(tabs).map((tab) => `tab${tab} true`));
      },
    );

    it('FA-7 in parallel at each step, twice, they each end in a code', async () => {
      const world = await start({ consent }, SLOW);
      const client = await registerClient(world.origin, WEB);
      const browser = createBrowser();
      for (const round of ['first', 'second']) {
        const pages = await Promise.all(range(4).map((tab) => open(browser, client, round + tab)));
        const ends = await Promise.all(pages.map((page) => finish(browser, page, client)));
        expect(codesOf(ends)).toEqual(range(4).map((tab) => `${round}${tab} true`));
      }
    });

    it('FA-7 of two servers on one host do not end each other, on any port and path', async () => {
      const [one, two] = [
        await start({ consent }, SLOW),
        await start({ consent }, { ...SLOW, basePath: '/api' }),
      ];
      const browser = createBrowser();
      const clients = await Promise.all([
        registerClient(one.origin, WEB),
        registerClient(`${two.origin}/api`, WEB),
      ]);
      const pages = await Promise.all(clients.map((client, at) => open(browser, client, `${at}`)));
      const ends = await Promise.all(
        clients.map((client, at) => finish(browser, pages[at] as Page, client)),
      );
      expect(codesOf(ends)).toEqual(['0 true', '1 true']);
    });
  },
);

describe('parallel logins', () => {
  it('FA-7 a restored session with many tabs completes the login in each of them', async () => {
    const world = await start({}, SLOW);
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    await finish(browser, await open(browser, client, 'before'), client);
    const pages = await Promise.all(range(10).map((tab) => open(browser, client, `${tab}`)));
    const ends = await Promise.all(pages.map((page) => finish(browser, page, client)));
    expect(codesOf(ends)).toEqual(range(10).map((tab) => `${tab} true`));
  });

  it('FA-7 sign-ins to connected apps in two tabs and the login of a client do not end each other', async () => {
    const world = await start({}, SLOW);
    const client = await registerClient(world.origin, WEB);
    const browser = createBrowser();
    const url = `${world.origin}/connected-apps`;
    const [consent, ...pages] = await Promise.all([
      open(browser, client, 'client'),
      browser.follow(url),
      browser.follow(url),
    ]);
    const stopBefore = world.tenant.issuer;
    const departed = await Promise.all(
      pages.map((page) => pressSignIn(browser, page, { stopBefore })),
    );
    expect((await finish(browser, consent, client)).has('code')).toBe(true);
    for (const { next } of departed) {
      expect(appsOn(await browser.follow(next ?? ''))).toEqual([]);
    }
  });

  it('PX-20 the form and the callback of one flow do not work with the cookie of another', async () => {
    const world = await start();
    const client = await registerClient(world.origin);
    const [ada, eve] = [createBrowser(), createBrowser()];
    const page = await open(ada, client, 'ada');
    await finish(eve, await open(eve, client, 'eve'), client);
    const [adas = '', eves = ''] = [ada, eve].map((one) => cookiesFor(one, world.origin));
    const [name] = adas.split('=');
    const [, value] = eves.split('=');
    const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    for (const cookie of ['', eves, `${name}=${value}`, `${name}=`, adas.slice(0, -1)]) {
      const response = await fetch(`${world.origin}/consent`, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie },
        body: new URLSearchParams({ request, decision: 'allow' }),
      });
      expect(response.status).toBe(403);
    }
    const stopBefore = `${world.origin}/auth/callback`;
    const { next } = await completeLogin(ada, page, ADA, { stopBefore });
    for (const cookie of ['', eves, `${name}=${value}`, `${name}=`, adas.slice(0, -1)]) {
      const answer = await fetch(next ?? '', { redirect: 'manual', headers: { cookie } });
      expect(answer.status).toBe(400);
    }
    expect((await ada.get(next ?? '')).next?.searchParams.has('code')).toBe(true);
  });

  it.each(['always', 'external'] as const)(
    "PX-12 no session is created with consent: '%s', and none is remembered for an app on this device",
    async (consent) => {
      const keys: string[] = [];
      const before = (_verb: string, key: string): void => void keys.push(key);
      const world = await start({ consent, storage: watchStorage(memoryStorage(), { before }) });
      const browser = createBrowser();
      for (const metadata of [WEB, {}]) {
        const client = await registerClient(world.origin, metadata);
        await finish(browser, await open(browser, client, 's'), client);
      }
      await signIn(browser, world.origin);
      expect(keys.filter((key) => key.includes(':session:'))).toEqual([]);
      expect(cookiesFor(browser, world.origin)).not.toContain('session');
    },
  );
});

describe.each(['always', 'remember', 'external'] as const)(
  "the time for a login at Auth0, with consent: '%s'",
  (consent) => {
    it.each([
      ['after a first one that was abandoned', false],
      ['after a first one that succeeded', true],
    ])('FA-8 is ten minutes %s', async (_name, succeeds) => {
      const move = moveClocks();
      const world = await start({ consent });
      const client = await registerClient(world.origin, WEB);
      const stopBefore = `${world.origin}/auth/callback`;
      const arrivals: string[] = [];
      for (const wait of [30, 400, 800, 890]) {
        for (const stay of [30, 300, 590, 610]) {
          const browser = createBrowser();
          const first = await open(browser, client, 'first');
          if (succeeds) await finish(browser, first, client);
          else if (isConsentPage(first)) await approve(browser, first);
          move(wait);
          const url = client.authorizeUrl({ state: 'second' });
          const second = await browser.follow(url, { stopBefore });
          // Auth0 redirects a user with a session back at once; the time passes all the same.
          const { next } = await completeLogin(browser, second, ADA, { stopBefore });
          move(stay);
          const end = await browser.get(next ?? '');
          const isExpired = end.status === 400 && end.body.includes(EXPIRED);
          const hasCode = end.next?.searchParams.has('code') === true;
          arrivals.push(`${wait} ${stay} ${hasCode ? 'code' : isExpired ? 'expired' : end.status}`);
          move(1000);
        }
      }
      const expected = [30, 400, 800, 890].flatMap((wait) =>
        [30, 300, 590, 610].map((stay) => `${wait} ${stay} ${stay < 600 ? 'code' : 'expired'}`),
      );
      expect(arrivals).toEqual(expected);
    });

    it.each([610, 16 * 60, 21 * 60, 2 * 3600])(
      'FA-9 has expired after %i s, and the page says so, in this browser',
      async (seconds) => {
        const move = moveClocks();
        const world = await start({ consent });
        const client = await registerClient(world.origin, WEB);
        const browser = createBrowser();
        const stopBefore = `${world.origin}/auth/callback`;
        const page = await open(browser, client, 's');
        const { next } = await completeLogin(browser, page, ADA, { stopBefore });
        move(seconds);
        const { status, body } = await browser.get(next ?? '');
        expect(status).toBe(400);
        // Between 15 and 20 minutes an expired cookie looks like another browser.
        if (seconds !== 16 * 60) expect(body).toContain(EXPIRED);
      },
    );
  },
);

describe('a consent page that stays open', () => {
  it.each([
    ['605 s', 605, false],
    ['605 s, by the clock of the browser too', 605, true],
    ['an hour, by the clock of the browser too', 3600, true],
  ])('FA-9 for %s says that it has expired and how to start again', async (_n, seconds, both) => {
    const move = both ? moveClocks() : undefined;
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const consent = await open(browser, client, 's');
    const signInPage = await browser.follow(`${world.origin}/connected-apps`);
    (move ?? world.advance)(seconds);
    for (const page of [
      await approve(browser, consent),
      await deny(browser, consent),
      await pressSignIn(browser, signInPage),
    ]) {
      expect(page.status).toBe(403);
      expect(page.body).toContain(EXPIRED);
      expect(page.body).toContain('start again');
      expect(page.body).not.toMatch(/somewhere else|cookie/i);
    }
    expect(world.events).toEqual([expect.objectContaining({ type: 'client_registered' })]);
  });

  it('FA-9 is valid until its last second', async () => {
    const move = moveClocks();
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    move(595);
    expect((await finish(browser, page, client)).has('code')).toBe(true);
  });
});

describe('abandoned approvals', () => {
  it('FA-14 in any number block no browser; the cookies stay within 1 kB', async () => {
    const world = await start({ consent: 'remember' });
    const client = await registerClient(world.origin, WEB);
    const browser = createBrowser();
    await finish(browser, await open(browser, client, 'remembered'), client);
    await signIn(browser, world.origin);
    const other = await registerClient(world.origin);
    for (let n = 0; n < 45; n += 1) {
      const page = await approve(browser, await open(browser, other, `${n}`), {
        stopBefore: world.tenant.issuer,
      });
      expect(page.status).toBe(303);
    }
    const ours = browser.cookies.all().filter(({ name }) => name.startsWith('auth0-mcp-'));
    // Behind https each name begins with `__Host-`.
    const bytes = ours.reduce((sum, { name, value }) => sum + name.length + value.length + 10, 0);
    expect(ours.length).toBeGreaterThan(10);
    expect(bytes).toBeLessThan(1000);
    expect((await finish(browser, await open(browser, other, 'last'), other)).get('state')).toBe(
      'last',
    );
  });

  it('FA-14 the newest form replaces the oldest, and the others continue', async () => {
    const move = moveClocks();
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const pages: Page[] = [];
    for (const tab of range(14)) {
      pages.push(await open(browser, client, `${tab}`));
      move(1);
    }
    for (const tab of range(2)) {
      const form = await approve(browser, pages[tab] as Page);
      expect([form.status, form.body]).toEqual([403, expect.stringContaining(EXPIRED)]);
    }
    for (const tab of range(14).slice(2)) {
      const response = await finish(browser, pages[tab] as Page, client);
      expect(response.get('state')).toBe(`${tab}`);
    }
  });

  it.each([1, 4, 8])(
    'FA-14 forms replace none of the last eight logins that are pending at Auth0: %i of them',
    async (waiting) => {
      const move = moveClocks();
      const world = await start();
      const [client, other] = [
        await registerClient(world.origin),
        await registerClient(world.origin, WEB),
      ];
      const browser = createBrowser();
      const stopBefore = `${world.origin}/auth/callback`;
      const returning: URL[] = [];
      for (const tab of range(waiting)) {
        const page = await open(browser, client, `${tab}`);
        returning.push((await completeLogin(browser, page, ADA, { stopBefore })).next as URL);
        move(1);
      }
      // A popup of another site opens them one after the other.
      const forms: Page[] = [];
      for (const tab of range(24)) {
        forms.push(await open(browser, other, `form${tab}`));
        move(1);
      }
      for (const url of returning) {
        expect((await browser.get(url)).next?.searchParams.has('code')).toBe(true);
      }
      for (const form of forms.slice(-4)) {
        expect((await finish(browser, form, other)).has('code')).toBe(true);
      }
    },
  );

  it('FA-14 newer approved logins replace the oldest one that is pending at Auth0', async () => {
    const move = moveClocks();
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const returning: URL[] = [];
    for (const tab of range(14)) {
      const page = await open(browser, client, `${tab}`);
      returning.push((await completeLogin(browser, page, ADA, { stopBefore })).next as URL);
      move(1);
    }
    for (const [tab, url] of returning.entries()) {
      const { status, body, next } = await browser.get(url);
      if (tab < 2) expect([status, body]).toEqual([400, expect.stringContaining(EXPIRED)]);
      else expect(next?.searchParams.get('state')).toBe(`${tab}`);
    }
  });

  it('FA-14 forms that other sites post to /authorize count like links: the browser sends no cookies with them', async () => {
    const world = await start({ consent: 'remember' });
    const client = await registerClient(world.origin, WEB);
    const other = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    const stopBefore = `${world.origin}/auth/callback`;
    const { next } = await completeLogin(browser, page, ADA, { stopBefore });
    const form = new URL(other.authorizeUrl({ state: 'ä&= +%' }));
    const fields = Object.fromEntries(form.searchParams);
    const url = `${world.origin}/authorize`;
    let last: Page | undefined;
    for (const _ of range(40)) last = await browser.post(url, fields, 'https://evil.example/');
    expect(last?.next?.search).toBe(form.search);
    const consent = await browser.follow(last?.next ?? '');
    const bytes = cookiesFor(browser, world.origin).length;
    expect(bytes).toBeLessThan(1000);
    expect((await browser.get(next ?? '')).next?.searchParams.has('code')).toBe(true);
    expect((await finish(browser, consent, other)).get('state')).toBe('ä&= +%');
  });

  it.each([
    ['repeated parameters', 'client_id=a&client_id=b', 400],
    ['no parameters', '', 400],
    ['more than fits into a URL', `state=${'x'.repeat(8200)}`, 413],
  ])('FA-14 a form with %s gets the response of such a link', async (_name, body, status) => {
    const world = await start();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'https://evil.example',
    };
    const response = await fetch(`${world.origin}/authorize`, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('FA-14 cookies of another server, of the app, and with invalid ids stay', async () => {
    const [one, two] = [await start(), await start()];
    const browser = createBrowser();
    const [client, neighbour] = await Promise.all([
      registerClient(one.origin),
      registerClient(two.origin),
    ]);
    const page = await open(browser, neighbour, 'neighbour');
    browser.cookies.store(new URL(one.origin), ['sid=app; Path=/', 'auth0-mcp-x=y; Path=/']);
    for (const tab of range(30)) await open(browser, client, `${tab}`);
    expect((await finish(browser, page, neighbour)).has('code')).toBe(true);
    expect(cookiesFor(browser, one.origin)).toMatch(/(^|; )sid=app;.* auth0-mcp-x=y/);
  });
});

/** The kinds of stores that an app may have, each new. */
const STORES: Readonly<Record<string, () => Promise<Storage>>> = {
  memory: async () => memoryStorage(),
  async embedded() {
    const directory = await mkdtemp(join(tmpdir(), 'login-flows-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    return embeddedStorage({ directory });
  },
  async Redis() {
    const redis = await startRedis();
    cleanUps.push(() => redis.remove());
    return redisStorage({ url: redis.url });
  },
};

describe.each(Object.entries(STORES))('FA-12 a decision, on the %s store,', (_name, makeStore) => {
  async function begin() {
    const storage = await makeStore();
    const world = await start({ storage }, { instances: 2, storages: [storage, storage] });
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    const stopBefore = { stopBefore: (url: URL) => url.origin !== world.origin };
    return {
      world,
      client,
      browser,
      allow: () => approve(browser, page, stopBefore),
      deny: () => deny(browser, page, stopBefore),
      logins: () => world.events.filter(({ type }) => type === 'login_started').length,
    };
  }

  /** The page that says that the first submission counts. */
  function expectPage(page: Page): void {
    expect(page.next).toBeUndefined();
    expect(page.status).toBe(400);
    expect(page.body).toContain('You have already submitted this page');
  }

  it('counts once when it is sent again, also after its login is completed', async () => {
    const { world, client, browser, allow, logins } = await begin();
    const departed = await allow();
    expect(departed.status).toBe(303);
    expectPage(await allow());
    const back = await browser.follow(departed.next ?? '');
    expect((await finish(browser, back, client)).has('code')).toBe(true);
    for (let round = 0; round < 3; round += 1) {
      // The marker that outlives the login is written after the response.
      await sleep(20);
      expectPage(await allow());
    }
    expect(logins()).toBe(1);
    expect(world.events.filter(({ type }) => type === 'consent_given')).toHaveLength(1);
  });

  it('counts once of ten in parallel', async () => {
    const { browser, client, allow, logins, world } = await begin();
    const responses = await Promise.all(range(10).map(allow));
    const [departed, ...others] = responses.filter(({ status }) => status === 303);
    expect(others).toEqual([]);
    for (const page of responses) if (page !== departed) expectPage(page);
    expect(logins()).toBe(1);
    const back = await browser.follow(departed?.next ?? '');
    expect((await finish(browser, back, client)).has('code')).toBe(true);
    expect(world.events.filter(({ type }) => type === 'login_completed')).toHaveLength(1);
  });

  it('starts no login after Deny, and denies nothing after Allow', async () => {
    const denied = await begin();
    expect((await denied.deny()).body + (await denied.deny()).status).not.toContain('Auth0');
    expectPage(await denied.allow());
    expect(denied.logins()).toBe(0);
    const allowed = await begin();
    await allowed.allow();
    expectPage(await allowed.deny());
    expect(allowed.world.events.filter(({ type }) => type === 'consent_denied')).toEqual([]);
  });

  it('is one of the two where Allow and Deny arrive in parallel', async () => {
    const { allow, deny: refuse, world } = await begin();
    const responses = await Promise.all([allow(), refuse(), allow(), refuse()]);
    expect(responses.filter(({ status }) => status === 400)).toHaveLength(3);
    const decisions = world.events.filter(({ type }) => type.startsWith('consent_'));
    expect(decisions).toHaveLength(1);
  });
});

describe('FA-12 a form that was submitted', () => {
  it('links to the pending login at Auth0 after a double click on Allow, and starts no second one', async () => {
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    const stopBefore = world.tenant.issuer;
    const first = await approve(browser, page, { stopBefore });
    const second = await approve(browser, page);
    const link = /<a class="button" href="([^"]+)"[^>]*>Sign in</.exec(second.body)?.[1] ?? '';
    expect(link.replaceAll('&amp;', '&')).toBe(first.next?.href);
    const end = await finish(browser, await browser.follow(first.next ?? ''), client);
    expect(end.has('code')).toBe(true);
    await until(async () => !(await approve(browser, page)).body.includes('class="button"'));
    const { next } = await completeLogin(browser, await browser.follow(first.next ?? ''), ADA, {
      stopBefore: client.redirectUri,
    });
    expect(next).toBeUndefined();
  });

  it('is known as submitted until it expires, also after its login is completed', async () => {
    const move = moveClocks();
    const world = await start();
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    await finish(browser, page, client);
    for (const seconds of [1, 300, 290]) {
      move(seconds);
      expect((await approve(browser, page)).next).toBeUndefined();
    }
    expect(world.events.filter(({ type }) => type === 'login_started')).toHaveLength(1);
  });

  it('the button of connected apps starts one login for any number of clicks', async () => {
    const world = await start();
    const browser = createBrowser();
    const page = await browser.follow(`${world.origin}/connected-apps`);
    const stopBefore = world.tenant.issuer;
    const responses = await Promise.all(
      range(4).map(() => pressSignIn(browser, page, { stopBefore })),
    );
    expect(responses.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400]);
    expect(world.events.filter(({ type }) => type === 'sign_in_started')).toHaveLength(1);
  });
});

describe('FA-12 a decision during an outage', () => {
  /** The store fails at these verbs, before or after the operation. */
  function failing() {
    const state: { verbs: string[]; when: 'before' | 'after' } = { verbs: [], when: 'before' };
    const fail = (when: string, verb: string, key: string): void => {
      if (state.when === when && state.verbs.includes(verb) && key.includes(':login:')) {
        throw new StorageUnavailableError('the spec has taken it away');
      }
    };
    const storage = watchStorage(memoryStorage(), {
      before: (verb, key) => fail('before', verb, key),
      after: (verb, key) => fail('after', verb, key),
    });
    return { state, storage };
  }

  it.each(['before', 'after'] as const)(
    'of the store, which fails %s the write, is not lost: 503, and the same form continues the login',
    async (when) => {
      const { state, storage } = failing();
      const world = await start({ storage });
      const client = await registerClient(world.origin);
      const browser = createBrowser();
      const [allowed, denied] = [
        await open(browser, client, 'a'),
        await open(browser, client, 'd'),
      ];
      state.when = when;
      state.verbs = ['add'];
      const stopBefore = client.redirectUri;
      for (let round = 0; round < 3; round += 1) {
        expect((await approve(browser, allowed)).status).toBe(503);
        expect((await deny(browser, denied)).status).toBe(503);
      }
      state.verbs = [];
      expect(world.events.map(({ type }) => type)).toEqual(['client_registered']);
      let page = allowed;
      if (when === 'after') {
        // The decision was stored: the page links to the pending login.
        const { body } = await approve(browser, allowed);
        const link = /<a class="button" href="([^"]+)"[^>]*>Sign in</.exec(body)?.[1] ?? '';
        page = await browser.follow(link.replaceAll('&amp;', '&'));
      }
      expect((await finish(browser, page, client)).has('code')).toBe(true);
      expect((await approve(browser, allowed)).status).toBe(400);
      await deny(browser, denied, { stopBefore });
      expect((await approve(browser, denied)).status).toBe(400);
    },
  );

  it('of Auth0 stores nothing, and the same form continues', async () => {
    const world = await start();
    const path = '/.well-known/openid-configuration';
    const mend = world.tenant.fault(path, { kind: 'respond', status: 503 });
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const page = await open(browser, client, 's');
    expect((await approve(browser, page)).status).toBe(503);
    mend();
    // No request is sent to Auth0 in the first moments after a failure.
    await until(async () => {
      const response = await completeLogin(browser, page, ADA, { stopBefore: client.redirectUri });
      return response.next?.searchParams.has('code') === true;
    });
  });
});
