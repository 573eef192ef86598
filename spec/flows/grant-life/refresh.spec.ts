import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../demo/tenant/options.js';
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

describe('refreshing', () => {
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

  it('AS-18 R-TK-12 CLI-41 rotates; inside the grace window every caller gets the same successor, and all tokens work', async () => {
    await start();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.refresh(tokens.refresh_token)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    expect(successors.has(tokens.refresh_token)).toBe(false);
    pass(world, 119);
    const late = await client.refresh(tokens.refresh_token);
    expect(late.body.refresh_token).toBe(answers[0]?.body.refresh_token);
    for (const { body } of [...answers, late]) expect(await isAlive(body.access_token)).toBe(true);
  });

  it('R-TK-12 a replay after the grace window revokes all tokens of the grant, here and at Auth0', async () => {
    await start();
    const next = await client.refresh(tokens.refresh_token);
    pass(world, 121);
    const replay = await client.refresh(tokens.refresh_token);
    expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant']);
    expect((await client.refresh(next.body.refresh_token)).body.error).toBe('invalid_grant');
    expect(await isAlive(next.body.access_token)).toBe(false);
    const types = world.events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['refresh_token_replayed', 'grant_revoked']));
    await until(() => givenBack(world).length === 1);
  });

  it('the grace window can be set', async () => {
    await start({ options: { refreshTokenGraceSeconds: 10 } });
    await client.refresh(tokens.refresh_token);
    pass(world, 11);
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
  });

  it('R-TK-10 narrows the access token by scope and leaves the grant unchanged; more than granted is invalid_scope and uses nothing up', async () => {
    const scopesSupported = ['openid', 'read:notes', 'files:write'];
    await start({ options: { scopesSupported } }, { scope: 'openid read:notes' });
    const narrow = await client.refresh(tokens.refresh_token, { scope: 'openid' });
    expect(narrow.body.scope).toBe('openid');
    const wide = await client.refresh(narrow.body.refresh_token, { scope: 'files:write' });
    expect([wide.status, wide.body.error]).toEqual([400, 'invalid_scope']);
    const whole = await client.refresh(narrow.body.refresh_token, { scope: 'read:notes openid' });
    expect(String(whole.body.scope).split(' ').sort()).toEqual(['openid', 'read:notes']);
    const unsaid = await client.refresh(whole.body.refresh_token);
    expect(String(unsaid.body.scope).split(' ').sort()).toEqual(['openid', 'read:notes']);
  });

  it('R-TK-11 another client with the token gets invalid_grant, and the grant stays', async () => {
    await start();
    const thief = await registerClient(world.origin, { client_name: 'Somebody else' });
    expect((await thief.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('R-TK-9 R-TK-14 CLI-40 accepts this resource or none, refuses another one and an unknown grant type', async () => {
    await start();
    const foreign = await client.refresh(tokens.refresh_token, { resource: 'https://other.test/' });
    expect([foreign.status, foreign.body.error]).toEqual([400, 'invalid_target']);
    const ours = await client.refresh(tokens.refresh_token, { resource: world.mcp });
    expect(ours.status).toBe(200);
    const odd = await client.post('/token', { grant_type: 'password', client_id: client.id });
    expect([odd.status, odd.body.error]).toEqual([400, 'unsupported_grant_type']);
  });

  it('R-TK-13 a grant expires after its idle time, which every refresh restarts', async () => {
    await start({ options: { refreshTokenIdleTtlSeconds: 10 * DAY } });
    let { refresh_token: token } = tokens;
    for (let round = 0; round < 3; round += 1) {
      pass(world, 9 * DAY);
      const answer = await client.refresh(token);
      expect(answer.status).toBe(200);
      token = answer.body.refresh_token;
    }
    pass(world, 10 * DAY + 1);
    expect((await client.refresh(token)).body.error).toBe('invalid_grant');
  });

  it('R-TK-13 CLI-44 no refresh extends the absolute lifetime, and expires_in is shorter near its end', async () => {
    await start({ options: { refreshTokenTtlSeconds: 3 * DAY } });
    pass(world, 3 * DAY - 600);
    const last = await client.refresh(tokens.refresh_token);
    expect(last.status).toBe(200);
    expect(last.body.expires_in).toBeGreaterThan(590);
    expect(last.body.expires_in).toBeLessThanOrEqual(600);
    pass(world, 601);
    expect((await client.refresh(last.body.refresh_token)).body.error).toBe('invalid_grant');
    expect(await isAlive(last.body.access_token)).toBe(false);
  });

  it('sends no request to Auth0 while its token is valid, and one when it is due', async () => {
    await start();
    let { refresh_token: token } = tokens;
    for (let hour = 0; hour < 23; hour += 1) {
      pass(world, 3600);
      token = (await client.refresh(token)).body.refresh_token;
    }
    expect(upstreamRefreshes(world)).toHaveLength(0);
    pass(world, 3600);
    expect((await client.refresh(token)).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(1);
  });

  it.each([
    ['with rotation, each refresh at Auth0 uses the token of the one before', true],
    ['without rotation, the same token goes on', false],
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

  it('AS-34 a user revoked at Auth0 loses refresh and access at the next refresh there', async () => {
    await start({ tenant: ALWAYS_DUE });
    world.tenant.revokeUser(ADA.sub);
    const answer = await client.refresh(tokens.refresh_token);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
    expect(await isAlive(tokens.access_token)).toBe(false);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'grant_revoked', cause: 'auth0_session_ended' }),
    );
  });

  it('a second factor required at a refresh means a new browser login', async () => {
    await start({ tenant: ALWAYS_DUE });
    world.tenant.configure({ mfaOnRefresh: true });
    expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
    expect(await isAlive(tokens.access_token)).toBe(false);
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
});
