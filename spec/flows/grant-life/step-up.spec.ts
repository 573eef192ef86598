import { afterEach, describe, expect, it } from '@jest/globals';
import type { Auth0McpEvent } from '../../../lib/config/events.js';
import { createBrowser } from '../../../lib/testing/browser.js';
import { ADA } from '../../../lib/testing/options.js';
import { documentFor, startTlsHost } from '../../clients/metadata-documents/tls-host.js';
import { appsOn, disconnect, signIn } from '../../support/connected-apps.js';
import {
  callTool,
  type OAuthClient,
  oauthClient,
  registerClient,
} from '../../support/oauth-client.js';
import { givenBack, pass, until } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const SCOPES = { scopesSupported: ['openid', 'read:notes', 'files:write'] };
/** As long as a superseded grant lives on, and a little more. */
const PAST_THE_WINDOW = 125;

let world: World;
let client: OAuthClient;
const afterwards: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  await world.close();
  for (const undo of afterwards.splice(0).reverse()) await undo();
});

async function start(options: WorldOptions = {}): Promise<void> {
  world = await startWorld({ connectedApps: true, options: SCOPES, ...options });
  client = await registerClient(world.origin, { client_name: 'Claude' });
}

const tokensFor = (scope: string, from = client) => from.tokens({ parameters: { scope } });

/** A login for one scope, then one more for two. */
async function stepUp() {
  const before = await tokensFor('openid read:notes');
  const after = await tokensFor('openid read:notes files:write');
  await until(() => superseded().length > 0);
  return { before, after };
}

const status = async ({ access_token: token }: Record<string, unknown>): Promise<number> =>
  (await callTool(world.mcp, token, 'whoami')).status;

const superseded = (): Auth0McpEvent[] =>
  world.events.filter((event) => 'cause' in event && event.cause === 'superseded');

const grants = (subject = ADA.sub) => world.auth.grants.list({ subject });

/** Whether both logins are still good after the window. */
async function bothLive(one: Record<string, unknown>, other: Record<string, unknown>) {
  pass(world, PAST_THE_WINDOW);
  expect([await status(one), await status(other)]).toEqual([200, 200]);
  expect(superseded()).toEqual([]);
}

describe('FA-21 after a step-up', () => {
  it('FA-21: the app is listed once on the connected apps page, with the new permissions', async () => {
    await start();
    const first = await tokensFor('openid read:notes');
    const [old] = await grants();
    const after = await tokensFor('openid read:notes files:write');
    await until(() => superseded().length === 1);
    expect(superseded()).toEqual([
      expect.objectContaining({ type: 'grant_revoked', grantId: old?.id, subject: ADA.sub }),
    ]);
    const page = await signIn(createBrowser(), world.origin);
    expect(appsOn(page)).toEqual(['Claude']);
    expect(page.body).toContain('<li><code>files:write</code></li>');
    expect(await grants()).toEqual([expect.objectContaining({ clientId: client.id })]);
    expect([await status(first), await status(after)]).toEqual([200, 200]);
  });

  it('FA-21: tokens of the old grant work inside the grace window, and not after it', async () => {
    await start();
    const { before, after } = await stepUp();
    pass(world, 60);
    const late = await client.refresh(before.refresh_token);
    expect(late.status).toBe(200);
    expect(late.body.expires_in).toBeLessThanOrEqual(60);
    pass(world, PAST_THE_WINDOW);
    expect([await status(before), await status(late.body)]).toEqual([401, 401]);
    for (const token of [before.refresh_token, late.body.refresh_token]) {
      expect((await client.refresh(token)).body.error).toBe('invalid_grant');
    }
    expect(await status(after)).toBe(200);
    const next = await client.refresh(after.refresh_token);
    expect([next.status, await status(next.body)]).toEqual([200, 200]);
    // Its refresh token is revoked at Auth0 at the next login at the latest, without a second event.
    await (await registerClient(world.origin, { client_name: 'Another' })).tokens();
    await until(() => givenBack(world).length === 1);
    expect(world.events.filter(({ type }) => type === 'grant_revoked')).toHaveLength(1);
  });

  it('FA-21: the window is that of refreshTokenGraceSeconds', async () => {
    await start({ options: { ...SCOPES, refreshTokenGraceSeconds: 5 } });
    const { before, after } = await stepUp();
    pass(world, 6);
    expect([await status(before), await status(after)]).toEqual([401, 200]);
  });

  it.each<[string, (after: Record<string, unknown>) => Promise<unknown>]>([
    [
      'the user disconnects the app',
      async () => {
        const browser = createBrowser();
        return disconnect(browser, await signIn(browser, world.origin), 'Claude');
      },
    ],
    [
      'the client revokes its token',
      ({ refresh_token: token }) =>
        client.post('/revoke', { token: String(token), client_id: client.id }),
    ],
    [
      'the operator revokes the grant',
      async () => world.auth.grants.revoke(String((await grants())[0]?.id)),
    ],
    [
      'the operator revokes all of the user',
      () => world.auth.grants.revokeAll({ subject: ADA.sub }),
    ],
  ])(
    'FA-21: when %s inside the window, the old access ends at once as well',
    async (_what, end) => {
      await start();
      const { before, after } = await stepUp();
      await end(after);
      expect([await status(before), await status(after)]).toEqual([401, 401]);
      expect((await client.refresh(before.refresh_token)).body.error).toBe('invalid_grant');
      await until(() => givenBack(world).length === 2);
    },
  );

  it('FA-21: a program that listens on a different port each time is one installation', async () => {
    await start();
    client = await registerClient(world.origin, {
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback'],
    });
    const redeemAt = async (redirectUri: string) => {
      const code = (await client.logIn({ parameters: { redirect_uri: redirectUri } })).get('code');
      return (await client.redeem(String(code), { redirect_uri: redirectUri })).body;
    };
    const one = await redeemAt('http://localhost:40002/callback');
    const two = await redeemAt('http://localhost:40003/callback');
    await until(() => superseded().length === 1);
    pass(world, PAST_THE_WINDOW);
    expect([await status(one), await status(two)]).toEqual([401, 200]);
  });
});

describe('FA-21 a login does not supersede', () => {
  it('FA-21: another installation under the same metadata document', async () => {
    const host = await startTlsHost();
    afterwards.push(() => host.close());
    await start({ host: { allowedNetwork: host.network() } });
    for (const redirectUri of [
      'https://claude.ai/api/mcp/auth_callback',
      'http://127.0.0.1:5/cb',
    ]) {
      host.answer = documentFor({ redirect_uris: [redirectUri] });
      const id = host.url(`/client-${redirectUri.length}.json`);
      const shared = oauthClient(world.origin, { id, secret: undefined, redirectUri });
      await bothLive(await shared.tokens(), await shared.tokens());
    }
  });
});
