import { afterEach, describe, expect, it } from '@jest/globals';
import type { Forge } from '../../lib/testing/token-draft.js';
import { withClaims } from '../support/forgeries.js';
import { callTool, registerClient } from '../support/oauth-client.js';
import { ALWAYS_DUE, linesWith, pass, upstreamRefreshes } from '../support/upstream.js';
import { startWorld, type World } from '../support/world.js';

describe('access tokens of the tenant that name no application', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(forge: Forge) {
    world = await startWorld({ tenant: { ...ALWAYS_DUE, forge } });
    return registerClient(world.origin);
  }

  it('FA-22: a login, a tool call and a refresh at Auth0 work without azp and client_id', async () => {
    const client = await start(withClaims('accessToken', { azp: undefined }));
    const tokens = await client.tokens();
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(1);
  });

  it.each([
    ['azp', { azp: 'another-application' }],
    ['client_id', { azp: undefined, client_id: 'another-application' }],
    ['client_id', { client_id: 'another-application' }],
  ])(
    'FA-22: another application in %s is a server_error, and the log says which',
    async (claim, claims) => {
      const client = await start(withClaims('accessToken', claims));
      const response = await client.logIn();
      expect(response.get('error')).toBe('server_error');
      expect(String(response)).not.toContain('another-application');
      const [line] = linesWith(world, 'another-application');
      expect(line).toContain(claim);
    },
  );

  it('FA-22: a refresh at Auth0 that returns a token of another application is rejected', async () => {
    const foreign = withClaims('accessToken', { azp: 'another-application' });
    const client = await start((draft, keys) =>
      draft.grantType === 'refresh_token' ? foreign(draft, keys) : undefined,
    );
    const tokens = await client.tokens();
    pass(world, 60);
    const response = await client.refresh(tokens.refresh_token);
    expect([response.status, response.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(linesWith(world, 'another-application')).not.toEqual([]);
  });
});
