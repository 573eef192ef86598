import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import type { OAuthClient } from '../../support/oauth-client.js';
import { callTool, registerClient } from '../../support/oauth-client.js';
import {
  ALWAYS_DUE,
  givenBack,
  linesWith,
  pass,
  until,
  upstreamRefreshes,
} from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const DAY = 86_400;

describe('refreshing with the options and tenants there are', () => {
  let world: World;
  let client: OAuthClient;
  let tokens: Record<string, unknown>;
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}, parameters = {}): Promise<void> {
    world = await startWorld(options);
    client = await registerClient(world.origin);
    tokens = await client.tokens({ parameters });
  }

  const isAlive = async (token: unknown): Promise<boolean> =>
    (await callTool(world.mcp, token, 'whoami')).status === 200;

  it('the grace window can be set', async () => {
    await start({ options: { refreshTokenGraceSeconds: 10 } });
    await client.refresh(tokens.refresh_token);
    pass(world, 11);
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  it.each([
    ['with rotation, each refresh at Auth0 uses the token of the one before', true],
    ['without rotation, the same token stays valid', false],
  ])('%s', async (_title, refreshTokenRotation) => {
    world = await startWorld({ tenant: ALWAYS_DUE });
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    world.tenant.configure({ applications: [{ ...application, refreshTokenRotation }] });
    client = await registerClient(world.origin);
    let { refresh_token: token } = await client.tokens();
    for (let round = 0; round < 3; round += 1) {
      const { status, body } = await client.refresh(token);
      expect(status).toBe(200);
      token = body.refresh_token;
    }
    const sent = upstreamRefreshes(world).map(({ form }) => form.refresh_token);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(refreshTokenRotation ? 3 : 1);
  });

  it('permissions removed at Auth0 are removed from the tokens after the next refresh there', async () => {
    const scopesSupported = ['openid', 'read:notes'];
    const api = { ...ALWAYS_DUE.apis?.[0], identifier: DEMO_AUDIENCE, rbac: true };
    await start(
      { options: { scopesSupported }, tenant: { apis: [api] } },
      { scope: 'openid read:notes' },
    );
    expect(tokens.scope).toBe('openid read:notes');
    world.tenant.configure({ users: [{ ...ADA, permissions: {} }] });
    expect((await client.refresh(tokens.refresh_token)).body.scope).toBe('openid');
  });

  describe('without offline access at Auth0', () => {
    const noOffline: WorldOptions = {
      tenant: {
        apis: [
          { identifier: DEMO_AUDIENCE, allowOfflineAccess: false, tokenLifetimeSeconds: 1800 },
        ],
      },
    };

    it('lifetimes end with Auth0’s access token, and expires_in says so', async () => {
      await start(noOffline);
      expect(tokens.expires_in).toBeLessThanOrEqual(1800);
      expect(tokens.expires_in).toBeGreaterThan(1790);
      pass(world, 1000);
      const next = await client.refresh(tokens.refresh_token);
      expect(next.status).toBe(200);
      expect(next.body.expires_in).toBeLessThanOrEqual(800);
      pass(world, 801);
      expect((await client.refresh(next.body.refresh_token)).body.error).toBe('invalid_grant');
      expect(await isAlive(next.body.access_token)).toBe(false);
      expect(upstreamRefreshes(world)).toEqual([]);
    });

    it('the log says it once, with the settings to change', async () => {
      await start(noOffline);
      await client.tokens();
      const told = linesWith(world, 'Allow Offline Access');
      expect(told).toHaveLength(1);
      expect(told[0]).toContain('Grant Types');
    });
  });

  it('an application without the refresh grant is the same as no offline access', async () => {
    world = await startWorld();
    const [{ callbackUrls = [] } = {}] = world.tenant.settings.applications;
    world.tenant.configure({
      applications: [
        {
          clientId: DEMO_CLIENT_ID,
          clientSecret: DEMO_CLIENT_SECRET,
          callbackUrls,
          refreshTokenGrant: false,
        },
      ],
    });
    client = await registerClient(world.origin);
    tokens = await client.tokens();
    expect(linesWith(world, 'Allow Offline Access')).toHaveLength(1);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('gives Auth0 back the token of a login whose code was never redeemed', async () => {
    await start();
    await client.logIn();
    pass(world, DAY - 30);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(1);
    await until(() => givenBack(world).length === 1);
    expect((await world.auth.grants.list({ clientId: client.id })).length).toBe(1);
  });
});
