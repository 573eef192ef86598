/** Tokens of connected accounts: cached, refreshed, shared by instances, gone with the account. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AccessToken } from '../../../lib/bearer/caller.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { createBrowser } from '../../../lib/testing/browser.js';
import type { Fault } from '../../../lib/testing/faults.js';
import { ADA, BOB, DEMO_AUDIENCE, DEMO_SCOPES } from '../../../lib/testing/options.js';
import {
  callerFor,
  connect,
  GOOGLE,
  openLink,
  pressConnect,
  startConnections,
  untilCallback,
} from '../../support/connected-accounts.js';
import { signIn } from '../../support/connected-apps.js';
import { mortal } from '../../support/mortal-storage.js';
import { callTool } from '../../support/oauth-client.js';
import { recordedStorage } from '../../support/recorded-storage.js';
import { findSecrets } from '../../support/secrets-on-the-wire.js';
import { sharedStores } from '../../support/shared-stores.js';
import { linesWith, pass, until, upstreamRefreshes } from '../../support/upstream.js';
import type { World } from '../../support/world.js';

const VAULT = 'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token';

let world: World;

const connectedAda = { ...ADA, connectedAccounts: [GOOGLE] };
async function start(...given: Parameters<typeof startConnections>): Promise<void> {
  world = await startConnections(...given);
}
beforeEach(() => start({}, { users: [connectedAda, BOB] }));
afterEach(() => world.close());

const exchanges = () => world.tenant.requests.filter(({ form }) => form['grant_type'] === VAULT);

const remedy = () =>
  world.log.find(({ message }) => message.includes('not set up correctly'))?.fields['remedy'];

/** Auth0's access token of a login is due after a minute. */
const SHORT = {
  apis: [{ identifier: DEMO_AUDIENCE, scopes: DEMO_SCOPES, tokenLifetimeSeconds: 120 }],
};

