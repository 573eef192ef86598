import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import type { EnterpriseOptions } from '../../lib/config/options.js';
import { auth0EnterpriseSubject } from '../../lib/grants/enterprise/auth0-enterprise-subject.js';
import { documentFor, startTlsHost, type TlsHost } from '../clients/metadata-documents/tls-host.js';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.js';
import { type Answer, callTool, registerClient, toolResult } from '../support/oauth-client.js';
import { signingClient } from '../support/signing-client.js';
import { startWorld, type World } from '../support/world.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SECRET = 'a-secret-of-the-agent-0123456789-0123456789';
const AGENT = {
  clientId: 'agent',
  clientSecret: SECRET,
  name: 'Agent',
  grants: [],
};
const OTHER = { ...AGENT, clientId: 'other', name: 'Other' };
const REFUSED = [400, 'invalid_grant', 'The assertion is not valid'];
const outcomeOf = ({ status, body }: Answer): unknown[] => [
  status,
  body.error,
  body.error_description,
];

describe('enterprise-managed authorization', () => {
  let acme: IdentityProvider;
  let rival: IdentityProvider;
  let host: TlsHost;
  let world: World;
  let subject: EnterpriseOptions['subject'];
  let documentId: string;

  beforeAll(async () => {
    [acme, rival, host] = await Promise.all([
      startIdentityProvider(),
      startIdentityProvider(),
      startTlsHost(),
    ]);
    documentId = host.url('/claude.json');
    host.answer = documentFor();
    world = await startWorld({
      host: { allowedNetwork: host.network() },
      options: {
        clients: [AGENT, OTHER],
        scopesSupported: ['read', 'write', 'admin'],
        toolScopes: { write_file: ['write'] },
        impliedScopes: { admin: ['write'] },
        enterprise: [
          {
            issuer: acme.issuer,
            clients: ['agent', documentId, host.url('/signing.json')],
            subject: (claims) => subject(claims),
          },
          {
            issuer: rival.issuer,
            clients: ['other'],
            subject: auth0EnterpriseSubject('okta', 'rival'),
            scopes: ['openid', 'read'],
          },
        ],
      },
    });
  });
  beforeEach(() => {
    subject = auth0EnterpriseSubject('okta', 'acme');
  });
  afterAll(async () => {
    await Promise.all([world.close(), acme.close(), rival.close(), host.close()]);
  });

  /** The request of an authenticated client; a form value of undefined is left out. */
  async function send(
    assertion: string | undefined,
    form: Record<string, string | undefined> = {},
    id = 'agent',
  ): Promise<Answer> {
    const body = new URLSearchParams({ grant_type: JWT_BEARER });
    for (const [name, value] of Object.entries({ assertion, ...form })) {
      if (value !== undefined) body.set(name, value);
    }
    const authorization = `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}`;
    const headers = id === '' ? undefined : { authorization };
    const response = await fetch(`${world.origin}/token`, {
      method: 'POST',
      body,
      ...(headers && { headers }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  }
  const idJag = (claims: Record<string, unknown> = {}, from = acme): Promise<string> =>
    from.idJag({ aud: world.origin, client_id: from === acme ? 'agent' : 'other', ...claims });
  const reasons = (): unknown[] =>
    world.events.flatMap((event) => (event.type === 'assertion_refused' ? event.reason : []));

  // Only `resource` may be repeated (RFC 8707 §2).
  it.each(['grant_type', 'assertion', 'scope'])(
    'EX-7 rejects %s sent twice, and uses no assertion up',
    async (name) => {
      const assertion = await idJag({ scope: 'read' });
      const form = new URLSearchParams({ grant_type: JWT_BEARER, assertion });
      form.append('scope', 'read');
      form.append('resource', world.mcp);
      form.append(name, String(form.get(name)));
      const authorization = `Basic ${Buffer.from(`agent:${SECRET}`).toString('base64')}`;
      const init = { method: 'POST', body: form, headers: { authorization } };
      const response = await fetch(`${world.origin}/token`, init);
      expect([response.status, await response.json()]).toMatchObject([
        400,
        { error: 'invalid_request' },
      ]);
      expect((await send(assertion)).status).toBe(200);
    },
  );

  it('EX-1 EX-7 exchanges an assertion for a token with our endpoint as its audience', async () => {
    const response = await send(await idJag({ resource: world.mcp, scope: 'read' }));
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { access_token: token, ...rest } = response.body;
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600, scope: 'openid read' });
    expect(decodeJwt(String(token))).toMatchObject({
      iss: world.origin,
      aud: world.mcp,
      sub: 'okta|acme|00u1',
      client_id: 'agent',
    });
    expect(toolResult(await callTool(world.mcp, token, 'whoami'))).toEqual({
      subject: 'okta|acme|00u1',
      clientId: 'agent',
      sameAsExtra: true,
    });
    // Without the scope of a tool: an ordinary challenge.
    expect((await callTool(world.mcp, token, 'write_file')).status).toBe(403);
    expect(world.events.at(-1)).toMatchObject({
      type: 'access_token_issued',
      grantType: JWT_BEARER,
      client: 'agent',
      subject: 'okta|acme|00u1',
      issuer: acme.issuer,
    });
  });

  it('EX-8 needs a resource in neither claim nor request', async () => {
    const { body } = await send(await idJag());
    expect(decodeJwt(String(body.access_token)).aud).toBe(world.mcp);
    expect((await send(await idJag(), { resource: world.mcp })).status).toBe(200);
    const elsewhere = { resource: 'https://other.example/mcp' };
    expect(outcomeOf(await send(await idJag(), elsewhere))[1]).toBe('invalid_target');
    const claimed = await idJag({ resource: world.mcp });
    expect(outcomeOf(await send(claimed, elsewhere))[1]).toBe('invalid_target');
    expect(outcomeOf(await send(await idJag(elsewhere)))).toEqual(REFUSED);
    expect(reasons().at(-1)).toBe('wrong_resource');
  });

  it('takes the request of Claude: no resource, its id in the body, a metadata document', async () => {
    const assertion = await idJag({ client_id: documentId, scope: 'read write' });
    const form = { client_id: documentId, scope: 'read' };
    const { status, body } = await send(assertion, form, '');
    expect([status, body.scope]).toEqual([200, 'openid read']);
    expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(200);
  });

  it('takes client authentication by a key, and requires it where the document does', async () => {
    const client = await signingClient(world.origin, host, { path: '/signing.json' });
    const assertion = await idJag({ client_id: client.id });
    const post = (form: Record<string, string>): Promise<Answer> =>
      client.post('/token', { grant_type: JWT_BEARER, assertion, client_id: client.id, ...form });
    expect(outcomeOf(await post({}))[1]).toBe('invalid_client');
    // The assertion is still good.
    const proof = await client.proof();
    expect((await post(proof)).status).toBe(200);
    const again = await idJag({ client_id: client.id });
    expect(outcomeOf(await post({ ...proof, assertion: again }))[1]).toBe('invalid_client');
  });

  it('EX-6 is advertised with its profile; the issuers are not', async () => {
    const response = await fetch(`${world.origin}/.well-known/oauth-authorization-server`);
    const text = await response.text();
    const metadata = JSON.parse(text) as Record<string, unknown>;
    expect(metadata['grant_types_supported']).toContain(JWT_BEARER);
    expect(metadata['authorization_grant_profiles_supported']).toEqual([
      'urn:ietf:params:oauth:grant-profile:id-jag',
    ]);
    expect(text).not.toContain(acme.issuer);
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['no assertion', { assertion: undefined }],
    ['an empty one', { assertion: '' }],
  ])('EX-7 refuses %s as an invalid request', async (_what, form) => {
    expect(outcomeOf(await send(undefined, form)).slice(0, 2)).toEqual([400, 'invalid_request']);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['wrong_audience', { aud: 'https://other.example' }, {}],
    ['wrong_client', { client_id: 'other' }, {}],
    ['expired', { iat: 1_700_000_000, exp: 1_700_000_300 }, {}],
    ['lifetime_too_long', { exp: Math.floor(Date.now() / 1000) + 86_400 }, {}],
    ['unsupported_claim', { cnf: { jkt: 'thumbprint' } }, {}],
    ['unknown_issuer', { iss: 'https://evil.example' }, {}],
    ['malformed', { jti: undefined }, {}],
    ['wrong_type', {}, { typ: 'JWT' }],
    ['bad_signature', {}, { kid: 'another' }],
  ])(
    'EX-7 EX-10 one wrong claim is invalid_grant, with its reason in log and event: %s',
    async (reason, claims, header) => {
      const from = world.log.length;
      const assertion = await acme.idJag(
        { aud: world.origin, client_id: 'agent', ...claims },
        header,
      );
      expect(outcomeOf(await send(assertion))).toEqual(REFUSED);
      expect(reasons().at(-1)).toBe(reason);
      expect(JSON.stringify(world.log.slice(from))).toContain(`"detail":"${reason}: `);
    },
  );

  it('EX-9 has the scopes that are requested, asserted and configured', async () => {
    const scopeOf = async (
      claim: string | undefined,
      scope: string | undefined,
      from = acme,
    ): Promise<unknown> => {
      const assertion = await idJag({ scope: claim }, from);
      const { body } = await send(assertion, { scope }, from === acme ? 'agent' : 'other');
      return body.scope ?? body.error;
    };
    expect(await scopeOf('read write', 'read')).toBe('openid read');
    expect(await scopeOf('read', 'read write')).toBe('openid read');
    expect(await scopeOf('read write', undefined)).toBe('openid read write');
    expect(await scopeOf('read unknown-here', undefined)).toBe('openid read');
    expect(await scopeOf('read', 'offline_access read')).toBe('openid read');
    expect(await scopeOf(undefined, undefined)).toBe('openid');
    expect(await scopeOf(undefined, 'openid')).toBe('openid');
    // A scope that another one includes is asserted with it.
    expect(await scopeOf('admin', 'write')).toBe('openid write');
    expect(await scopeOf('read', 'write')).toBe('invalid_scope');
    expect(await scopeOf('unknown-here', undefined)).toBe('invalid_scope');
    expect(await scopeOf('', undefined)).toBe('invalid_scope');
    expect(reasons().at(-1)).toBe('no_scope');
    // The issuer may not assert more than is configured for it.
    expect(await scopeOf('read write admin', undefined, rival)).toBe('openid read');
    expect(await scopeOf('admin', 'admin', rival)).toBe('invalid_scope');
    expect(await scopeOf(undefined, undefined, rival)).toBe('openid read');
    expect(await scopeOf(undefined, 'admin write', rival)).toBe('invalid_scope');
  });

  it('attack: a wider scope is not reached by asking for it without a claim', async () => {
    const { body } = await send(await idJag(), { scope: 'admin write' });
    expect(body.error).toBe('invalid_scope');
  });

  it('EX-10 accepts an assertion once; a refusal that is no use of it leaves it good', async () => {
    const assertion = await idJag({ scope: 'read' });
    expect(outcomeOf(await send(assertion, { scope: 'write' }))[1]).toBe('invalid_scope');
    expect((await send(assertion)).status).toBe(200);
    expect(outcomeOf(await send(assertion))).toEqual(REFUSED);
    expect(reasons().at(-1)).toBe('used_before');
  });

  it('logs a failure of subject(), for the operator', async () => {
    const from = world.log.length;
    subject = () => Promise.reject(new Error('the directory is down'));
    await send(await idJag());
    expect(world.log.slice(from)).toContainEqual({
      level: 'warn',
      fields: { issuer: acme.issuer, error: 'Error: the directory is down' },
      message: expect.stringContaining('subject() of enterprise failed'),
    });
  });

  it('EX-10 of fifty parallel uses exactly one succeeds', async () => {
    const assertion = await idJag();
    const all = await Promise.all(Array.from({ length: 50 }, () => send(assertion)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of all.filter(({ status }) => status !== 200)) {
      expect(outcomeOf(answer)).toEqual(REFUSED);
    }
  });

  it('EX-11 is for listed clients: not for one that registered itself, nor of another issuer', async () => {
    const registered = await registerClient(world.origin);
    const assertion = await idJag({ client_id: registered.id });
    const form = { grant_type: JWT_BEARER, assertion, client_id: registered.id };
    const refusal = [400, 'unauthorized_client', 'This client may not use this grant'];
    expect(outcomeOf(await registered.post('/token', form))).toEqual(refusal);
    // A client of the one issuer, with a genuine assertion of the other that names it.
    const foreign = await idJag({ client_id: 'agent' }, rival);
    expect(outcomeOf(await send(foreign))).toEqual(refusal);
    expect(reasons().at(-1)).toBe('client_not_allowed');
  });

  it('needs client authentication where the client has a secret', async () => {
    const form = { client_id: 'agent' };
    expect(outcomeOf(await send(await idJag(), form, ''))[1]).toBe('invalid_client');
  });

  it('attack: two issuers with the same user name have two users', async () => {
    const subOf = async (answer: Promise<Answer>): Promise<unknown> =>
      decodeJwt(String((await answer).body.access_token)).sub;
    expect(await subOf(send(await idJag()))).toBe('okta|acme|00u1');
    expect(await subOf(send(await idJag({}, rival), {}, 'other'))).toBe('okta|rival|00u1');
    const forged = { sub: 'okta|acme|00u1' };
    expect(await subOf(send(await idJag(forged, rival), {}, 'other'))).toBe(
      'okta|rival|okta|acme|00u1',
    );
    // One issuer's key, the other's name.
    const claims = { iss: acme.issuer, aud: world.origin, client_id: 'agent' };
    expect(outcomeOf(await send(await rival.idJag(claims)))).toEqual(REFUSED);
  });

  it('attack: the same jti of two issuers is two assertions', async () => {
    const jti = 'the-same';
    expect((await send(await idJag({ jti }))).status).toBe(200);
    expect((await send(await idJag({ jti }, rival), {}, 'other')).status).toBe(200);
    expect(outcomeOf(await send(await idJag({ jti })))).toEqual(REFUSED);
  });

  it.each<[string, EnterpriseOptions['subject']]>([
    ['returns nothing', () => undefined],
    ['returns an empty text', () => ''],
    ['returns the id of the client', ({ client_id: id }) => id],
    ['returns the name at the issuer', ({ sub }) => sub],
    ['returns a text with a line break', () => 'okta|acme|1\nx'],
    [
      'throws',
      () => {
        throw new Error('no such user');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the directory is down'))],
  ])(
    'refuses a user for whom subject() %s, and the assertion is still good',
    async (_what, wrong) => {
      subject = wrong;
      const assertion = await idJag();
      expect(outcomeOf(await send(assertion))).toEqual(REFUSED);
      expect(reasons().at(-1)).toBe('no_subject');
      subject = async ({ sub }) => `auth0|${sub}`;
      const { body } = await send(assertion);
      expect(decodeJwt(String(body.access_token)).sub).toBe('auth0|00u1');
    },
  );

  it('has no refresh token, and lives for 900 seconds at least', async () => {
    world.restart({
      accessTokenTtlSeconds: 61,
      clients: [AGENT],
      enterprise: [{ issuer: acme.issuer, clients: ['agent'], subject }],
    });
    const { body } = await send(await idJag());
    expect(body).toMatchObject({ expires_in: 900 });
    expect(body).not.toHaveProperty('refresh_token');
    world.advance(890);
    expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(200);
    world.advance(60);
    expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(401);
    world.advance(-950);
  });

  it('EX-7 follows a rotation of the issuer, and waits out its outage', async () => {
    await acme.rotate();
    world.advance(31);
    const iat = Math.floor(Date.now() / 1000) + 31;
    expect((await send(await idJag({ iat, exp: iat + 300 }))).status).toBe(200);
    world.restart({
      clients: [AGENT],
      enterprise: [{ issuer: acme.issuer, clients: ['agent'], subject }],
    });
    acme.isDown = true;
    const assertion = await idJag({ iat, exp: iat + 300 });
    const refused = await send(assertion);
    expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
    expect(refused.headers.get('retry-after')).toBe('5');
    acme.isDown = false;
    expect((await send(assertion)).status).toBe(200);
    world.advance(-31);
  });

  it('EX-9 has no scope of scopeAuthentication: the issuer is not Auth0', async () => {
    world.restart({
      clients: [AGENT],
      scopesSupported: ['read'],
      toolScopes: { write_file: ['write'] },
      scopeAuthentication: { write: { maxAgeSeconds: 600 } },
      enterprise: [{ issuer: acme.issuer, clients: ['agent'], subject }],
    });
    const iat = Math.floor(Date.now() / 1000);
    const strong = { scope: 'read write', auth_time: iat, acr: 'mfa', amr: ['mfa'] };
    const { body } = await send(await idJag(strong));
    expect(body.scope).toBe('openid read');
    expect((await callTool(world.mcp, body.access_token, 'write_file')).status).toBe(403);
    expect(outcomeOf(await send(await idJag(strong), { scope: 'write' }))[1]).toBe('invalid_scope');
  });

  it('EX-6 is off without the option: not advertised, and an unknown grant type', async () => {
    world.restart({
      clients: [
        { ...AGENT, grants: ['authorization_code'], redirectUris: ['https://a.example/cb'] },
      ],
    });
    const response = await fetch(`${world.origin}/.well-known/oauth-authorization-server`);
    const metadata = (await response.json()) as Record<string, unknown>;
    expect(metadata).not.toHaveProperty('authorization_grant_profiles_supported');
    expect(metadata['grant_types_supported']).not.toContain(JWT_BEARER);
    expect(outcomeOf(await send(await idJag()))[1]).toBe('unsupported_grant_type');
  });

  it('EX-10 no assertion is in a log line or an event', () => {
    const text = JSON.stringify([world.log, world.events]);
    expect(world.events.length).toBeGreaterThan(50);
    // Each has this header.
    expect(text).not.toContain('eyJhbGciOiJFUzI1NiIsInR5cCI6Im9hdXRoLWlkLWphZyt');
    expect(text).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+/);
  });
});
