import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OAuthClientInformationFullSchema } from '@modelcontextprotocol/sdk/shared/auth.js';

import { registerClient } from '../support/oauth-client.js';
import { type RawAnswer, send, sendJson } from '../support/raw-http.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';

describe('the registration endpoint', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  const register = (metadata: unknown, headers = {}): Promise<RawAnswer> =>
    sendJson(`${world.origin}/register`, metadata, headers);
  const withUris = (...redirect_uris: unknown[]): Promise<RawAnswer> => register({ redirect_uris });

  it('R-RG-1 R-RG-2 R-RG-9 CLI-10 responds with 201 and all registered metadata, in the schema of the SDK', async () => {
    const metadata = {
      client_name: 'A client',
      redirect_uris: ['http://127.0.0.1:1/cb', 'cursor://anysphere.cursor-mcp/oauth/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    };
    const response = await register(metadata);
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    const body = response.json();
    expect(body).toEqual({
      ...metadata,
      application_type: 'native',
      client_id: expect.stringMatching(/^[\w-]{20,255}$/),
      client_id_issued_at: expect.any(Number),
    });
    expect(OAuthClientInformationFullSchema.parse(body)).toMatchObject(metadata);
  });

  it.each([
    'facetime-audio://x@y.example',
    'facetime-audio:evil.example',
    'shortcuts://run-shortcut?name=x',
    'x-apple.systempreferences:com.apple.preference',
    'steam://run/1',
    'zoommtg://zoom.example/join',
    'slack://channel',
    'apt:package',
    'newapp://callback',
  ])('FA-13: AS-14 R-RG-4 refuses %s, alone and beside a good one', async (uri) => {
    for (const uris of [[uri], ['https://client.example/cb', uri]]) {
      const response = await withUris(...uris);
      expect([response.status, response.json().error]).toEqual([400, 'invalid_redirect_uri']);
    }
  });

  it('FA-13: RFC 8252 §8.4 requires a reverse domain name as scheme, and the log says how the operator allows another', async () => {
    expect((await withUris('newapp://callback')).json().error_description).toContain(
      'com.example.app',
    );
    expect(JSON.stringify(world.log.at(-1))).toContain('newapp://callback');
    const clients = [{ clientId: 'x', name: 'X', redirectUris: ['newapp://callback'] }];
    const byHand = await startWorld({ options: { clients } });
    const byPattern = await startWorld({
      options: { allowedClientRedirectUris: ['newapp://callback'] },
    });
    for (const admitting of [byHand, byPattern]) {
      await registerClient(admitting.origin, { redirect_uris: ['newapp://callback'] });
      await admitting.close();
    }
  });

  it('R-RG-3 CLI-11 CLI-22 issues a secret if requested, which never expires', async () => {
    for (const method of ['client_secret_basic', 'client_secret_post']) {
      const { json } = await register({
        redirect_uris: ['https://c.example/cb'],
        token_endpoint_auth_method: method,
      });
      expect(json()).toMatchObject({
        token_endpoint_auth_method: method,
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
      });
    }
    for (const method of ['none', undefined]) {
      const body = (
        await register({
          redirect_uris: ['https://c.example/cb'],
          token_endpoint_auth_method: method,
        })
      ).json();
      expect(body.token_endpoint_auth_method).toBe('none');
      expect(Object.keys(body)).not.toContain('client_secret');
      expect(Object.keys(body)).not.toContain('client_secret_expires_at');
    }
  });

  it.each([
    ['https://claude.ai/api/mcp/auth_callback'],
    ['http://localhost:3118/callback'],
    [
      'http://127.0.0.1:33418/',
      'http://127.0.0.1/',
      'https://vscode.dev/redirect',
      'https://insiders.vscode.dev/redirect',
    ],
    [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
    ['com.example.app:/cb'],
    ['http://[::1]:7777/oauth/callback'],
  ])('CLI-12 AS-14 R-8252-2 registers %s', async (...uris) => {
    const response = await withUris(...uris);
    expect(response.status).toBe(201);
    expect(response.json().redirect_uris).toEqual(uris);
  });

  it.each([
    'http://evil.example/cb',
    'https://*.example.com/cb',
    'https://c.example/cb#f',
    'https://user@c.example/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://c.example/x',
    '/relative',
    '',
    7,
    null,
  ])('AS-14 PX-16 R-RG-4 refuses the redirect URI %j', async (uri) => {
    const response = await withUris('https://c.example/cb', uri);
    expect(response.status).toBe(400);
    expect(response.json()).toEqual({
      error: 'invalid_redirect_uri',
      error_description: expect.any(String),
    });
  });

  it.each([
    ['http://evil.example/cb?token=s3cr3t', 'redirect_uris[2] (http://evil.example/cb) must be'],
    ['https://user:s3cr3t@c.example/cb', 'redirect_uris[2] (https://c.example/cb) must be'],
    ['http://evil.example/"\\\u00fc\n', 'redirect_uris[2] (http://evil.example/____) must be'],
    [7, 'redirect_uris[2], which is not text, must be'],
    ['newapp://callback', 'The scheme of redirect_uris[2] (newapp://callback) has to be'],
  ])('R-RG-4 names the one redirect URI that is wrong: %j', async (uri, named) => {
    const response = await withUris('https://c.example/cb', 'http://localhost:1/cb', uri);
    const { error, error_description } = response.json();
    expect([error, error_description]).toEqual([
      'invalid_redirect_uri',
      expect.stringContaining(named),
    ]);
    // RFC 6749 §5.2.
    expect(error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(response.text + JSON.stringify(world.log)).not.toContain('s3cr3t');
  });

  it.each([
    [['https://c.example/cb'], undefined, 'web'],
    [['https://c.example/cb'], 'web', 'web'],
    [['https://c.example/cb'], 'native', 'native'],
    [['https://c.example/cb'], 'toaster', 'web'],
    [['http://127.0.0.1:1/cb'], undefined, 'native'],
    [['com.example.app:/cb'], 'web', 'native'],
    [['https://c.example/cb', 'http://localhost:1/cb'], 'web', 'native'],
  ])(
    'AS-23 responds with the application_type that fits %j, sent %j: %j',
    async (uris, sent, type) => {
      const response = await register({ redirect_uris: uris, application_type: sent });
      expect(response.json()).toMatchObject({ redirect_uris: uris, application_type: type });
    },
  );

  it.each([{}, { redirect_uris: [] }, { redirect_uris: 'https://c.example/cb' }])(
    'R-RG-4 rejects %j, which has no redirect URIs',
    async (metadata) => {
      const response = await register(metadata);
      expect([response.status, response.json().error]).toEqual([400, 'invalid_redirect_uri']);
    },
  );

  it.each(['', '{', '[]', 'null', '"x"', '{"redirect_uris":["https://c.example/cb"]'])(
    'R-RG-4 CLI-45 refuses the body %j in JSON',
    async (body) => {
      const response = await register(body);
      expect([response.status, response.json().error]).toEqual([400, 'invalid_client_metadata']);
    },
  );

  it.each([
    { application_type: 'native' },
    { application_type: 'web', redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] },
    { application_type: 7 },
    { scope: '' },
    { scope: 'openid profile email' },
    { software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d', software_version: '1.0' },
    { client_uri: 'not a url', logo_uri: null, contacts: 'x', unknown: { a: [1] } },
    { client_name: null, grant_types: null, response_types: [] },
  ])('AS-23 CLI-15 R-RG-5 accepts %j', async (odd) => {
    const response = await register({ redirect_uris: ['http://localhost:1/cb'], ...odd });
    expect(response.status).toBe(201);
    expect(Object.values(response.json())).not.toContain(null);
  });

  it.each(
    [
      ...['client_name', 'client_uri', 'logo_uri', 'scope', 'contacts', 'tos_uri', 'policy_uri'],
      ...['token_endpoint_auth_method', 'grant_types', 'response_types', 'application_type'],
      ...['jwks', 'jwks_uri', 'software_id', 'software_version', 'software_statement'],
    ].flatMap((member) => [[member, null] as const, [member, ''] as const]),
  )('FA-19: treats %s %j as absent, and responds without null', async (member, value) => {
    const redirect_uris = ['https://c.example/cb'];
    const without = (await register({ redirect_uris })).json();
    const response = await register({ redirect_uris, [member]: value });
    expect(response.status).toBe(201);
    const { client_id, client_id_issued_at, ...rest } = response.json();
    expect([typeof client_id, typeof client_id_issued_at]).toEqual(['string', 'number']);
    expect({ ...without, ...rest }).toEqual(without);
    expect(Object.keys(response.json()).toSorted()).toEqual(Object.keys(without).toSorted());
    expect(response.text).not.toMatch(/null|""/);
  });

  it.each([null, ''])('FA-19: treats redirect_uris %j as absent', async (redirect_uris) => {
    expect((await register({ redirect_uris })).json().error).toBe('invalid_redirect_uri');
  });

  it('FA-19: reads a body with a byte order mark, one and no more', async () => {
    const body = JSON.stringify({
      redirect_uris: ['https://c.example/cb'],
      client_name: '\uFEFFa',
    });
    const response = await register(`\uFEFF${body}`);
    expect([response.status, response.json().client_name]).toEqual([201, '\uFEFFa']);
    expect((await register(`\uFEFF\uFEFF${body}`)).status).toBe(400);
  });

  it('R-RG-5 registers the supported metadata, and returns it', async () => {
    const redirect_uris = ['https://c.example/cb'];
    const mixed = await register({
      redirect_uris,
      grant_types: ['authorization_code', 'implicit', 'client_credentials'],
      response_types: ['code', 'token'],
    });
    expect(mixed.json()).toMatchObject({
      grant_types: ['authorization_code'],
      response_types: ['code'],
    });
    const other = await register({ redirect_uris, grant_types: ['client_credentials'] });
    expect([other.status, other.json().error]).toEqual([400, 'invalid_client_metadata']);
  });

  it('R-RG-6 fetches nothing that is named in it', async () => {
    const before = world.tenant.requests.length;
    const here = `${world.tenant.issuer}probe`;
    const response = await register({
      redirect_uris: ['https://c.example/cb'],
      logo_uri: here,
      client_uri: here,
      jwks_uri: here,
      policy_uri: here,
      tos_uri: here,
      sector_identifier_uri: here,
    });
    expect(response.status).toBe(201);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(world.tenant.requests.slice(before)).toEqual([]);
  });

  it('R-RG-7 limits the body, the number and the length of redirect URIs', async () => {
    const large = await register({
      redirect_uris: ['https://c.example/cb'],
      x: 'x'.repeat(100_000),
    });
    expect([large.status, large.json().error]).toEqual([413, 'invalid_request']);
    const many = Array.from({ length: 21 }, (_, n) => `https://c.example/${n}`);
    expect((await withUris(...many)).json().error).toBe('invalid_redirect_uri');
    const long = await withUris(`https://c.example/${'x'.repeat(1024)}`);
    expect(long.json().error).toBe('invalid_redirect_uri');
    const random = Array.from({ length: 3 }, () => `https://c.example/${randomPath(900)}`);
    expect((await withUris(...random)).json().error).toBe('invalid_client_metadata');
  });

  /** With text put in as it is: `JSON.stringify` cannot write what is nested deeply. */
  const registerText = async (members: Record<string, string>): Promise<[number, unknown]> => {
    const all = {
      redirect_uris: '["http://127.0.0.1:1/cb"]',
      token_endpoint_auth_method: '"private_key_jwt"',
      ...members,
    };
    const body = `{${Object.entries(all).map(([name, text]) => `"${name}":${text}`)}}`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${world.origin}/register`, { method: 'POST', headers, body });
    return [response.status, ((await response.json()) as { error?: string }).error];
  };
  const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const POINT = 'A'.repeat(43);
  const KEY = { kty: 'EC', crv: 'P-256', x: POINT, y: POINT };
  const keySet = (...keys: string[]): string => `{"keys":[${keys.join(',')}]}`;
  const keyWith = (member: string, text: string): string =>
    `${JSON.stringify({ ...KEY, [member]: undefined }).slice(0, -1)},"${member}":${text}}`;

  it.each(['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'])(
    'R-RG-6 R-ERR-4 refuses keys whose %s is nested, however deeply',
    async (member) => {
      for (const text of [lists(1), lists(5000), lists(15_000), objects(4000), '[{},{}]', '7']) {
        const jwks = keySet(keyWith(member, text));
        expect(await registerText({ jwks })).toEqual([400, 'invalid_client_metadata']);
      }
    },
  );

  it('R-RG-6 responds with 400 to a deeply nested member, and ignores unknown ones', async () => {
    const jwks = keySet(JSON.stringify(KEY));
    for (const deep of [lists(5000), objects(4000)]) {
      const rsa = keySet(`{"kty":"RSA","n":${deep},"e":"AQAB"}`);
      for (const members of [
        { jwks: deep },
        { jwks: keySet(deep) },
        { jwks: rsa },
        { jwks_uri: deep },
        { jwks, client_name: deep },
        { jwks, grant_types: deep },
        { jwks, grant_types: `[${deep}]` },
        { jwks, response_types: deep },
        { jwks, token_endpoint_auth_method: deep },
        { jwks, software_statement: deep },
      ] as Record<string, string>[]) {
        expect(await registerText(members)).toEqual([400, 'invalid_client_metadata']);
      }
      const uris = await registerText({ jwks, redirect_uris: `[${deep}]` });
      expect(uris).toEqual([400, 'invalid_redirect_uri']);
      const unknown = { contacts: deep };
      expect(await registerText({ jwks, ...unknown })).toEqual([201, undefined]);
    }
    expect(world.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a kid', { jwks: { keys: [{ ...KEY, kid: 'k'.repeat(31_000) }] } }],
    ['labels', { jwks: { keys: [{ ...KEY, alg: Array(5000).fill({}) }] } }],
    ['keys', { jwks: { keys: Array(150).fill(KEY) } }],
    ['eleven keys', { jwks: { keys: Array(11).fill(KEY) } }],
    ['an address', { jwks_uri: `https://a.example/${'k'.repeat(30_000)}` }],
    [
      'an exponent',
      { jwks: { keys: [{ kty: 'RSA', n: `_${'A'.repeat(341)}`, e: 'A'.repeat(29_000) }] } },
    ],
  ])('R-RG-7 refuses %s that would be short in the id and large in memory', async (_what, keys) => {
    const response = await register({
      redirect_uris: ['http://127.0.0.1:1/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      ...keys,
    });
    expect([response.status, response.json().error]).toEqual([400, 'invalid_client_metadata']);
  });

  it('R-RG-7 refuses redirect URIs that would be short in the id and large in memory', async () => {
    for (const uris of [
      [`https://a.example/${'k'.repeat(30_000)}`],
      Array.from({ length: 20 }, (_, n) => `https://a.example/${n}${'k'.repeat(900)}`),
    ]) {
      const response = await withUris(...uris);
      expect(response.status).toBe(400);
    }
  });

  it('R-8252-1 R-8252-5 CLI-12 accepts any port, and a slash more or less, for what it registered on loopback', async () => {
    const client = await registerClient(world.origin, {
      redirect_uris: ['http://127.0.0.1:33418', 'https://vscode.dev/redirect'],
    });
    for (const redirect_uri of ['http://127.0.0.1:60005/', 'http://127.0.0.1/']) {
      expect((await send(client.authorizeUrl({ redirect_uri }))).status).toBe(200);
    }
  });

  it('R-8252-2 R-8252-4 accepts the scheme of an app exactly as registered', async () => {
    const client = await registerClient(world.origin, {
      redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/cb'],
    });
    for (const [redirect_uri, status] of [
      ['cursor://anysphere.cursor-mcp/oauth/callback', 200],
      ['com.example.app:/cb', 200],
      ['cursor://anysphere.cursor-mcp/oauth/callback/', 400],
      ['cursor://anysphere.cursor-mcp:1/oauth/callback', 400],
      ['CURSOR://anysphere.cursor-mcp/oauth/callback', 400],
      ['com.example.app:/cb?x=1', 400],
      ['com.example.app://cb', 400],
    ] as const) {
      const page = await send(client.authorizeUrl({ redirect_uri }));
      expect([redirect_uri, page.status]).toEqual([redirect_uri, status]);
    }
  });

  it('CLI-22 CLI-25 accepts a client after years, after a restart, and after a key rotation', async () => {
    const later = await startWorld();
    const client = await registerClient(later.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    later.restart({ jwtSigningKey: ['the-next-signing-key-0123456789-abcdef', SPEC_SIGNING_KEY] });
    later.advance(5 * 365 * 24 * 3600);
    expect((await send(client.authorizeUrl())).status).toBe(200);
    const response = await client.refresh('x');
    expect([response.status, response.body.error]).toEqual([400, 'invalid_grant']);
    await later.close();
  });
});

/** Text that does not compress. */
function randomPath(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}
