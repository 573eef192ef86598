/** The login of the page: what it asks of Auth0, how it ends, and that it is never taken for another. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createCore } from '../../../lib/core.js';
import { openCollection } from '../../../lib/storage/collection.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import type { LoginRecord } from '../../../lib/storage/records.js';
import {
  type Browser,
  cancelLogin,
  createBrowser,
  logIn,
  type Page,
} from '../../../lib/testing/browser.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import {
  accountCookie,
  appsOn,
  asksToSignIn,
  letIn,
  pressSignIn,
  signIn,
  signOut,
} from '../../support/connected-apps.js';
import { type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { givenBack, linesWith, pass, until, upstreamRefreshes } from '../../support/upstream.js';
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
const callback = (): string => `${world.origin}/auth/callback`;
const open = (): Promise<Page> => browser.get(url());
const types = (): string[] => world.events.map(({ type }) => type);

/** What Auth0 was asked, each time. */
function asked(): Readonly<Record<string, unknown>>[] {
  return world.tenant.requests
    .filter(({ path }) => path === '/authorize')
    .map(({ query }) => query);
}

/** The address Auth0 sends the browser back to. */
async function answerOf(who = browser, user = ADA): Promise<URL> {
  const page = await pressSignIn(who, await who.get(url()));
  const { next } = await logIn(who, page, user, { stopBefore: callback() });
  return next ?? new URL('about:blank');
}

describe('the request to Auth0', () => {
  it('requests the identity only: no scope of the API, no offline_access', async () => {
    await world.close();
    await start({
      options: { requiredScopes: ['openid', 'read:notes'], defaultScopes: ['files:write'] },
    });
    await signIn(browser, world.origin);
    expect(asked()).toEqual([
      expect.objectContaining({
        scope: 'openid profile email',
        audience: 'https://api.example.test/mcp-demo',
        redirect_uri: callback(),
        code_challenge_method: 'S256',
        state: expect.stringMatching(/^[\w-]{43}$/),
        nonce: expect.stringMatching(/^[\w-]{43}$/),
      }),
    ]);
    expect(asked()[0]).not.toHaveProperty('prompt');
    // Nobody is told that offline access is off: nobody asked for it.
    expect(linesWith(world, 'no refresh token')).toEqual([]);
  });

  it('leaves no refresh token at Auth0, which keeps 200 for a user and drops the oldest', async () => {
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    world.tenant.configure({ refreshTokenLimit: 1 });
    for (let n = 0; n < 3; n += 1) await signIn(createBrowser(), world.origin);
    pass(world, 86_400 - 30);
    // The only one there may be is still the client's.
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect(upstreamRefreshes(world).map(({ status }) => status)).toEqual([200]);
    expect(givenBack(world)).toEqual([]);
  });

  it('revokes a refresh token that Auth0 issues nevertheless', async () => {
    world.tenant.configure({
      async forge(draft) {
        draft.body.refresh_token = 'v1.nobody-asked-for-this-one';
      },
    });
    await signIn(browser, world.origin);
    await until(() => world.tenant.requests.some(({ path }) => path === '/oauth/revoke'));
    const [revoked] = world.tenant.requests.filter(({ path }) => path === '/oauth/revoke');
    expect(revoked?.form.token).toBe('v1.nobody-asked-for-this-one');
  });

  it('sends authorizeParams: organization, connection and prompt as for every login', async () => {
    await world.close();
    await start({
      options: {
        authorizeParams: { organization: 'org_1', connection: 'github', prompt: 'login' },
      },
    });
    const outsider = await signIn(browser, world.origin);
    expect(asked()[0]).toMatchObject({
      organization: 'org_1',
      connection: 'github',
      prompt: 'login',
    });
    // The ID token does not say that she is in it.
    expect(outsider.status).toBeGreaterThanOrEqual(400);
    expect(accountCookie(browser)).toBeUndefined();
    world.tenant.configure({ users: [{ ...ADA, claims: { org_id: 'org_1' } }] });
    expect(asksToSignIn(await signIn(createBrowser(), world.origin))).toBe(false);
  });

  it('a user with a session at Auth0 signs in without a password, until they sign out here', async () => {
    const client = await registerClient(world.origin);
    await client.tokens({ browser });
    const page = await pressSignIn(browser, await open());
    expect(page.url.href).toBe(url());
    await signOut(browser, page);
    const again = await pressSignIn(browser, await open());
    expect(again.body).toContain('name="password"');
    expect(asked().at(-1)).toMatchObject({ prompt: 'login' });
    // As another person, if they like.
    const bobs = await logIn(browser, again, BOB);
    expect(bobs.body).toContain(BOB.email);
    // And not for ever.
    await pressSignIn(createBrowser(), await createBrowser().get(url())).catch(() => undefined);
    expect(asksToSignIn(await open())).toBe(false);
  });

  it('consent: external shows no consent page, and changes nothing else', async () => {
    await world.close();
    await start({ options: { consent: 'external' } });
    await letIn(world, 'Own');
    expect(appsOn(await signIn(browser, world.origin))).toEqual(['Own']);
  });
});

