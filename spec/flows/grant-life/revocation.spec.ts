import { afterEach, describe, expect, it } from '@jest/globals';

import { BOB } from '../../../demo/tenant/options.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { givenBack, linesWith, pass, until, upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const DAY = 86_400;

describe('revoking a grant', () => {
  let world: World;
  let client: OAuthClient;
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}): Promise<Record<string, unknown>> {
    world = await startWorld(options);
    client = await registerClient(world.origin);
    return client.tokens();
  }

  const revoke = (token: unknown, by: OAuthClient = client) =>
    by.post('/revoke', { token: String(token), client_id: by.id, client_secret: by.secret });

  async function statuses(token: unknown): Promise<number[]> {
    const ask = (instance: number) =>
      callTool(world.mcp, token, 'whoami', { 'x-instance': `${instance}` });
    return Promise.all(world.auths.map(async (_auth, index) => (await ask(index)).status));
  }

  it.each(['access_token', 'refresh_token'])(
    'R-RV-2 R-RV-3 /revoke with the %s ends the grant on every instance within a second, and its token at Auth0',
    async (kind) => {
      const tokens = await start({ instances: 3 });
      expect(await statuses(tokens.access_token)).toEqual([200, 200, 200]);
      const answer = await revoke(tokens[kind]);
      expect([answer.status, answer.body]).toEqual([200, {}]);
      await until(async () => `${await statuses(tokens.access_token)}` === '401,401,401');
      expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
      await until(() => givenBack(world).length === 1);
      expect(world.events).toContainEqual(
        expect.objectContaining({ type: 'grant_revoked', cause: 'client_request' }),
      );
    },
  );

  it('R-RV-1 an invalid token, an expired one and a second request are 200 as well, whatever the hint', async () => {
    const tokens = await start();
    for (const token of ['garbage', tokens.refresh_token, tokens.refresh_token]) {
      const form = { token: String(token), client_id: client.id, token_type_hint: 'pineapple' };
      expect((await client.post('/revoke', form)).status).toBe(200);
    }
  });

  it('R-RV-1 another client’s token stays valid', async () => {
    const tokens = await start();
    const stranger = await registerClient(world.origin, { client_name: 'Somebody else' });
    expect((await revoke(tokens.refresh_token, stranger)).status).toBe(200);
    expect(await statuses(tokens.access_token)).toEqual([200]);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('R-RV-3 an outage of Auth0 does not fail the request, and the token is revoked there afterwards', async () => {
    const tokens = await start();
    world.tenant.fault('/oauth/revoke', { kind: 'respond', status: 503 }, 4);
    expect((await revoke(tokens.refresh_token)).status).toBe(200);
    expect(givenBack(world)).toEqual([]);
    await until(() => givenBack(world).length === 1);
  });

  it('what Auth0 refuses is logged, without the token', async () => {
    const tokens = await start();
    world.tenant.fault('/oauth/revoke', {
      kind: 'respond',
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    });
    await revoke(tokens.refresh_token);
    await until(() => linesWith(world, 'could not be revoked at Auth0').length === 1);
    expect(linesWith(world, 'v1.')).toEqual([]);
  });

  it('close() revokes what is queued, without waiting for an outage to end', async () => {
    const tokens = await start();
    world.tenant.fault('/oauth/revoke', {
      kind: 'respond',
      status: 503,
      headers: { 'retry-after': '600' },
    });
    await revoke(tokens.refresh_token);
    await world.auth.close();
    expect(linesWith(world, 'could not be revoked at Auth0')).toHaveLength(1);
  });

  it('CLI-41 a new login of the same user with another installation revokes no other', async () => {
    const first = await start();
    const phone = await registerClient(world.origin);
    const second = await phone.tokens();
    expect(await statuses(first.access_token)).toEqual([200]);
    await phone.post('/revoke', { token: String(second.refresh_token), client_id: phone.id });
    expect(await statuses(first.access_token)).toEqual([200]);
    expect((await client.refresh(first.refresh_token)).status).toBe(200);
  });

  it('an expired grant is revoked at Auth0 at the next login of that user', async () => {
    await start({ options: { refreshTokenIdleTtlSeconds: 5 * DAY } });
    await client.tokens({ user: BOB });
    pass(world, 6 * DAY);
    expect(await world.auth.grants.list({ clientId: client.id })).toEqual([]);
    expect(givenBack(world)).toEqual([]);
    await client.tokens();
    await until(() => givenBack(world).length === 1);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'grant_revoked', cause: 'expired' }),
    );
    await client.tokens({ user: BOB });
    await until(() => givenBack(world).length === 2);
  });

  it('so is a login whose code was not redeemed, and also at a refresh at Auth0', async () => {
    const tokens = await start();
    await client.logIn();
    pass(world, DAY - 30);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(1);
    await until(() => givenBack(world).length === 1);
    expect((await world.auth.grants.list({ clientId: client.id })).length).toBe(1);
  });
});
