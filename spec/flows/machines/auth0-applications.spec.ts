/** Clients that are machine-to-machine applications of the tenant: Auth0 checks id and secret at each token request. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import {
  type Application,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import type { JwtDraft, TokenDraft } from '../../../lib/testing/token-draft.js';
import { callTool, oauthClient, toolResult } from '../../support/oauth-client.js';
import { startWorld, type World } from '../../support/world.js';

const SECRET = 'the-secret-at-auth0-of-the-application-0123456789';
const application = (clientId: string, scopes?: readonly string[]): Application => ({
  clientId,
  clientSecret: SECRET,
  ...(scopes && { clientGrants: { [DEMO_AUDIENCE]: scopes } }),
});
const client = (clientId: string, scopes?: readonly string[]) => ({
  clientId,
  name: clientId,
  grants: ['client_credentials' as const],
  auth0Application: true as const,
  ...(scopes && { scopes }),
});

function signedPart({ accessToken }: TokenDraft): JwtDraft {
  if (typeof accessToken !== 'object') throw new Error('no access token');
  return accessToken;
}

const claimsOf = (draft: TokenDraft): Record<string, unknown> => signedPart(draft).claims;

describe('a client that is an application of Auth0', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      options: {
        clients: [
          client('billing'),
          client('narrowed', ['files:read', 'files:delete']),
          client('unauthorized'),
          client('no-grant'),
          client('deleted'),
        ],
        toolScopes: { write_file: ['files:write'], get_token_info: ['files:read'] },
      },
    });
    const [own] = world.tenant.settings.applications;
    if (own === undefined) throw new Error('no application');
    world.tenant.configure({
      applications: [
        own,
        application('billing', ['files:read', 'files:write']),
        application('narrowed', ['files:read', 'files:write']),
        { ...application('unauthorized', []), clientGrants: {} },
        application('no-grant'),
        application('not-listed', ['files:read', 'files:write']),
      ],
    });
  });
  afterEach(() => {
    world.tenant.clearFaults();
    world.tenant.configure({ forge: undefined });
  });
  afterAll(() => world.close());

  const request = (id: string, overrides: Readonly<Record<string, string | undefined>> = {}) =>
    oauthClient(world.origin, { id, secret: SECRET, redirectUri: '' }).post('/token', {
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: SECRET,
      ...overrides,
    });
  const errorOf = async (id: string, overrides?: Readonly<Record<string, string | undefined>>) => {
    const { status, body } = await request(id, overrides);
    return [status, body.error];
  };
  const atAuth0 = () => world.tenant.requests.filter(({ path }) => path === '/oauth/token');

  it('EX-12 gets our token with the scopes that Auth0 grants, and Auth0’s own stays here', async () => {
    const { status, body } = await request('billing');
    expect(status).toBe(200);
    expect(body).toMatchObject({ scope: 'files:read files:write', expires_in: 3600 });
    expect(body).not.toHaveProperty('refresh_token');
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'billing',
      iss: world.origin,
      aud: world.mcp,
    });
    const info = toolResult(await callTool(world.mcp, body.access_token, 'get_token_info'));
    expect(info).toMatchObject({ issuer: world.tenant.issuer, scope: 'files:read files:write' });
    const downstream = await callTool(world.mcp, body.access_token, 'downstream');
    expect(toolResult(downstream)).toEqual({ isJwt: true });
  });

  it('is asked for at Auth0 with our audience, and not with ours or the caller’s scope and resource', async () => {
    world.tenant.clearRequests();
    await request('billing', {
      scope: 'files:read',
      resource: world.mcp,
      audience: 'https://evil',
    });
    expect(atAuth0().map(({ form }) => form)).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'billing',
        client_secret: SECRET,
        audience: DEMO_AUDIENCE,
      },
    ]);
  });

  it('has the scopes of the option that Auth0 grants, no others', async () => {
    expect((await request('narrowed')).body.scope).toBe('files:read');
    expect(await errorOf('narrowed', { scope: 'files:write' })).toEqual([400, 'invalid_scope']);
  });

  it('is rejected with a wrong secret, without one, and after its deletion, as any other client', async () => {
    const wrong = await request('billing', { client_secret: `${SECRET}x` });
    expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client']);
    for (const [id, overrides] of [
      ['billing', { client_secret: undefined }],
      ['billing', { client_secret: '' }],
      ['deleted', {}],
      ['unknown', {}],
    ] as const) {
      const { status, body } = await request(id, overrides);
      expect({ status, body }).toEqual({ status: wrong.status, body: wrong.body });
    }
  });

  it('is nothing without being listed, and Auth0 is not asked', async () => {
    world.tenant.clearRequests();
    expect(await errorOf('not-listed')).toEqual([401, 'invalid_client']);
    expect(await errorOf(DEMO_CLIENT_ID, { client_secret: DEMO_CLIENT_SECRET })).toEqual([
      401,
      'invalid_client',
    ]);
    expect(atAuth0()).toEqual([]);
  });

  it.each(['unauthorized', 'no-grant'])(
    'that Auth0 has not set up (%s) is the operator’s matter: the log has the remedy',
    async (id) => {
      const { status, body } = await request(id);
      expect([status, body.error]).toEqual([500, 'server_error']);
      expect(JSON.stringify(body)).not.toContain('Dashboard');
      const line = world.log.find(({ message }) => message === 'Auth0 is not set up correctly');
      expect(line?.fields.remedy).toContain('Machine to Machine Applications');
    },
  );

  it.each([
    ['is down', { kind: 'drop' }],
    ['fails', { kind: 'respond', status: 500, body: { error: 'server_error' } }],
    ['limits the tenant', { kind: 'rate-limited', resetSeconds: 7 }],
    ['responds with a page', { kind: 'html' }],
  ] as const)('while Auth0 %s gets a 503 and never invalid_client', async (_what, fault) => {
    world.tenant.fault('/oauth/token', fault);
    const { status, body, headers } = await request('billing');
    expect([status, body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each<[string, (draft: TokenDraft) => void]>([
    ['of another application', (draft) => Object.assign(claimsOf(draft), { azp: 'not-listed' })],
    [
      'for another API',
      (draft) => Object.assign(claimsOf(draft), { aud: 'https://other.example' }),
    ],
    ['of another issuer', (draft) => Object.assign(claimsOf(draft), { iss: 'https://evil.test/' })],
    [
      'with a foreign signature',
      (draft) => Object.assign(signedPart(draft), { signer: 'foreign' }),
    ],
  ])('is not served with a token of Auth0 %s', async (_what, forge) => {
    world.tenant.configure({ forge });
    const { status, body } = await request('billing');
    expect(status).toBe(500);
    expect(body).not.toHaveProperty('access_token');
  });

  it('loses its access when the Auth0 token expires', async () => {
    world.tenant.configure({
      forge: (draft) => {
        const claims = claimsOf(draft);
        claims.exp = Number(claims.iat) + 600;
      },
    });
    const { body } = await request('billing');
    expect(body.expires_in).toBeGreaterThan(590);
    expect(body.expires_in).toBeLessThanOrEqual(600);
  });

  it('may not revoke a token of another client, and ends its own', async () => {
    const { body } = await request('billing');
    const token = String(body.access_token);
    const post = (id: string) =>
      oauthClient(world.origin, { id, secret: SECRET, redirectUri: '' }).post('/revoke', {
        token,
        client_id: id,
        client_secret: SECRET,
      });
    expect((await post('narrowed')).status).toBe(200);
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(200);
    expect((await post('billing')).status).toBe(200);
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(401);
  });

  it('cannot be used to exhaust the limits of the tenant from one address', async () => {
    world.tenant.clearRequests();
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => request('billing', { client_secret: 'guess' })),
    );
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect(atAuth0().length).toBeLessThanOrEqual(60);
  });
});