describe('a failed login', () => {
  it('denied at Auth0: a page that says so, with a link to this one', async () => {
    const page = await cancelLogin(browser, await pressSignIn(browser, await open()));
    expect(page.status).toBe(403);
    expect(page.body).toContain('<h1>You are not signed in</h1>');
    expect(page.body).toContain(`href="${url()}"`);
    expect(page.body).not.toContain('did not authorize');
    expect(accountCookie(browser)).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ type: 'sign_in_failed', reason: 'denied' });
    expect(types()).not.toContain('login_failed');
  });

  it('a user who is blocked at Auth0', async () => {
    world.tenant.configure({ users: [{ ...ADA, blocked: true }] });
    const page = await signIn(browser, world.origin);
    expect(page.status).toBe(403);
    expect(accountCookie(browser)).toBeUndefined();
  });

  it('an outage of Auth0 before the redirect or at the exchange: 503, and a retry works', async () => {
    const fault = { kind: 'respond', status: 503 } as const;
    const early = world.tenant.fault('/.well-known/openid-configuration', fault);
    const page = await open();
    const refused = await pressSignIn(browser, page);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, expect.any(String)]);
    expect(refused.body).toContain(`href="${url()}"`);
    early();
    world.advance(60);

    const response = await answerOf();
    const late = world.tenant.fault('/oauth/token', fault);
    const failed = await browser.get(response);
    expect([failed.status, failed.headers['retry-after']]).toEqual([503, expect.any(String)]);
    expect(failed.body).toContain(`href="${url()}"`);
    late();
    expect(world.events.at(-1)).toMatchObject({ type: 'sign_in_failed', reason: 'unavailable' });
    // Auth0 knows the person by now.
    expect((await pressSignIn(browser, await open())).url.href).toBe(url());
  });

  it('a wrong client secret: an error page, and the log names the setting', async () => {
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    world.tenant.configure({ applications: [{ ...application, clientSecret: 'was-rotated' }] });
    const page = await signIn(browser, world.origin);
    expect(page.status).toBe(500);
    expect(linesWith(world, 'Authentication Method').length).toBeGreaterThan(0);
    expect(world.events.at(-1)).toMatchObject({ type: 'sign_in_failed', reason: 'misconfigured' });
  });

  it('a process that dies during the response: the login starts again, without a password', async () => {
    const response = await answerOf();
    const collection = logins();
    const state = response.searchParams.get('state') ?? '';
    const long = Math.floor(Date.now() / 1000) - 60;
    await collection.update(state, (login) => ({
      value: { ...login, takenAt: long },
      ttlSeconds: 60,
    }));
    const page = await browser.follow(response);
    expect([page.url.href, asksToSignIn(page)]).toEqual([url(), false]);
  });

  it('PX-28 two parallel tabs both finish; the page that was signed in first says to open it again', async () => {
    const first = await pressSignIn(browser, await open(), { stopBefore: world.tenant.issuer });
    const second = await pressSignIn(browser, await open(), { stopBefore: world.tenant.issuer });
    const one = await logIn(browser, await browser.follow(first.next ?? ''), ADA);
    const cookie = accountCookie(browser);
    const two = await browser.follow(second.next ?? '');
    expect([one.url.href, two.url.href]).toEqual([url(), url()]);
    expect(accountCookie(browser)).not.toBe(cookie);
    expect((await signOut(browser, one)).status).toBe(403);
    expect(asksToSignIn(await open())).toBe(false);
  });
});

