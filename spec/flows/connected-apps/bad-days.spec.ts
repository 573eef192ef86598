/** The page of connected apps while something is away, ends, or comes in floods. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STORAGE_VERBS } from '../../../lib/storage/checked-storage.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { type Browser, createBrowser, logIn, type Page } from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import { countingStorage } from '../../fuzz/counting-storage.js';
import {
  appsOn,
  asksToSignIn,
  cookiesFor,
  disconnect,
  grantField,
  letIn,
  pressSignIn,
  signIn,
  signOut,
} from '../../support/connected-apps.js';
import { send, sendForm } from '../../support/raw-http.js';
import {
  SPEC_SIGNING_KEY,
  startWorld,
  type World,
  type WorldOptions,
} from '../../support/world.js';

let world: World;
let browser: Browser;

async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld({ connectedApps: true, ...options });
  browser = createBrowser();
}
afterEach(() => world.close());

const url = (path = ''): string => `${world.origin}/connected-apps${path}`;
const open = (): Promise<Page> => browser.get(url());
const callback = (): string => `${world.origin}/auth/callback`;

describe('an outage of the store', () => {
  let isAway = false;
  beforeEach(async () => {
    isAway = false;
    const inner = memoryStorage();
    const away = STORAGE_VERBS.map((verb) => [
      verb,
      async (...args: unknown[]) => {
        if (isAway) throw new StorageUnavailableError('away, by order of a spec');
        return Reflect.apply(inner[verb], inner, args);
      },
    ]);
    const storage: Storage = { ...inner, ...Object.fromEntries(away) };
    await start({ options: { storage } });
  });
  afterEach(() => {
    isAway = false;
  });

  function expectOutage(page: Page): void {
    expect([page.status, page.headers['retry-after']]).toEqual([503, expect.any(String)]);
    expect(page.body).toContain('<!doctype html>');
  }

  it('still shows the sign-in page; a sign-in is a 503 that can be retried', async () => {
    isAway = true;
    const page = await open();
    expect(asksToSignIn(page)).toBe(true);
    const refused = await pressSignIn(browser, page);
    expectOutage(refused);
    expect(refused.body).toContain(`href="${url()}"`);
    isAway = false;
    expect((await pressSignIn(browser, page)).body).toContain('name="password"');
  });

  it('does not use up a callback', async () => {
    const { next = '' } = await logIn(browser, await pressSignIn(browser, await open()), ADA, {
      stopBefore: callback(),
    });
    isAway = true;
    expectOutage(await browser.get(next));
    isAway = false;
    expect((await browser.follow(next)).url.href).toBe(url());
  });

  it('makes page, disconnect and sign-out a 503, signs no user out, and all work afterwards', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    isAway = true;
    expectOutage(await open());
    expectOutage(await disconnect(browser, page, 'Own'));
    expectOutage(await signOut(browser, page));
    isAway = false;
    expect(await app.status()).toBe(200);
    expect(appsOn(await open())).toEqual(['Own']);
    expect(appsOn(await disconnect(browser, page, 'Own'))).toEqual([]);
    expect((await signOut(browser, page)).body).toContain('You are signed out');
  });
});

describe('an outage of the store after a disconnect', () => {
  it('does not fail the response', async () => {
    let isAway = false;
    const inner = memoryStorage();
    await start({
      options: {
        storage: {
          ...inner,
          async update(...given) {
            if (isAway) throw new StorageUnavailableError('away, by order of a spec');
            return inner.update(...given);
          },
        },
        onEvent({ type }) {
          if (type === 'grant_revoked') isAway = true;
        },
      },
    });
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const done = await browser.post(url('/disconnect'), { grant: grantField(page, 'Own') });
    expect([isAway, done.status, done.next?.href]).toEqual([true, 303, url()]);
    isAway = false;
    const after = await open();
    expect(after.body).not.toContain('role="status"');
    expect([appsOn(after), await app.status()]).toEqual([[], 401]);
  });
});

describe('a sign-out during another request of the same session', () => {
  it('ends the session, whatever that request writes', async () => {
    let onList: (() => Promise<void>) | undefined;
    const inner = memoryStorage();
    await start({
      options: {
        storage: {
          ...inner,
          async members(index) {
            await onList?.();
            return inner.members(index);
          },
        },
      },
    });
    const page = await signIn(browser, world.origin);
    const headers = { cookie: cookiesFor(browser, url()) };
    onList = async () => {
      onList = undefined;
      await signOut(browser, page);
    };
    // Reads the session first, and lists the apps after it has ended.
    await send(url(), { headers });
    const after = await send(url(), { headers });
    expect(after.text).toContain('/connected-apps/sign-in');
  });
});

describe('a logout at Auth0 (OpenID Connect Back-Channel Logout 1.0)', () => {
  beforeEach(async () => {
    await start();
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    const backchannelLogoutUri = `${world.origin}/backchannel-logout`;
    world.tenant.configure({ applications: [{ ...application, backchannelLogoutUri }] });
  });

  it('§2.7 ends the session of the page too, by sid and by user', async () => {
    const [laptop, phone, bob] = [browser, createBrowser(), createBrowser()];
    await signIn(laptop, world.origin);
    await signIn(phone, world.origin);
    await signIn(bob, world.origin, BOB);
    const isIn = async (one: Browser) => !asksToSignIn(await one.get(url()));
    // The browser's way to log out at Auth0.
    await laptop.follow(`${world.tenant.issuer}oidc/logout`);
    expect([await isIn(laptop), await isIn(phone), await isIn(bob)]).toEqual([false, true, true]);
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    expect([await isIn(phone), await isIn(bob)]).toEqual([false, true]);
  });

  it('a sid of another user ends no session', async () => {
    await signIn(browser, world.origin, BOB);
    const sid = 'of-somebody';
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub, sid })).toBe(200);
    expect(asksToSignIn(await open())).toBe(false);
  });
});

describe('key rotation', () => {
  it('sessions and forms of the former key stay valid until that key is removed', async () => {
    const storage = memoryStorage();
    const newer = 'another-signing-key-for-specs-0123456789';
    await start({ options: { storage, jwtSigningKey: SPEC_SIGNING_KEY } });
    await letIn(world, 'One');
    await letIn(world, 'Two');
    const page = await signIn(browser, world.origin);
    const cookie = cookiesFor(browser, url());
    const { issuer: baseUrl, auth0 } = world.context.config;
    const configUrl = auth0.discoveryUrl.href;
    const withKeys = (jwtSigningKey: string[]): Promise<World> =>
      startWorld({ connectedApps: true, options: { storage, jwtSigningKey, baseUrl, configUrl } });
    const rotated = await withKeys([newer, SPEC_SIGNING_KEY]);
    const see = ({ origin }: World): Promise<{ text: string }> =>
      send(`${origin}/connected-apps`, { headers: { cookie } });
    expect((await see(rotated)).text).toContain('<bdi>One</bdi>');
    const grant = grantField(page, 'One');
    const form = `${rotated.origin}/connected-apps/disconnect`;
    expect((await sendForm(form, { grant }, { cookie })).status).toBe(303);
    const { text } = await see(rotated);
    expect(text).toContain('<bdi>One</bdi> is disconnected');
    expect(text).toContain('<h2><bdi>Two</bdi></h2>');
    const forgotten = await withKeys([newer]);
    expect((await see(forgotten)).text).toContain('/connected-apps/sign-in');
    await Promise.all([rotated.close(), forgotten.close()]);
  });
});

describe('many sign-ins', () => {
  const store = countingStorage();
  beforeEach(() => start({ options: { storage: store } }));

  it('of one address are stopped with a page', async () => {
    const calls = store.calls;
    const statuses: Record<number, number> = {};
    for (let n = 0; n < 260; n += 1) {
      const { status } = await send(url());
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    expect(statuses).toEqual({ 200: 240, 429: 20 });
    expect(store.calls).toBe(calls);
    const refused = await send(url(), { headers: { accept: 'text/html' } });
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.text).toContain(`href="${url()}"`);
  });

  it('FA-14 in one browser block no later one, and stay within the cookie limit', async () => {
    const before = store.sizeOf('login');
    for (let n = 0; n < 32; n += 1) {
      const page = await open();
      const form = /name="form" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
      expect((await browser.post(url('/sign-in'), { form })).status).toBe(303);
    }
    expect(store.sizeOf('login') - before).toBe(32);
    expect(browser.cookies.all()).toHaveLength(12);
    // Nobody has logged in.
    expect(store.sizeOf('account')).toBe(0);
  });
});
