/** Logins that are strong and recent enough for a scope: RFC 9470, `acr_values` and `max_age` at Auth0. */
import { afterEach, describe, expect, it } from '@jest/globals';

import type { Auth0McpOptions } from '../../lib/config/options.js';
import { MULTI_FACTOR } from '../../lib/testing/authentication.js';
import { type Browser, completeLogin, createBrowser } from '../../lib/testing/browser.js';
import { ADA, type TenantOptions } from '../../lib/testing/options.js';
import type { Forge, JwtDraft } from '../../lib/testing/token-draft.js';
import { callTool, type OAuthClient, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

const OPTIONS: Partial<Auth0McpOptions> = {
  toolScopes: { write_file: ['files:write'] },
  scopeAuthentication: { 'files:write': { acr: MULTI_FACTOR, maxAgeSeconds: 300 } },
};
const WITH_SCOPE = { scope: 'openid files:write' };

let world: World;
let client: OAuthClient;

afterEach(() => world.close());

async function start(
  options: Partial<Auth0McpOptions> = {},
  tenant: TenantOptions = {},
): Promise<void> {
  const redirectUri = 'http://127.0.0.1:45454/callback';
  world = await startWorld({ options: { ...OPTIONS, ...options }, tenant });
  client = await registerClient(world.origin, { redirect_uris: [redirectUri] });
}

/** Everything that a user does, up to the redirect to the client. */
async function logIn(
  parameters: Record<string, string>,
  browser: Browser = createBrowser(),
  stop: (url: URL) => boolean = () => false,
): Promise<URLSearchParams> {
  const stopBefore = (url: URL): boolean => url.href.startsWith(client.redirectUri) || stop(url);
  const first = await browser.follow(client.authorizeUrl(parameters), { stopBefore });
  const page = await completeLogin(browser, first, ADA, { stopBefore });
  if (page.next === undefined) throw new Error(`the login stopped: ${page.body.slice(0, 300)}`);
  return page.next.searchParams;
}

async function tokensFor(
  parameters: Record<string, string>,
  browser?: Browser,
): Promise<Record<string, unknown>> {
  const response = await logIn(parameters, browser);
  return (await client.redeem(String(response.get('code')))).body;
}

const requestsToAuth0 = (): URLSearchParams[] =>
  world.tenant.requests
    .filter(({ path }) => path === '/authorize')
    .map(({ query }) => new URLSearchParams(query));

const write = (token: unknown) => callTool(world.mcp, token, 'write_file');

const challengeOf = ({ headers }: { readonly headers: Headers }): string =>
  String(headers.get('www-authenticate'));

describe('EX-17 a login with a scope of scopeAuthentication', () => {
  it('EX-17 asks Auth0 for the authentication, and the token has the scope', async () => {
    await start();
    const tokens = await tokensFor(WITH_SCOPE);
    expect(tokens['scope']).toBe('openid files:write');
    const [request] = requestsToAuth0();
    expect([request?.get('acr_values'), request?.get('max_age')]).toEqual([MULTI_FACTOR, '300']);
    expect((await write(tokens['access_token'])).status).toBe(200);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: 'login_started',
        acrValues: [MULTI_FACTOR],
        maxAgeSeconds: 300,
      }),
    );
  });

  it('EX-17 asks for nothing without such a scope, and the challenge names the authentication', async () => {
    await start();
    const tokens = await tokensFor({ scope: 'openid' });
    const [request] = requestsToAuth0();
    expect([request?.has('acr_values'), request?.has('max_age')]).toEqual([false, false]);
    const response = await write(tokens['access_token']);
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toContain(
      `scope="openid files:write", acr_values="${MULTI_FACTOR}", max_age="300", error="insufficient_scope"`,
    );
  });

  it('EX-17 says on the consent page that the user may have to log in again', async () => {
    await start();
    const sentence = 'This access needs a recent sign-in or a second factor.';
    const pageFor = (scope: string) => createBrowser().follow(client.authorizeUrl({ scope }));
    expect((await pageFor('openid files:write')).body).toContain(sentence);
    // It offers the scope.
    expect((await pageFor('openid')).body).toContain(sentence);
    await world.close();
    await start({ offerToolScopes: false });
    expect((await pageFor('openid')).body).not.toContain(sentence);
  });

  it('EX-17 keeps what authorizeParams require of every login', async () => {
    await start({ authorizeParams: { max_age: '120' } });
    await tokensFor(WITH_SCOPE);
    await tokensFor({ scope: 'openid' });
    expect(requestsToAuth0().map((request) => request.get('max_age'))).toEqual(['120', '120']);
  });
});

