/** The page of connected apps as people use it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type Browser, createBrowser } from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import {
  accountCookie,
  appsOn,
  asksToSignIn,
  disconnect,
  letIn,
  pressSignIn,
  signIn,
  signOut,
} from '../../support/connected-apps.js';
import { send } from '../../support/raw-http.js';
import { givenBack, until } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

let world: World;
let browser: Browser;

async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld({ connectedApps: true, ...options });
  browser = createBrowser();
}
beforeEach(() => start());
afterEach(() => world.close());

const url = (): string => `${world.origin}/connected-apps`;

describe('the page of connected apps', () => {
  it('is a 404 unless it is mounted', async () => {
    await world.close();
    world = await startWorld();
    for (const path of ['', '/sign-in', '/disconnect', '/sign-out']) {
      expect((await send(url() + path)).status).toBe(404);
    }
  });

  it('asks an anonymous user to sign in, and then shows the account and its apps', async () => {
    await letIn(world, 'Claude', ADA, {
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    });
    await letIn(world, 'Cursor', ADA, { redirect_uris: ['cursor://anysphere.cursor-mcp/cb'] });
    await letIn(world, 'Somebody else’s', BOB);
    const first = await browser.get(url());
    expect([first.status, asksToSignIn(first)]).toEqual([200, true]);
    expect(first.body).not.toContain('Claude');
    const page = await signIn(browser, world.origin);
    expect([page.status, page.url.href]).toEqual([200, url()]);
    expect(page.body).toContain(ADA.email);
    expect(appsOn(page).toSorted()).toEqual(['Claude', 'Cursor']);
    expect(page.body).toContain('claude.ai');
    expect(page.body).toContain('cursor://anysphere.cursor-mcp');
    expect(page.body).toContain('<li><code>openid</code></li>');
    expect(page.body).toMatch(/Connected <time datetime="\d{4}-\d\d-\d\d">/);
    expect(page.body).toMatch(/Last used <time datetime="\d{4}-\d\d-\d\d">/);
  });

  it('lists the app used last first', async () => {
    const first = await letIn(world, 'First');
    const [held] = await world.context.grants.list({ clientId: first.client.id });
    world.advance(100);
    await letIn(world, 'Second');
    expect(appsOn(await signIn(browser, world.origin))).toEqual(['Second', 'First']);
    expect(held).toBeDefined();
  });

  it('omits a login that is not finished', async () => {
    const { client } = await letIn(world, 'Own');
    await client.logIn();
    expect(appsOn(await signIn(browser, world.origin))).toEqual(['Own']);
  });

  it('revokes an app at once, on every instance and at Auth0, and no other', async () => {
    await world.close();
    await start({ instances: 3 });
    const one = await letIn(world, 'One');
    const other = await letIn(world, 'Other');
    const page = await signIn(browser, world.origin);
    const after = await disconnect(browser, page, 'One');
    expect([after.status, after.url.href]).toEqual([200, url()]);
    expect([await one.status(), await one.status(), await one.status()]).toEqual([401, 401, 401]);
    expect(await other.status()).toBe(200);
    expect(appsOn(after)).toEqual(['Other']);
    expect(after.body).toContain('role="status"><bdi>One</bdi> is disconnected.');
    // Said once.
    expect((await browser.get(url())).body).not.toContain('role="status"');
    await until(() => givenBack(world).length === 1);
  });

  it('confirms the disconnect of an app without a name', async () => {
    await letIn(world, '\u200b');
    const page = await signIn(browser, world.origin);
    const after = await browser.submit(page, {}, { form: ({ values }) => 'grant' in values });
    expect(after.body).toContain('role="status"><bdi>An app without a name</bdi>');
    expect(after.body).toContain('No app is connected.');
  });

  it('signs out: the session ends, apps stay connected, and the page says both', async () => {
    const app = await letIn(world, 'Own');
    const page = await signIn(browser, world.origin);
    const held = accountCookie(browser);
    const out = await signOut(browser, page);
    expect(out.status).toBe(200);
    expect(out.body).toContain('<h1>You are signed out</h1>');
    expect(out.body).toContain(`<a class="button" href="${url()}">Sign in again</a>`);
    expect(asksToSignIn(await browser.get(url()))).toBe(true);
    // Nor does somebody who kept the cookie get in.
    const { name } = browser.cookies.all().find((one) => one.name.includes('account')) ?? {};
    const response = await send(url(), { headers: { cookie: `${name}=${held}` } });
    expect(response.text).toContain('/connected-apps/sign-in');
    expect(await app.status()).toBe(200);
    // Once more, from a page that was left open.
    expect((await signOut(browser, page)).body).toContain('You are signed out');
  });

  it('is in the user’s language, errors included', async () => {
    const headers = { 'accept-language': 'de' };
    expect((await send(url(), { headers })).text).toContain('lang="de"');
    const refused = await send(`${url()}/disconnect`, { method: 'GET', headers });
    expect(refused.text).toContain('lang="de"');
  });

  it('has name, colours and texts of the operator', async () => {
    await world.close();
    await start({
      options: {
        branding: { name: 'Harbour Weather' },
        texts: { en: { connectedApps: { signIn: 'Come in' } } },
      },
    });
    const page = await browser.get(url());
    expect(page.body).toContain('Harbour Weather');
    expect(page.body).toContain('>Come in</button>');
  });

  it('works for a user without name and email at Auth0', async () => {
    world.tenant.configure({
      async forge(draft) {
        for (const name of ['name', 'email', 'nickname']) {
          if (typeof draft.idToken === 'object') delete draft.idToken.claims[name];
        }
      },
    });
    const page = await signIn(browser, world.origin);
    expect([page.status, asksToSignIn(page)]).toEqual([200, false]);
    expect(page.body).not.toContain('Signed in as');
  });

  it('R-DP-4 each request may reach another instance', async () => {
    await world.close();
    await start({ instances: 2 });
    await letIn(world, 'Own');
    const page = await pressSignIn(browser, await browser.get(url()));
    expect(page.body).toContain('name="password"');
    expect(appsOn(await signIn(browser, world.origin))).toEqual(['Own']);
  });
});
