/** The client credentials grant with a secret: what a client without a user gets, and what it does not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import { callTool, oauthClient, registerClient, toolResult } from '../../support/oauth-client.js';
import { startWorld, type World } from '../../support/world.js';

const SECRET = 'a-secret-of-a-machine-0123456789abcdef';
const REPORTS = {
  clientId: 'reports',
  name: 'Reports',
  grants: ['client_credentials' as const],
  scopes: ['files:read', 'files:write'],
  clientSecret: SECRET,
};
const WEB = {
  clientId: 'web',
  name: 'Web',
  redirectUris: ['http://127.0.0.1:45454/callback'],
  clientSecret: `${SECRET}-web`,
};
const BOTH = {
  ...WEB,
  clientId: 'both',
  grants: ['authorization_code' as const, 'client_credentials' as const],
  scopes: ['files:read'],
};

describe('the client credentials grant', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      options: {
        clients: [REPORTS, WEB, BOTH],
        toolScopes: { write_file: ['files:write'], get_token_info: ['files:read'] },
      },
    });
  });
  afterAll(() => world.close());

  const machine = (id = 'reports', secret: string | undefined = SECRET) =>
    oauthClient(world.origin, { id, secret, redirectUri: 'http://127.0.0.1:45454/callback' });
  const request = (
    overrides: Readonly<Record<string, string | undefined>> = {},
    { id, secret }: { id: string; secret: string | undefined } = machine(),
  ) =>
    machine().post('/token', {
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      ...overrides,
    });
  const tokenOf = async (overrides?: Readonly<Record<string, string>>): Promise<string> =>
    String((await request(overrides)).body.access_token);

  it('AS-36 EX-2 EX-12 issues an access token whose subject is the client, and no refresh token', async () => {
    const { status, body, headers } = await request();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'files:read files:write',
      },
    });
    expect(headers.get('cache-control')).toContain('no-store');
    const claims = decodeJwt(String(body.access_token));
    expect(claims).toMatchObject({ sub: 'reports', client_id: 'reports', aud: world.mcp });
  });

  it('EX-12 opens the MCP endpoint, although the token has no openid', async () => {
    const token = await tokenOf();
    expect(toolResult(await callTool(world.mcp, token, 'whoami'))).toEqual({
      subject: 'reports',
      clientId: 'reports',
      sameAsExtra: true,
    });
    expect(toolResult(await callTool(world.mcp, token, 'write_file'))).toBe('written');
  });

  it('EX-12 rejects a client that registered itself, and one with the code grant alone', async () => {
    const registered = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    for (const { id, secret } of [registered, machine('web', WEB.clientSecret)]) {
      const { status, body } = await request({}, { id, secret });
      expect([status, body.error]).toEqual([400, 'unauthorized_client']);
    }
  });
});
