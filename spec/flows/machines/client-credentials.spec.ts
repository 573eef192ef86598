/** The client credentials grant with a secret: what a client without a user gets, and what it does not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import { ADA } from '../../../lib/testing/options.js';
import { atMcp, sessionRoute } from '../../support/mcp-route.js';
import {
  callTool,
  oauthClient,
  registerClient,
  rpc,
  toolResult,
} from '../../support/oauth-client.js';
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

  // Only `resource` may be repeated (RFC 8707 §2).
  it.each(['grant_type', 'scope', 'client_id', 'client_secret'])(
    'rejects %s sent twice, also with the same value, and issues nothing',
    async (name) => {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'files:read',
        resource: world.mcp,
        client_id: 'reports',
        client_secret: SECRET,
      });
      form.append(name, String(form.get(name)));
      const before = world.events.length;
      const response = await fetch(`${world.origin}/token`, { method: 'POST', body: form });
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: 'invalid_request' },
      ]);
      expect(world.events.slice(before).map(({ type }) => type)).not.toContain(
        'access_token_issued',
      );
    },
  );

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

  it('EX-12 grants what is requested and allowed, and rejects unknown scopes', async () => {
    const scopeOf = async (scope: string, from = machine()) => {
      const { status, body } = await request({ scope }, from);
      return status === 200 ? body.scope : body.error;
    };
    expect(await scopeOf('files:read')).toBe('files:read');
    expect(await scopeOf('files:read no_such_scope')).toBe('invalid_scope');
    // Scopes about a user mean nothing here: SDK 2 requests those of the challenge.
    expect(await scopeOf('openid')).toBe('files:read files:write');
    expect(await scopeOf('openid profile email offline_access files:read')).toBe('files:read');
    // Known here, and not of this client.
    const both = machine('both', WEB.clientSecret);
    expect(await scopeOf('files:read files:write', both)).toBe('files:read');
    expect(await scopeOf('files:write', both)).toBe('invalid_scope');
  });

  it('EX-12 challenges a call that needs another scope with a 403, which names it', async () => {
    const token = await tokenOf({ scope: 'files:read' });
    const { status, headers } = await callTool(world.mcp, token, 'write_file');
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('scope="files:read files:write"');
  });

  it('rejects another resource', async () => {
    const { status, body } = await request({ resource: 'https://other.example/mcp' });
    expect([status, body.error]).toEqual([400, 'invalid_target']);
    expect((await request({ resource: world.mcp })).status).toBe(200);
  });

  it('rejects a wrong secret, none, an empty one and an unknown client with one response', async () => {
    const answers = await Promise.all([
      request({ client_secret: 'wrong' }),
      request({ client_secret: `${SECRET} ` }),
      request({ client_secret: SECRET.slice(1) }),
      request({ client_secret: '' }),
      request({ client_secret: undefined }),
      request({ client_secret: WEB.clientSecret }),
      request({}, { id: 'nobody', secret: SECRET }),
    ]);
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({ status: 401, body: answers[0]?.body });
    }
    expect(answers[0]?.body.error).toBe('invalid_client');
  });

  it('takes the secret in a header, plain or form-encoded, and not in two places', async () => {
    const basic = `Basic ${Buffer.from(`reports:${SECRET}`).toString('base64')}`;
    const post = async (form: Record<string, string>) => {
      const response = await fetch(`${world.origin}/token`, {
        method: 'POST',
        headers: { authorization: basic },
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      });
      return [response.status, ((await response.json()) as { error?: string }).error];
    };
    expect(await post({})).toEqual([200, undefined]);
    expect(await post({ client_id: 'reports' })).toEqual([200, undefined]);
    expect(await post({ client_id: 'reports', client_secret: SECRET })).toEqual([
      400,
      'invalid_request',
    ]);
    expect(await post({ client_id: 'both' })).toEqual([400, 'invalid_request']);
  });

  it('shows no login to a client without the code grant, and redeems nothing for it', async () => {
    const page = await fetch(machine().authorizeUrl(), { redirect: 'manual' });
    expect(page.status).toBe(400);
    expect(page.headers.get('location')).toBeNull();
    const code = await machine('web', WEB.clientSecret).logIn();
    for (const form of [
      { grant_type: 'authorization_code', code: String(code.get('code')) },
      { grant_type: 'refresh_token', refresh_token: 'x' },
    ]) {
      const { status, body } = await request({ ...form, code_verifier: 'v'.repeat(43) });
      expect([status, body.error]).toEqual([400, 'invalid_grant']);
    }
  });

  it('keeps a client with both grants apart from its users', async () => {
    const both = machine('both', WEB.clientSecret);
    const user = await both.tokens();
    const own = await request({}, both);
    const who = async (token: unknown) => toolResult(await callTool(world.mcp, token, 'whoami'));
    expect(await who(user.access_token)).toMatchObject({ subject: ADA.sub, email: ADA.email });
    expect(await who(own.body.access_token)).not.toHaveProperty('email');
    expect(own.body.refresh_token).toBeUndefined();
    expect(user.refresh_token).toBeDefined();
    // An access token is no refresh token, and the token of a client without a user is none of a user.
    const refreshed = await both.refresh(own.body.access_token);
    expect(refreshed.body.error).toBe('invalid_grant');
    const list = (filter: object) => world.auth.grants.list(filter);
    expect((await list({ subject: ADA.sub })).every(({ subject }) => subject === ADA.sub)).toBe(
      true,
    );
    expect(await list({ subject: 'both' })).toEqual([]);
    const subjects = (await list({ clientId: 'both' })).map(({ subject }) => subject);
    expect(new Set(subjects)).toEqual(new Set([ADA.sub, undefined]));
  });

  it('has no Auth0 token for a tool, and says so by a name', async () => {
    const { body } = await callTool(world.mcp, await tokenOf(), 'downstream');
    expect(JSON.stringify(body)).toContain('this caller has no login at Auth0');
    const caller = await world.context.verifyBearer(await tokenOf());
    expect(caller).toMatchObject({ isMachine: true, user: {}, claims: {}, subject: 'reports' });
    await expect(caller.auth0Token()).rejects.toMatchObject({
      name: 'NoAuth0TokenError',
      code: 'ERR_AUTH0_MCP_NO_AUTH0_TOKEN',
    });
  });

  it('RFC 7009 is revoked by its own client only, one token at a time', async () => {
    const [token, other] = [await tokenOf(), await tokenOf()];
    const revoke = ({ id, secret }: { id: string; secret: string | undefined }) =>
      machine().post('/revoke', { token, client_id: id, client_secret: secret });
    expect((await revoke(machine('both', WEB.clientSecret))).status).toBe(200);
    expect((await revoke(machine('reports', 'wrong'))).status).toBe(401);
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(200);
    expect((await revoke(machine())).status).toBe(200);
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(401);
    expect((await callTool(world.mcp, other, 'whoami')).status).toBe(200);
  });

  it('is listed and ended by the administration of grants', async () => {
    await world.auth.grants.revokeAll({ clientId: 'reports' });
    const token = await tokenOf();
    const [grant, ...others] = await world.auth.grants.list({ clientId: 'reports' });
    expect(others).toEqual([]);
    expect(grant).toMatchObject({
      clientId: 'reports',
      clientName: 'Reports',
      subject: undefined,
      scopes: REPORTS.scopes,
    });
    await world.auth.grants.revoke(String(grant?.id));
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(401);
  });

  it('emits an event without a subject', async () => {
    const before = world.events.length;
    await tokenOf();
    expect(world.events.slice(before)).toEqual([
      {
        type: 'access_token_issued',
        grantType: 'client_credentials',
        client: 'reports',
        grantId: expect.any(String),
        correlationId: expect.any(String),
      },
    ]);
  });

  it('binds an MCP session to the client', async () => {
    const web = machine('web', WEB.clientSecret);
    const sessions = await startWorld({
      options: { clients: [REPORTS, WEB, BOTH] },
      mount: atMcp(sessionRoute()),
    });
    try {
      const token = async (id: string, secret: string) => {
        const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
        return (await oauthClient(sessions.origin, web).post('/token', form)).body.access_token;
      };
      const initialize = {
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x', version: '1' },
        },
      };
      const opened = await rpc(sessions.mcp, await token('reports', SECRET), initialize);
      const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
      const call = async (id: string, secret: string) =>
        (await callTool(sessions.mcp, await token(id, secret), 'whoami', session)).status;
      expect(await call('reports', SECRET)).toBe(200);
      expect(await call('both', WEB.clientSecret)).toBe(404);
    } finally {
      await sessions.close();
    }
  });

  it('R-TK-17 expires, and is not renewed', async () => {
    const token = await tokenOf();
    world.advance(3600 + 31);
    expect((await callTool(world.mcp, token, 'whoami')).status).toBe(401);
    expect(await world.auth.grants.list({ clientId: 'reports' })).toEqual([]);
  });

  it('ends with its client: a removed one has no access, also not with tokens that it has', async () => {
    const [machineToken, user] = [
      await tokenOf(),
      (await machine('both', WEB.clientSecret).tokens()).access_token,
    ];
    world.restart({ clients: [WEB, { ...WEB, clientId: 'both' }] });
    expect((await callTool(world.mcp, machineToken, 'whoami')).status).toBe(401);
    expect((await callTool(world.mcp, user, 'whoami')).status).toBe(200);
    expect((await request()).body.error).toBe('invalid_client');
    const both = await request({}, machine('both', WEB.clientSecret));
    expect(both.body.error).toBe('unsupported_grant_type');
    world.restart({ clients: [REPORTS, WEB, BOTH] });
  });
});

describe('the metadata', () => {
  const documentOf = async (clients: readonly object[]) => {
    const world = await startWorld({
      options: {
        clients: clients as never,
        clientRegistration: false,
        clientIdMetadataDocuments: false,
      },
    });
    const response = await fetch(`${world.origin}/.well-known/oauth-authorization-server`);
    const document = (await response.json()) as Record<string, unknown>;
    await world.close();
    return document;
  };

  it('EX-2 lists the grant, and the methods that its clients have, only where it is configured', async () => {
    expect(await documentOf([WEB])).toMatchObject({
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    });
    const { clientSecret: _, ...keyless } = REPORTS;
    const withKeys = { ...keyless, clientId: 'keys', jwksUri: 'https://keys.example/jwks.json' };
    expect(await documentOf([REPORTS, withKeys])).toMatchObject({
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'client_secret_basic',
        'private_key_jwt',
      ]),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
  });
});
