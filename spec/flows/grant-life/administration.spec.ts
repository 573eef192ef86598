import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ADA, BOB } from '../../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { givenBack, pass, until } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

describe('auth.grants, for admin pages and “connected apps” pages', () => {
  let world: World;
  let claude: OAuthClient;
  let cursor: OAuthClient;
  beforeEach(async () => {
    world = await startWorld({ instances: 3 });
    claude = await registerClient(world.origin, { client_name: 'Claude' });
    cursor = await registerClient(world.origin, { client_name: 'Cursor' });
  });
  afterEach(() => world.close());

  async function statuses(token: unknown): Promise<number[]> {
    const ask = (instance: number) =>
      callTool(world.mcp, token, 'whoami', { 'x-instance': `${instance}` });
    return Promise.all([0, 1, 2].map(async (instance) => (await ask(instance)).status));
  }

  it('lists the grants of a user, of a client, or of both, without a secret', async () => {
    const tokens = await claude.tokens();
    await cursor.tokens();
    await claude.tokens({ user: BOB });
    const clientsOf = async (filter: { subject?: string; clientId?: string }) =>
      (await world.auth.grants.list(filter)).map(({ clientName }) => clientName).toSorted();
    expect(await clientsOf({ subject: ADA.sub })).toEqual(['Claude', 'Cursor']);
    expect(await clientsOf({ subject: BOB.sub })).toEqual(['Claude']);
    expect(await clientsOf({ clientId: claude.id })).toEqual(['Claude', 'Claude']);
    expect(await clientsOf({ clientId: cursor.id, subject: BOB.sub })).toEqual([]);
    const [grant] = await world.auth.grants.list({ clientId: claude.id, subject: ADA.sub });
    expect(Object.keys(grant ?? {}).toSorted()).toEqual(
      ['id', 'clientId', 'clientName', 'subject', 'scopes', 'createdAt', 'lastUsedAt'].toSorted(),
    );
    expect(JSON.stringify(grant)).not.toContain(String(tokens.refresh_token));
  });

  it('lists nothing without a filter', async () => {
    await claude.tokens();
    expect(await world.auth.grants.list({})).toEqual([]);
    expect(await world.auth.grants.revokeAll({})).toBe(0);
  });

  it('shows when a grant was created and last used', async () => {
    const { refresh_token: token } = await claude.tokens();
    pass(world, 500);
    await claude.refresh(token);
    const [grant] = await world.auth.grants.list({ subject: ADA.sub });
    expect((grant?.lastUsedAt ?? 0) - (grant?.createdAt ?? 0)).toBeGreaterThanOrEqual(500);
  });

  it('revoke ends a grant at once on the instance that is called, on the others within a second, and at Auth0', async () => {
    const [first, second] = [await claude.tokens(), await cursor.tokens()];
    expect(await statuses(first.access_token)).toEqual([200, 200, 200]);
    const [grant] = await world.auth.grants.list({ clientId: claude.id });
    await world.auths[2]?.grants.revoke(String(grant?.id));
    expect((await statuses(first.access_token))[2]).toBe(401);
    await until(async () => `${await statuses(first.access_token)}` === '401,401,401');
    expect(await statuses(second.access_token)).toEqual([200, 200, 200]);
    expect((await claude.refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    await until(() => givenBack(world).length === 1);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'grant_revoked', cause: 'operator', grantId: grant?.id }),
    );
    await world.auth.grants.revoke(String(grant?.id));
    await world.auth.grants.revoke('never-issued');
  });

  it('revokeAll revokes what matches and returns how many', async () => {
    const tokens = [await claude.tokens(), await cursor.tokens()];
    const bob = await claude.tokens({ user: BOB });
    expect(await world.auths[1]?.grants.revokeAll({ subject: ADA.sub })).toBe(2);
    for (const { access_token: token } of tokens) {
      expect(await statuses(token)).toEqual([401, 401, 401]);
    }
    expect(await statuses(bob.access_token)).toEqual([200, 200, 200]);
    expect(await world.auth.grants.revokeAll({ subject: ADA.sub })).toBe(0);
    await until(() => givenBack(world).length === 2);
  });
});
