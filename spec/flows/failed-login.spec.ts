import { afterEach, describe, expect, it } from '@jest/globals';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { approve, cancelLogin, createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import {
  ADA,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantOptions,
} from '../../lib/testing/options.js';
import { type OAuthClient, oauthClient, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

describe('failed logins', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(options: Partial<Auth0McpOptions> = {}, tenant: TenantOptions = {}) {
    world = await startWorld({ options, tenant });
    return registerClient(world.origin);
  }

  /** Nothing secret, and no inner name, in what people and clients get to see. */
  function expectNothingSecret(text: string): void {
    for (const secret of [DEMO_CLIENT_SECRET, 'at Object', 'node_modules', 'Error:']) {
      expect(text).not.toContain(secret);
    }
  }

  function logged(part: string): boolean {
    return world.log.some((line) => JSON.stringify(line).includes(part));
  }

  async function endOf(client: OAuthClient): Promise<URLSearchParams> {
    const response = await client.logIn({ parameters: { state: 'the-state' } });
    expect(response.get('state')).toBe('the-state');
    expect(response.get('iss')).toBe(world.origin);
    expect(response.get('code')).toBeNull();
    expectNothingSecret(String(response));
    return response;
  }

  it('a wrong Auth0 client secret is a server_error, and the log names the dashboard setting', async () => {
    const client = await start({ clientSecret: 'not-the-secret-of-this-application' });
    expect((await endOf(client)).get('error')).toBe('server_error');
    expect(logged('Credentials')).toBe(true);
    expect(logged('not-the-secret')).toBe(false);
  });

  it('an unknown audience is a server_error, and the log names the API setting', async () => {
    const client = await start({ audience: 'https://no-such-api.example.test' });
    expect((await endOf(client)).get('error')).toBe('server_error');
    expect(logged('https://no-such-api.example.test')).toBe(true);
    expect(logged('APIs')).toBe(true);
  });

  it('an opaque access token is a server_error, and the log says what makes Auth0 issue one', async () => {
    const client = await start(
      {},
      {
        forge(draft) {
          draft.accessToken = 'an-opaque-access-token-of-auth0';
        },
      },
    );
    expect((await endOf(client)).get('error')).toBe('server_error');
    expect(logged('audience')).toBe(true);
    expect(logged('an-opaque-access-token')).toBe(false);
  });

  it('a callback URL unknown to Auth0 shows an error page of Auth0', async () => {
    const client = await start(
      {},
      {
        applications: [
          {
            clientId: DEMO_CLIENT_ID,
            clientSecret: DEMO_CLIENT_SECRET,
            callbackUrls: ['https://elsewhere.example/cb'],
          },
        ],
      },
    );
    const browser = createBrowser();
    const page = await approve(browser, await browser.follow(client.authorizeUrl()));
    expect(page.status).toBe(403);
    expect(page.body).toContain('Callback URL mismatch');
  });

  it('AS-35 a login cancelled at Auth0 is access_denied for the client', async () => {
    const client = await start();
    const browser = createBrowser();
    const stopBefore = client.redirectUri;
    const loginPage = await approve(
      browser,
      await browser.follow(client.authorizeUrl({ state: 's' })),
      { stopBefore },
    );
    const end = await cancelLogin(browser, loginPage, { stopBefore });
    const response = new URL(end.next ?? 'no:').searchParams;
    expect(response.get('error')).toBe('access_denied');
    expect(response.get('iss')).toBe(world.origin);
  });

  it('PX-26 Deny on the consent page is access_denied, without a request to Auth0', async () => {
    const client = await start();
    const browser = createBrowser();
    const page = await browser.follow(client.authorizeUrl({ state: 's' }));
    const end = await deny(browser, page, { stopBefore: client.redirectUri });
    expect(end.status).toBe(303);
    const response = new URL(end.next ?? 'no:').searchParams;
    expect([...response.keys()].sort()).toEqual(['error', 'error_description', 'iss', 'state']);
    expect(response.get('error')).toBe('access_denied');
    expect(world.tenant.requests.filter(({ path }) => path === '/authorize')).toEqual([]);
  });

  it('CLI-20 R-AZ-1 an unknown client gets a page, a program invalid_client', async () => {
    await start();
    const stranger = oauthClient(world.origin, {
      id: 'nobody',
      secret: undefined,
      redirectUri: 'https://evil.example/cb',
    });
    const asPerson = await fetch(stranger.authorizeUrl(), {
      redirect: 'manual',
      headers: { accept: 'text/html' },
    });
    expect(asPerson.status).toBe(400);
    expect(asPerson.headers.get('location')).toBeNull();
    expect(asPerson.headers.get('content-type')).toContain('text/html');
    const asProgram = await fetch(stranger.authorizeUrl(), {
      redirect: 'manual',
      headers: { accept: 'application/json' },
    });
    expect(asProgram.status).toBe(401);
    expect(await asProgram.json()).toMatchObject({ error: 'invalid_client' });
  });

  it('PX-22 an unknown state gets an error page, and no code', async () => {
    const client = await start();
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const loginPage = await approve(browser, await browser.follow(client.authorizeUrl()), {
      stopBefore,
    });
    const back = await logIn(browser, loginPage, ADA, { stopBefore });
    const callback = new URL(back.next ?? 'no:');
    callback.searchParams.set('state', 'a-state-that-was-never-issued');
    const page = await browser.follow(callback);
    expect(page.status).toBe(400);
    expect(page.body).toContain('<h1>');
    expectNothingSecret(page.body);
  });

  it('PX-22 R-AZ-11 the same callback URL works once', async () => {
    const client = await start();
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const loginPage = await approve(browser, await browser.follow(client.authorizeUrl()), {
      stopBefore,
    });
    const callback = (await logIn(browser, loginPage, ADA, { stopBefore })).next ?? 'no:';
    expect((await browser.get(callback)).next?.href).toContain('code=');
    expect((await browser.get(callback)).status).toBe(400);
  });

  it('a required scope that Auth0 does not grant is access_denied, and the log says where to grant it', async () => {
    const client = await start({ requiredScopes: ['openid', 'admin:everything'] });
    expect((await endOf(client)).get('error')).toBe('access_denied');
    expect(logged('admin:everything')).toBe(true);
  });
});