describe('connectionToken()', () => {
  it('exchanges the refresh token once for many calls, and again when it is due', async () => {
    const ada = await callerFor(world);
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => ada.call()));
    expect(first?.token).toMatch(/^google-oauth2\.cac_/);
    expect(others.map(({ token }) => token)).toEqual(Array(4).fill(first?.token));
    expect(exchanges()).toHaveLength(1);
    expect(exchanges()[0]?.form).toMatchObject({
      subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
      requested_token_type: 'http://auth0.com/oauth/token-type/federated-connection-access-token',
      connection: GOOGLE,
    });
    expect(Object.keys(exchanges()[0]?.form ?? {})).not.toEqual(
      expect.arrayContaining(['scope', 'audience', 'login_hint']),
    );
    world.advance(3600 - 61);
    expect((await ada.call()).token).toBe(first?.token);
    world.advance(2);
    expect((await ada.call()).token).not.toBe(first?.token);
    expect(exchanges()).toHaveLength(2);
  });

  it('is cached for each account of a connection', async () => {
    const ada = await callerFor(world);
    const one = await ada.call({ loginHint: '1' });
    expect((await ada.call({ loginHint: '2' })).token).not.toBe(one.token);
    expect((await ada.call({ loginHint: '1' })).token).toBe(one.token);
    expect(exchanges().map(({ form }) => form['login_hint'])).toEqual(['1', '2']);
  });

  it.each(sharedStores())('three instances on %s exchange it once', async (_store, open) => {
    await world.close();
    await start({ instances: 3, storages: [open(), open(), open()] }, { users: [connectedAda] });
    const ada = await callerFor(world);
    const calls = Array.from({ length: 9 }, (_, n) => ada.call({}, n % 3));
    expect(new Set((await Promise.all(calls)).map(({ token }) => token)).size).toBe(1);
    expect(exchanges()).toHaveLength(1);
  });

  it('takes turns with the ordinary refresh', async () => {
    await world.close();
    await start({ instances: 3 }, { users: [connectedAda], ...SHORT });
    const ada = await callerFor(world);
    pass(world, 61);
    const refresh = () => callTool(world.mcp, ada.token, 'downstream');
    const calls = [0, 1, 2].flatMap((n) => [ada.call({}, n).then(({ token }) => token), refresh()]);
    const results = await Promise.all(calls);
    expect(results.every((result) => result !== undefined)).toBe(true);
    expect([exchanges().length, upstreamRefreshes(world).length]).toEqual([1, 1]);
  });

  it('is in `extra` of what tools of the SDK get as authInfo, and needs nothing else of the request', async () => {
    const ada = await callerFor(world);
    const bob = await callerFor(world, BOB);
    const tokenOf = async ({ token }: { token: string }): Promise<string> => {
      const { extra } = await world.auth.verifyAccessToken(token);
      const { connectionToken } = extra as Pick<AccessToken, 'connectionToken'>;
      return connectionToken(GOOGLE);
    };
    expect(await tokenOf(ada)).toBe((await ada.call()).token);
    await expect(tokenOf(bob)).rejects.toMatchObject({ name: 'ConnectionRequiredError' });
  });

  it('ends with the grant, although it was cached', async () => {
    const ada = await callerFor(world);
    expect((await ada.call()).token).toBeDefined();
    const { extra } = await world.auth.verifyAccessToken(ada.token);
    const { connectionToken } = extra as Pick<AccessToken, 'connectionToken'>;
    await world.auth.grants.revokeAll({ subject: ADA.sub });
    await expect(connectionToken(GOOGLE)).rejects.toMatchObject({ name: 'Auth0SessionEndedError' });
    expect(exchanges()).toHaveLength(1);
  });

  it('never returns the token of another user', async () => {
    const ada = await callerFor(world);
    const bob = await callerFor(world, BOB);
    expect((await ada.call()).token).toBeDefined();
    expect((await bob.call()).name).toBe('ConnectionRequiredError');
  });

  it('a connection that the option does not name, and other arguments, are rejected', async () => {
    const ada = await callerFor(world);
    expect(await ada.call({ connection: 'github' })).toMatchObject({ name: 'Auth0McpConfigError' });
    expect(await ada.call({ connection: 'google' })).toMatchObject({
      message: expect.stringContaining('Known are: google-oauth2, slack'),
    });
    for (const wrong of [{ loginHint: '' }, { loginHint: 1 }, { login_hint: 'x' }]) {
      expect((await ada.call(wrong)).name).toBe('TypeError');
    }
    expect(exchanges()).toEqual([]);
  });
});