describe('EX-17 an attacker or a tenant that does not authenticate as required', () => {
  it('EX-17 fails if the tenant never requires the factor, after one more login, and issues no code', async () => {
    await start({}, { multiFactor: 'never' });
    const response = await logIn(WITH_SCOPE);
    expect(response.get('error')).toBe('unmet_authentication_requirements');
    expect(response.has('code')).toBe(false);
    expect(requestsToAuth0().map((request) => request.get('max_age'))).toEqual(['300', '0']);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: 'login_failed',
        reason: 'unmet_authentication_requirements',
      }),
    );
    const logged = world.log.find(({ fields }) => JSON.stringify(fields).includes('Action'));
    expect(JSON.stringify(logged?.fields)).toContain('files:write');
    // Neither login leaves a refresh token at Auth0.
    const revocations = (): number =>
      world.tenant.requests.filter(({ path }) => path === '/oauth/revoke').length;
    for (let turn = 0; turn < 50 && revocations() < 2; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(revocations()).toBe(2);
  });

  it('EX-17 fails for a user who removes the parameters from the URL of Auth0', async () => {
    await start();
    const browser = createBrowser();
    const atAuth0 = (url: URL): boolean =>
      url.pathname === '/authorize' && url.origin !== world.origin;
    let response = await logIn(WITH_SCOPE, browser, atAuth0);
    for (let turn = 0; turn < 2; turn += 1) {
      const edited = new URL(`${world.tenant.issuer}authorize?${response}`);
      for (const name of ['acr_values', 'max_age']) edited.searchParams.delete(name);
      const stopBefore = (url: URL): boolean =>
        url.href.startsWith(client.redirectUri) || atAuth0(url);
      const login = await browser.follow(edited, { stopBefore });
      response =
        (await completeLogin(browser, login, ADA, { stopBefore })).next?.searchParams ?? response;
    }
    expect(response.get('error')).toBe('unmet_authentication_requirements');
  });

  it('EX-17 accepts no second factor of an earlier login in the same session, but asks again', async () => {
    await start({}, { multiFactor: 'once per session' });
    const browser = createBrowser();
    await tokensFor(WITH_SCOPE, browser);
    const again = await tokensFor(WITH_SCOPE, browser);
    expect(again['scope']).toBe('openid files:write');
    expect(requestsToAuth0().map((request) => request.get('max_age'))).toEqual(['300', '300', '0']);
  });

  it('EX-17 a scope that includes another does not include its authentication', async () => {
    await start({
      scopesSupported: ['read:notes'],
      impliedScopes: { 'read:notes': ['files:write'] },
    });
    const tokens = await tokensFor({ scope: 'openid read:notes' });
    const response = await write(tokens['access_token']);
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toContain('scope="openid read:notes files:write"');
  });

  const forgeIdToken =
    (claims: Record<string, unknown>): Forge =>
    ({ idToken }) =>
      void Object.assign((idToken as JwtDraft).claims, claims);
  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

  it.each<[string, () => Record<string, unknown>]>([
    ['acr as an array', () => ({ acr: [MULTI_FACTOR], amr: undefined })],
    ['amr as a string', () => ({ acr: undefined, amr: 'mfa' })],
    ['auth_time as a string', () => ({ auth_time: String(inAnHour() - 3600) })],
    ['auth_time in the future', () => ({ auth_time: inAnHour() })],
    ['auth_time in milliseconds', () => ({ auth_time: Date.now() })],
    ['no auth_time', () => ({ auth_time: undefined })],
  ])('EX-17 an ID token with %s confirms nothing, and no code is issued', async (_name, claims) => {
    await start({}, { forge: forgeIdToken(claims()) });
    const response = await logIn(WITH_SCOPE);
    expect(response.get('error')).toBe('unmet_authentication_requirements');
    expect(response.has('code')).toBe(false);
    expect(await world.auth.grants.list({ subject: ADA.sub })).toEqual([]);
  });

  it('EX-17 max_age of authorizeParams accepts no auth_time in the future either', async () => {
    await start({ authorizeParams: { max_age: '120' } });
    world.tenant.configure({ forge: forgeIdToken({ auth_time: inAnHour() }) });
    expect((await logIn({ scope: 'openid' })).get('error')).toBe('server_error');
  });

  it.each([-50, 50])(
    'EX-17 a clock difference of %d seconds to Auth0 is accepted',
    async (seconds) => {
      await start({}, { clockSkewSeconds: seconds });
      expect((await tokensFor(WITH_SCOPE))['scope']).toBe('openid files:write');
    },
  );

  it('EX-17 a refresh narrows and widens within what the login confirmed, and no further', async () => {
    await start();
    const weak = await tokensFor({ scope: 'openid' });
    const wider = await client.refresh(weak['refresh_token'], WITH_SCOPE);
    expect(wider.body).toMatchObject({ error: 'invalid_scope' });

    let { refresh_token: token } = await tokensFor(WITH_SCOPE);
    const scopesOf = async (scope: string): Promise<unknown> => {
      const { body } = await client.refresh(token, { scope });
      token = body['refresh_token'];
      return body['scope'];
    };
    expect(await scopesOf('openid')).toBe('openid');
    expect(await scopesOf('openid files:write')).toBe('openid files:write');
    world.advance(400);
    world.tenant.configure({ clockSkewSeconds: 400 });
    for (const scope of ['openid', 'openid files:write', 'files:write']) {
      expect(await scopesOf(scope)).toBe('openid');
    }
  });

  it('EX-17 a token that a refresh has narrowed does not get the scope back by implication', async () => {
    await start({
      scopesSupported: ['read:notes'],
      impliedScopes: { 'read:notes': ['files:write'] },
    });
    const tokens = await tokensFor({ scope: 'openid read:notes files:write' });
    expect((await write(tokens['access_token'])).status).toBe(200);
    world.advance(400);
    world.tenant.configure({ clockSkewSeconds: 400 });
    const refreshed = await client.refresh(tokens['refresh_token'], {
      scope: 'openid read:notes',
    });
    expect((await write(refreshed.body['access_token'])).status).toBe(403);
  });

  it('EX-17 a login without an ID token does not confirm anything', async () => {
    await start(
      { scopeAuthentication: { 'files:write': { maxAgeSeconds: 300 } } },
      {
        forge: (draft) => {
          if (draft.grantType !== 'authorization_code') return;
          draft.idToken = undefined;
          draft.body['scope'] = 'files:write';
        },
      },
    );
    const response = await logIn({ scope: 'openid files:write' });
    expect(response.get('error')).toBe('unmet_authentication_requirements');
  });
});

