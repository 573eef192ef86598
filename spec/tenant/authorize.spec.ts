import { describe, expect, it } from '@jest/globals';
import { cancelLogin, createBrowser, logIn } from '../../lib/testing/browser.js';
import { ADA, BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import {
  ADA_LOGIN,
  authorizeUrl,
  CALLBACK,
  callbackOf,
  claimsOf,
  redeem,
  refresh,
  tokensOf,
} from './relying-party.js';
import { runTenant } from './running-tenant.js';

const { tenant, application } = runTenant();

describe('/authorize of the tenant', () => {
  it('requires a password once per browser session, unless prompt requires another login', async () => {
    const browser = createBrowser();
    const first = await callbackOf(tenant, {}, browser);
    expect(first.get('state')).toBe('state-of-the-spec');
    expect(first.has('iss')).toBe(false);
    const again = await browser.follow(authorizeUrl(tenant), { stopBefore: CALLBACK });
    expect(again.next?.searchParams.get('code')).toBeTruthy();
    const silent = await callbackOf(tenant, { prompt: 'none' }, browser);
    expect(silent.get('code')).toBeTruthy();
    const login = await browser.follow(authorizeUrl(tenant, { prompt: 'login' }));
    expect(login.url.pathname).toBe('/u/login');
    const stranger = await callbackOf(tenant, { prompt: 'none' });
    expect(stranger.get('error')).toBe('login_required');
  });

  it.each(['http://localhost:80@attacker.example/auth/callback', 'https://attacker.example/cb'])(
    'with loopbackCallbacks refuses %s: it is not on this machine',
    async (redirectUri) => {
      tenant.configure({ loopbackCallbacks: true });
      const page = await createBrowser().get(authorizeUrl(tenant, { redirect_uri: redirectUri }));
      expect([page.status, page.body]).toEqual([
        403,
        expect.stringContaining('Callback URL mismatch'),
      ]);
      expect(JSON.stringify(tenant.settings.applications)).not.toContain('attacker.example');
    },
  );

  it('replaces the session when another user logs in with the same browser', async () => {
    const browser = createBrowser();
    const ada = claimsOf((await tokensOf(tenant, {}, browser)).id_token);
    const bob = claimsOf((await tokensOf(tenant, { prompt: 'login' }, browser, BOB)).id_token);
    expect([ada.sub, bob.sub]).toEqual([ADA.sub, BOB.sub]);
    expect(bob.sid).not.toBe(ada.sid);
  });

  it('lets two tabs of one browser log in independently', async () => {
    const browser = createBrowser();
    const options = { stopBefore: CALLBACK };
    const one = await browser.follow(authorizeUrl(tenant, { state: 'one' }), options);
    const two = await browser.follow(authorizeUrl(tenant, { state: 'two' }), options);
    const second = await logIn(browser, two, ADA_LOGIN, options);
    const first = await logIn(browser, one, ADA_LOGIN, options);
    expect(first.next?.searchParams.get('state')).toBe('one');
    expect(second.next?.searchParams.get('state')).toBe('two');
  });

  it('ends the browser session at /oidc/logout; refresh tokens stay valid', async () => {
    const logoutUrl = 'http://127.0.0.1:9/bye';
    application({ logoutUrls: [logoutUrl] });
    const browser = createBrowser();
    const tokens = await tokensOf(tenant, {}, browser);
    const target = new URLSearchParams({ post_logout_redirect_uri: logoutUrl });
    const page = await browser.get(`${tenant.issuer}oidc/logout?${target}`);
    expect(page.next?.href).toBe(logoutUrl);
    const silent = await callbackOf(tenant, { prompt: 'none' }, browser);
    expect(silent.get('error')).toBe('login_required');
    expect((await refresh(tenant, tokens.refresh_token)).status).toBe(200);
  });

  it('repeats the login page after a wrong password', async () => {
    const browser = createBrowser();
    const login = await browser.follow(authorizeUrl(tenant));
    const page = await logIn(browser, login, { ...ADA_LOGIN, password: 'guess' });
    expect(page.status).toBe(400);
    expect(page.body).toContain('Wrong email or password');
  });

  it('redirects with an error after a cancelled login, for a blocked user and for an unknown audience', async () => {
    const browser = createBrowser();
    const login = await browser.follow(authorizeUrl(tenant));
    const cancelled = await cancelLogin(browser, login, { stopBefore: CALLBACK });
    expect(cancelled.next?.searchParams.get('error')).toBe('access_denied');

    tenant.configure({ users: [{ ...ADA, blocked: true }] });
    const blocked = await callbackOf(tenant);
    expect(blocked.get('error')).toBe('unauthorized');
    expect(blocked.get('error_description')).toBe('user is blocked');

    const unknown = await callbackOf(tenant, { audience: `${DEMO_AUDIENCE}/` });
    expect(unknown.get('error')).toBe('access_denied');
    expect(unknown.get('error_description')).toBe(`Service not found: ${DEMO_AUDIENCE}/`);
  });

  it.each([
    ['a callback that is not allowed', { redirect_uri: `${CALLBACK}/` }, 'Callback URL mismatch'],
    ['an unknown application', { client_id: '<nobody>' }, 'Unknown client: &lt;nobody&gt;'],
  ])('shows an error page for %s instead of a redirect', async (_name, change, text) => {
    const page = await createBrowser().get(authorizeUrl(tenant, change));
    expect(page.status).toBe(403);
    expect(page.next).toBeUndefined();
    expect(page.body).toContain(text);
  });

  it('reads `resource` as the audience only with the compatibility profile', async () => {
    const change = { audience: undefined, resource: DEMO_AUDIENCE };
    expect((await tokensOf(tenant, change)).access_token?.split('.')).toHaveLength(5);
    tenant.configure({ resourceParameterProfile: true, issInResponse: true });
    const callback = await callbackOf(tenant, change);
    expect(callback.get('iss')).toBe(tenant.issuer);
    const { body } = await redeem(tenant, callback.get('code') ?? '');
    expect(claimsOf(body.access_token).aud).toContain(DEMO_AUDIENCE);
  });
});