describe("Auth0's errors", () => {
  it('a provider that refuses to renew the token leads to a new connection', async () => {
    world.tenant.configure({ connections: [{ name: GOOGLE, refusesRenewal: true }] });
    const ada = await callerFor(world);
    const { name, url = '' } = await ada.call();
    expect(name).toBe('ConnectionRequiredError');
    expect((await ada.call()).url).not.toBe(url);
    world.tenant.configure({ connections: [{ name: GOOGLE }] });
    expect((await connect(url)).status).toBe(200);
    expect((await ada.call()).token).toBeDefined();
  });

  it.each([
    ['rotates refresh tokens', { refreshTokenRotation: true }],
    ['lacks the grant type', { tokenVault: false }],
  ])(
    'an application that %s: the error names the setting, and the login goes on',
    async (_, change) => {
      const { applications } = world.tenant.settings;
      const ada = await callerFor(world);
      world.tenant.configure({ applications: applications.map((one) => ({ ...one, ...change })) });
      expect(await ada.call()).toMatchObject({
        name: 'Auth0ApiAccessError',
        message: expect.stringContaining('refresh token rotation off'),
      });
      expect(linesWith(world, 'Auth0 issued no token for google-oauth2')).toHaveLength(1);
      world.tenant.configure({ applications });
      expect((await ada.call()).token).toBeDefined();
    },
  );

  it('a tenant that always requires a second factor does not end the login', async () => {
    const ada = await callerFor(world);
    world.tenant.configure({ mfaOnRefresh: true });
    expect((await ada.call()).name).toBe('Auth0ApiAccessError');
    world.tenant.configure({ mfaOnRefresh: false });
    expect((await ada.call()).token).toBeDefined();
  });

  it('a session that has ended at Auth0 ends the login', async () => {
    const ada = await callerFor(world);
    world.tenant.revokeUser(ADA.sub);
    expect((await ada.call()).name).toBe('Auth0SessionEndedError');
    expect(await world.auth.grants.list({ subject: ADA.sub })).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['503', { kind: 'respond', status: 503 }],
    ['429', { kind: 'respond', status: 429 }],
    ['a closed connection', { kind: 'drop' }],
    ['a lost response', { kind: 'drop-response' }],
    ['no response', { kind: 'hang' }],
    ['a truncated response', { kind: 'malformed-json' }],
  ])(
    'an outage (%s) costs time: the login stays, and a token that is still valid is used',
    async (_, fault) => {
      await world.close();
      const options = { upstreamTimeoutSeconds: 1, accessTokenTtlSeconds: 7200 };
      await start({ options }, { users: [connectedAda] });
      const ada = await callerFor(world);
      const { token } = await ada.call();
      world.tenant.fault('/oauth/token', fault);
      world.advance(3600 - 30);
      expect((await ada.call()).token).toBe(token);
      const outage = { code: 'temporarily_unavailable' };
      expect(await ada.call({ loginHint: 'other' })).toMatchObject(outage);
      world.advance(31);
      expect(await ada.call()).toMatchObject(outage);
      world.tenant.clearFaults();
      world.advance(31);
      const next = await ada.call();
      expect([undefined, token]).not.toContain(next.token);
      expect((await callTool(world.mcp, ada.token, 'downstream')).status).toBe(200);
    },
  );

  it.each([
    ['html', { kind: 'html' }],
    [
      'a response without a token',
      { kind: 'respond', status: 200, body: { token_type: 'Bearer' } },
    ],
    [
      'a token that is bound to a key',
      { kind: 'respond', status: 200, body: { access_token: 'x', token_type: 'DPoP' } },
    ],
  ] as const)('%s counts as an outage', async (_, fault) => {
    const ada = await callerFor(world);
    world.tenant.fault('/oauth/token', fault);
    expect(await ada.call()).toMatchObject({ code: 'temporarily_unavailable' });
  });

  it('an outage of the My Account API costs time only: the same link works afterwards', async () => {
    const bob = await callerFor(world, BOB);
    const link = await bob.link();
    const browser = createBrowser();
    const page = await openLink(browser, link, BOB);
    const path = '/me/v1/connected-accounts/connect';
    world.tenant.fault(path, { kind: 'respond', status: 503 }, 3);
    expect((await pressConnect(browser, page)).status).toBe(503);
    world.tenant.clearFaults();
    expect((await connect(link, BOB, browser)).status).toBe(200);
    expect((await bob.call()).token).toBeDefined();
  });

  it.each([401, 403, 404])(
    'My Account API that is not set up (%s): the log has the remedy',
    async (status) => {
      const bob = await callerFor(world, BOB);
      const browser = createBrowser();
      const page = await openLink(browser, await bob.link(), BOB);
      const body = { type: 'x', status, title: 'Forbidden', detail: 'no' };
      const headers = { 'content-type': 'application/problem+json' };
      const path = '/me/v1/connected-accounts/connect';
      world.tenant.fault(path, { kind: 'respond', status, body, headers });
      expect((await pressConnect(browser, page)).status).toBe(500);
      expect(remedy()).toContain('Auth0 My Account API');
    },
  );

  it.each([
    [400, 403, 'was not connected'],
    [403, 403, 'was not connected'],
    [409, 403, 'was not connected'],
    [401, 500, 'Something went wrong'],
    [404, 500, 'Something went wrong'],
    [415, 500, 'Something went wrong'],
    [429, 503, 'does not respond'],
    [503, 503, 'does not respond'],
  ])(
    'a %i of the My Account API at the callback is a page with %i, and a new link works',
    async (status, shown, text) => {
      const bob = await callerFor(world, BOB);
      const browser = createBrowser();
      const callback = await untilCallback(world, browser, await bob.link(), BOB);
      const body = { type: 'x', status, title: 'Title', detail: 'detail' };
      const headers = { 'content-type': 'application/problem+json' };
      const path = '/me/v1/connected-accounts/complete';
      world.tenant.fault(path, { kind: 'respond', status, body, headers }, 1);
      const page = await browser.get(callback);
      expect([page.status, page.body.includes(text)]).toEqual([shown, true]);
      expect(page.body).not.toContain('detail</');
      expect((await connect(await bob.link(), BOB, browser)).status).toBe(200);
      expect((await bob.call()).token).toBeDefined();
    },
  );

  it('a callback URL that is not allowed at Auth0: the log has the remedy', async () => {
    const { applications } = world.tenant.settings;
    const changed = applications.map((one) => ({
      ...one,
      callbackUrls: [`${world.origin}/auth/callback`],
    }));
    world.tenant.configure({ applications: changed });
    const bob = await callerFor(world, BOB);
    const browser = createBrowser();
    const page = await openLink(browser, await bob.link(), BOB);
    expect((await pressConnect(browser, page)).status).toBe(500);
    expect(remedy()).toContain('/connected-accounts/callback');
  });

  it('the log says at start what the option needs: the callback URL, and no rotation', () => {
    const lines = linesWith(world, 'switch off Allow Refresh Token Rotation');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${world.origin}/connected-accounts/callback`);
  });

  it('a rotated refresh token is reported once, with the remedy', async () => {
    await world.close();
    await start({}, { users: [connectedAda], ...SHORT });
    const { applications } = world.tenant.settings;
    const rotating = applications.map((one) => ({ ...one, refreshTokenRotation: true }));
    world.tenant.configure({ applications: rotating });
    const ada = await callerFor(world);
    for (let n = 0; n < 2; n += 1) {
      world.advance(61);
      expect((await callTool(world.mcp, ada.token, 'downstream')).status).toBe(200);
    }
    expect(upstreamRefreshes(world)).toHaveLength(2);
    expect(linesWith(world, 'rotates the refresh tokens')).toHaveLength(1);
  });
});

describe('the store', () => {
  it('R-UP-7 holds no token, link, code or verifier that could be read', async () => {
    await world.close();
    const { storage, written } = recordedStorage();
    await start({ storages: [storage] }, { users: [ADA] });
    const ada = await callerFor(world);
    const link = await ada.link();
    const callback = await untilCallback(world, createBrowser(), link);
    const secrets = new Set([new URL(link).searchParams.get('link') ?? '', GOOGLE, ADA.sub]);
    const browser = createBrowser();
    const own = await untilCallback(world, browser, await ada.link());
    expect((await browser.get(own)).status).toBe(200);
    secrets.add(String((await ada.call()).token));
    for (const url of [callback, own]) secrets.add(String(url.searchParams.get('connect_code')));
    for (const { path, form, headers } of world.tenant.requests) {
      if (!path.startsWith('/me/v1/')) continue;
      secrets.add(String(headers.authorization?.replace('Bearer ', '')));
      for (const name of ['auth_session', 'code_verifier']) {
        if (form[name] !== undefined) secrets.add(form[name]);
      }
    }
    expect(secrets.size).toBeGreaterThan(7);
    expect(findSecrets(written(), secrets)).toEqual([]);
  });

  it('that fails after the exchange costs time: one exchange, and the token is stored', async () => {
    await world.close();
    const inner = memoryStorage();
    let failures = 0;
    const storage: Storage = {
      ...inner,
      async update(...parameters) {
        if (failures > 0 && exchanges().length > 0) {
          failures -= 1;
          throw new StorageUnavailableError('away');
        }
        return inner.update(...parameters);
      },
    };
    await start({ storages: [storage] }, { users: [connectedAda] });
    const ada = await callerFor(world);
    failures = 2;
    const { token } = await ada.call();
    expect([failures, token === undefined]).toEqual([0, false]);
    expect((await ada.call()).token).toBe(token);
    expect(exchanges()).toHaveLength(1);
  });

  it('that fails before it: nothing is sent, and the next call succeeds', async () => {
    await world.close();
    const inner = memoryStorage();
    let isAway = false;
    const storage: Storage = {
      ...inner,
      async update(...parameters) {
        if (isAway) throw new StorageUnavailableError('away');
        return inner.update(...parameters);
      },
    };
    await start({ storages: [storage] }, { users: [connectedAda] });
    const ada = await callerFor(world);
    isAway = true;
    expect(await ada.call()).toMatchObject({ name: 'StorageUnavailableError' });
    expect(exchanges()).toEqual([]);
    isAway = false;
    expect((await ada.call()).token).toBeDefined();
  });

  it('a process that dies between the exchange and the write: another one exchanges again', async () => {
    await world.close();
    const shared = memoryStorage();
    const dying = mortal(shared);
    const options = { upstreamTimeoutSeconds: 1 };
    await start(
      { instances: 2, storages: [dying.storage, shared], options },
      { users: [connectedAda] },
    );
    const ada = await callerFor(world);
    world.tenant.fault('/oauth/token', { kind: 'delay', milliseconds: 50 }, 1);
    const lost = ada.call({}, 0);
    await until(() => exchanges().length > 0);
    dying.die();
    world.advance(5);
    const { token } = await ada.call({}, 1);
    expect([token === undefined, exchanges().length]).toEqual([false, 2]);
    dying.revive();
    await lost;
    // Both tokens are valid: the one that was written last is used.
    expect((await ada.call({}, 1)).token).toBe((await ada.call({}, 0)).token);
    expect(exchanges()).toHaveLength(2);
  });
});

describe('the page of connected apps', () => {
  const open = () => signIn(createBrowser(), world.origin);

  it('shows connected accounts with a button that removes them', async () => {
    const ada = await callerFor(world);
    const { token } = await ada.call();
    const browser = createBrowser();
    const page = await signIn(browser, world.origin);
    expect(page.body).toContain('<h2>Connected accounts</h2>');
    expect(page.body).toContain('Remove <bdi>Google</bdi>');
    const after = await browser.submit(
      page,
      {},
      { form: ({ action }) => action.endsWith('/remove') },
    );
    expect([after.status, after.body.includes('Connected accounts')]).toEqual([200, false]);
    const next = await ada.call();
    expect([token === undefined, next.name]).toEqual([false, 'ConnectionRequiredError']);
    expect(world.events.at(-1)).toMatchObject({ type: 'account_removed', connection: GOOGLE });
  });

  it('removes nothing with the form of another user or session', async () => {
    const ada = await callerFor(world);
    await callerFor(world, BOB);
    const adas = await open();
    const account = /name="account" value="([^"]+)"/.exec(adas.body)?.[1] ?? '';
    const bobs = createBrowser();
    await signIn(bobs, world.origin, BOB);
    const url = `${world.origin}/connected-accounts/remove`;
    for (const [who, value] of [
      [bobs, account],
      [createBrowser(), account],
      [bobs, ''],
    ] as const) {
      expect((await who.post(url, { account: value })).status).toBe(403);
    }
    expect((await ada.call()).token).toBeDefined();
  });

  it('is shown without them while Auth0 is unavailable, and without the section where there are none', async () => {
    await callerFor(world);
    world.tenant.fault('/me/v1/connected-accounts/accounts', { kind: 'respond', status: 503 });
    const page = await open();
    expect([page.status, page.body.includes('cannot be shown right now')]).toEqual([200, true]);
    world.tenant.clearFaults();
    await callerFor(world, BOB);
    const bobs = await signIn(createBrowser(), world.origin, BOB);
    expect(bobs.body).not.toContain('Connected accounts');
  });
});