describe('EX-17 a login that has become too old', () => {
  it('EX-17 loses the scope in every token, and gets it back by a new login', async () => {
    await start();
    const tokens = await tokensFor(WITH_SCOPE);
    expect((await write(tokens['access_token'])).status).toBe(200);
    world.advance(400);
    world.tenant.configure({ clockSkewSeconds: 400 });
    // The caller is cached for a second of real time.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const response = await write(tokens['access_token']);
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toContain('scope="openid files:write"');
    const caller = await world.context.verifyBearer(String(tokens['access_token']));
    expect(caller.scopes).toEqual(['openid']);

    const refreshed = await client.refresh(tokens['refresh_token'], {
      scope: 'openid files:write',
    });
    expect([refreshed.status, refreshed.body['scope']]).toEqual([200, 'openid']);
    expect((await write(refreshed.body['access_token'])).status).toBe(403);

    const renewed = await tokensFor(WITH_SCOPE);
    expect((await write(renewed['access_token'])).status).toBe(200);
  });

  it('EX-17 keeps what the login confirmed when Auth0 refreshes without it', async () => {
    await start(
      {},
      {
        apis: [
          {
            identifier: 'https://api.example.test/mcp-demo',
            scopes: ['files:write'],
            tokenLifetimeSeconds: 90,
          },
        ],
      },
    );
    const tokens = await tokensFor(WITH_SCOPE);
    world.advance(120);
    const refreshed = await client.refresh(tokens['refresh_token']);
    expect(refreshed.body['scope']).toBe('openid files:write');
    expect((await write(refreshed.body['access_token'])).status).toBe(200);
  });
});