/** The login records, opened with the server's own keys: what nobody outside can do. */
function logins() {
  const { config } = world.context;
  const now = () => Math.floor(Date.now() / 1000);
  return openCollection<LoginRecord>(createCore(config, { now }).collections, 'login');
}

describe('the purpose of a login', () => {
  async function changed(response: URL, pending: unknown): Promise<Page> {
    await logins().update(response.searchParams.get('state') ?? '', (login) => ({
      value: { ...login, pending },
      ttlSeconds: 60,
    }));
    return browser.get(response);
  }

  async function clientAnswer(client: OAuthClient): Promise<URL> {
    const consent = await browser.get(client.authorizeUrl());
    const page = await browser.submit(
      consent,
      {},
      { button: { name: 'decision', value: 'allow' } },
    );
    const { next } = await logIn(browser, page, ADA, { stopBefore: callback() });
    return next ?? new URL('about:blank');
  }

  it('is stored before the redirect; an unknown purpose is rejected', async () => {
    const client = await registerClient(world.origin);
    const kept = await logins().get((await clientAnswer(client)).searchParams.get('state') ?? '');
    const request = (kept?.pending as { request?: unknown } | undefined)?.request;
    expect(request).toBeDefined();
    const forgeries = [
      undefined,
      null,
      'connected_apps',
      [],
      {},
      { purpose: 'admin' },
      { purpose: 'client' },
      { purpose: 'client', request: null },
      { purpose: 'connected_apps' },
      { purpose: ['connected_apps'], reauthenticate: false },
      { purpose: 'connected_apps', reauthenticate: 'yes' },
      { purpose: 'connected_apps', reauthenticate: false, request },
      { purpose: 'client', request, reauthenticate: false },
      request,
    ];
    for (const pending of forgeries) {
      browser = createBrowser();
      const page = await changed(await answerOf(), pending);
      expect([pending, page.status, page.next]).toEqual([pending, 400, undefined]);
      expect(accountCookie(browser)).toBeUndefined();
    }
    expect(await world.context.grants.list({ subject: ADA.sub }, 'all')).toEqual([]);
  });

  it('of a client, whose record has expired: its refresh token is revoked at Auth0', async () => {
    const client = await registerClient(world.origin);
    const page = await changed(await clientAnswer(client), { purpose: 'client' });
    expect([page.status, page.next]).toEqual([400, undefined]);
    await until(() => givenBack(world).length === 1);
  });

  it('stays with its server if two servers share the store', async () => {
    await world.close();
    const storage = memoryStorage();
    await start({ options: { storage } });
    const other = await startWorld({ connectedApps: true, options: { storage } });
    await signIn(browser, world.origin);
    expect(asksToSignIn(await browser.get(`${other.origin}/connected-apps`))).toBe(true);
    expect(asksToSignIn(await open())).toBe(false);
    await other.close();
  });
});

describe('events and log', () => {
  it('report sign-in, disconnect and sign-out, with the user and without a secret', async () => {
    await letIn(world, 'Own');
    const seen = world.events.length;
    const page = await signIn(browser, world.origin);
    const grant = (await world.auth.grants.list({ subject: ADA.sub }))[0]?.id;
    const cookie = accountCookie(browser) ?? '';
    const after = await browser.submit(page, {}, { form: ({ values }) => 'grant' in values });
    await signOut(browser, after);
    expect(world.events.slice(seen)).toEqual([
      expect.objectContaining({ type: 'sign_in_started' }),
      expect.objectContaining({ type: 'signed_in', subject: ADA.sub }),
      expect.objectContaining({
        type: 'grant_revoked',
        cause: 'user_request',
        grantId: grant,
        subject: ADA.sub,
      }),
      expect.objectContaining({ type: 'signed_out', subject: ADA.sub }),
    ]);
    for (const event of world.events.slice(seen)) {
      expect(event.correlationId).toMatch(/^[\w-]{8}$/);
    }
    const told = JSON.stringify([world.log, world.events]);
    const secrets = [
      ...cookie.split('.'),
      ...world.tenant.requests.map(({ query }) => query.state),
    ];
    for (const secret of secrets.filter(Boolean)) expect(told).not.toContain(secret);
    expect(told).not.toContain(ADA.email);
  });
});
