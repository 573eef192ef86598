import { afterEach, describe, expect, it } from '@jest/globals';

import { BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { startWorld, type World } from '../support/world.js';

describe('impliedScopes', () => {
  let world: World;
  afterEach(() => world.close());

  const rbac = (permissions: string[]) => ({
    apis: [{ identifier: DEMO_AUDIENCE, scopes: ['read:notes', 'admin'], rbac: true }],
    users: [{ ...BOB, permissions: { [DEMO_AUDIENCE]: permissions } }],
  });
  const options = {
    requiredScopes: ['openid', 'read:notes'],
    scopesSupported: ['admin'],
    impliedScopes: { admin: ['read:notes'] },
  };

  it('RS-15 a user to whom Auth0 grants only the wider scope can log in where the narrower is required', async () => {
    world = await startWorld({ options, tenant: rbac(['admin']) });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens({ user: BOB });
    expect(tokens.scope).toBe('openid read:notes');
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
    const refreshed = await client.refresh(tokens.refresh_token);
    expect(refreshed.body.scope).toBe('openid read:notes');
  });

  it('revokes at Auth0 the grant of a rejected login', async () => {
    world = await startWorld({ options, tenant: rbac([]) });
    const client = await registerClient(world.origin);
    expect((await client.logIn({ user: BOB })).get('error')).toBe('access_denied');
    await world.auth.close();
    expect(world.tenant.requests.filter(({ path }) => path === '/oauth/revoke')).toHaveLength(1);
  });
});
