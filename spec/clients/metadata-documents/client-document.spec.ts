import { describe, expect, it } from '@jest/globals';

import type { Client } from '../../../lib/clients/client.js';
import { parseDocumentUrl } from '../../../lib/clients/metadata-documents/document-url.js';
import { parseClientDocument } from '../../../lib/clients/metadata-documents/metadata-documents.js';
import { failureOf, reasonOf } from './failure.js';
import { clientDocument } from './tls-host.js';

const ID = 'https://client.example/c.json';
const KEY = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) };
const checkUrl = (url: string): URL =>
  parseDocumentUrl(url, { allowedHosts: undefined, allowedAddresses: [] });
const parse = (fields: Record<string, unknown>): Client =>
  parseClientDocument(clientDocument(ID, fields), ID, checkUrl);

describe('client metadata document', () => {
  it('AS-9 describes a client by its required fields', () => {
    expect(parse({})).toEqual({
      id: ID,
      kind: 'metadata_document',
      name: 'Example Client',
      redirectUris: ['http://127.0.0.1/callback'],
      authMethods: ['none'],
      mayRefresh: true,
      verifiedHost: 'client.example',
      jwks: undefined,
      jwksUri: undefined,
    });
  });

  it.each([null, 'text', 3, true, [], [clientDocument(ID)]])(
    'AS-9 refuses %j, which is not an object',
    async (body) => {
      const call = (): Client => parseClientDocument(body, ID, checkUrl);
      expect(await reasonOf(call)).toBe('invalid_document');
    },
  );

  it.each([
    'https://client.example/C.json',
    'https://CLIENT.example/c.json',
    'https://client.example:443/c.json',
    'https://client.example/c.json/',
    'https://client.example/c.json?',
    'https://client.example/%63.json',
    ' https://client.example/c.json',
    undefined,
    null,
    [ID],
  ])('AS-8 refuses the client_id %j, byte for byte', async (clientId) => {
    expect(await reasonOf(() => parse({ client_id: clientId }))).toBe('client_id_mismatch');
  });

  it.each([
    ['client_name', undefined],
    ['client_name', ''],
    ['client_name', ' \t'],
    ['client_name', 7],
    ['client_name', 'x'.repeat(201)],
    ['client_name', 'a\u0000b'],
    ['client_name', 'a\nb'],
    ['redirect_uris', undefined],
    ['redirect_uris', []],
    ['redirect_uris', 'https://client.example/cb'],
    ['redirect_uris', ['https://client.example/cb', 7]],
    ['redirect_uris', [null]],
    ['redirect_uris', ['javascript:alert(1)']],
    ['redirect_uris', Array.from({ length: 21 }, (_, i) => `https://client.example/${i}`)],
    ['grant_types', 'authorization_code'],
    ['grant_types', ['client_credentials']],
    ['grant_types', [1]],
  ])('AS-9 refuses %s %j', async (field, value) => {
    expect(await reasonOf(() => parse({ [field]: value }))).toBe('invalid_document');
  });

  it('AS-10 keeps the redirect URIs as published, without those that must never be used', () => {
    const uris = ['http://localhost/callback', 'javascript:alert(1)', 'https://client.example/cb'];
    expect(parse({ redirect_uris: uris }).redirectUris).toEqual([uris[0], uris[2]]);
  });

  it('CLI-13 reads the documents of Claude Code and Copilot CLI', () => {
    const claude = ['http://localhost/callback', 'http://127.0.0.1/callback'];
    expect(parse({ redirect_uris: claude }).redirectUris).toEqual(claude);
    const copilot = parse({ redirect_uris: ['http://127.0.0.1:33418/'] });
    expect(copilot.redirectUris).toEqual(['http://127.0.0.1:33418/']);
  });

  it('ignores unknown fields', () => {
    const client = parse({ logo_uri: 7, response_types: 'x', constructor: {}, new_field: [1] });
    expect(client.name).toBe('Example Client');
  });

  it.each([
    [undefined, true],
    [['authorization_code'], false],
    [['authorization_code', 'refresh_token'], true],
  ])('permits refresh with grant_types %j: %p', (grantTypes, mayRefresh) => {
    expect(parse({ grant_types: grantTypes }).mayRefresh).toBe(mayRefresh);
  });

  it.each([
    { client_secret: 's' },
    { client_secret_expires_at: 0 },
    { token_endpoint_auth_method: 'client_secret_basic' },
    { token_endpoint_auth_method: 'client_secret_post' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { token_endpoint_auth_method: ['none'] },
    { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    { jwks: { keys: [{ kty: 'oct', k: 'secret' }] } },
    { jwks: { keys: [KEY, { ...KEY, d: 'private' }] } },
    { jwks: { keys: [{ kty: 'RSA', n: 'n', e: 'AQAB', dp: 'x' }] } },
  ])('R-CI-3 refuses a document with a secret or for a client with one: %j', async (fields) => {
    const failure = await failureOf(() => parse(fields));
    expect(failure.reason).toBe('invalid_document');
    expect(`${failure.message}${failure.detail}`).not.toMatch(/private"|: ?secret"/);
  });

  describe('private_key_jwt', () => {
    const method = { token_endpoint_auth_method: 'private_key_jwt' };

    it('R-CI-5 is accepted with keys in the document or at a jwks_uri', () => {
      const inline = parse({ ...method, jwks: { keys: [KEY] } });
      expect([inline.authMethods, inline.jwks]).toEqual([['private_key_jwt'], { keys: [KEY] }]);
      const remote = parse({ ...method, jwks_uri: 'https://client.example/jwks.json' });
      expect([remote.authMethods, remote.jwksUri]).toEqual([
        ['private_key_jwt'],
        'https://client.example/jwks.json',
      ]);
    });

    it.each([
      {},
      { jwks: { keys: [KEY] }, jwks_uri: 'https://client.example/jwks.json' },
      { jwks: {} },
      { jwks: { keys: [] } },
      { jwks: { keys: ['x'] } },
      { jwks: { keys: [{ kty: 'EC', crv: 'P-384', x: 'x', y: 'y' }] } },
      { jwks: { keys: Array(11).fill(KEY) } },
      { jwks: { keys: [{ ...KEY, kid: [] }] } },
      { jwks: [KEY] },
      { jwks_uri: 7 },
      { jwks_uri: 'http://client.example/jwks.json' },
      { jwks_uri: 'https://127.0.0.1/jwks.json' },
      { jwks_uri: 'https://client.example/a/../jwks.json' },
    ])('R-CI-5 is refused, and never silently none, with %j', async (keys) => {
      expect(await reasonOf(() => parse({ ...method, ...keys }))).toBe('invalid_document');
    });

    const keys = { jwks_uri: 'https://client.example/jwks.json' };
    const both = ['private_key_jwt', 'none'];

    it.each<[string | undefined, string[], string[]]>([
      ['private_key_jwt', ['none', 'private_key_jwt'], both],
      ['none', ['none', 'private_key_jwt'], both],
      [undefined, ['none', 'private_key_jwt'], both],
      [undefined, ['private_key_jwt'], ['private_key_jwt']],
      [undefined, ['none'], ['none']],
      ['tls_client_auth', ['tls_client_auth', 'private_key_jwt'], ['private_key_jwt']],
      ['tls_client_auth', ['tls_client_auth', 'none'], ['none']],
      ['private_key_jwt', ['private_key_jwt', 'attest_jwt_client_auth'], ['private_key_jwt']],
    ])(
      'R-CI-10 accepts every method that both sides support: %j beside %j',
      (single, several, methods) => {
        const offered = {
          token_endpoint_auth_method: single,
          token_endpoint_auth_methods_supported: several,
        };
        expect(parse({ ...offered, ...keys }).authMethods).toEqual(methods);
      },
    );

    it.each([
      { token_endpoint_auth_method: 'tls_client_auth' },
      { token_endpoint_auth_methods_supported: ['tls_client_auth'] },
      { token_endpoint_auth_methods_supported: [] },
      { token_endpoint_auth_methods_supported: ['NONE', 'Private_Key_Jwt'] },
      {
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        token_endpoint_auth_methods_supported: ['self_signed_tls_client_auth', 'tls_client_auth'],
      },
    ])('R-CI-11 finds no common method with %j', async (fields) => {
      expect(await reasonOf(() => parse({ ...fields, ...keys }))).toBe('no_common_method');
    });

    it.each([
      { token_endpoint_auth_methods_supported: ['none', 'client_secret_post'] },
      { token_endpoint_auth_methods_supported: 'none' },
      { token_endpoint_auth_methods_supported: ['none', 7] },
      { token_endpoint_auth_methods_supported: { 0: 'none' } },
      {
        token_endpoint_auth_method: 'none',
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
      },
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none'],
      },
    ])(
      'R-CI-3 R-CI-10 refuses contradictory methods and those with a shared secret: %j',
      async (fields) => {
        expect(await reasonOf(() => parse({ ...fields, ...keys }))).toBe('invalid_document');
      },
    );

    it('R-CI-10 accepts a client without keys where it lists none as well, and nowhere else', async () => {
      const offered = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] };
      expect(parse(offered).authMethods).toEqual(['none']);
      const alone = { token_endpoint_auth_methods_supported: ['private_key_jwt'] };
      expect(await reasonOf(() => parse(alone))).toBe('invalid_document');
    });
  });

  const MEMBERS = [
    ...['jwks', 'jwks_uri', 'grant_types', 'response_types', 'token_endpoint_auth_method'],
    ...['token_endpoint_auth_methods_supported', 'client_secret', 'client_secret_expires_at'],
    ...['client_uri', 'logo_uri', 'scope', 'contacts', 'software_statement', 'application_type'],
  ];
  it.each(MEMBERS.flatMap((member) => [[member, null] as const, [member, ''] as const]))(
    'FA-19: reads %s %j as absent',
    (member, value) => {
      expect(parse({ [member]: value })).toEqual(parse({}));
    },
  );

  it.each(['client_name', 'redirect_uris'])(
    'FA-19: refuses a document whose %s is null',
    async (member) => {
      expect(await reasonOf(() => parse({ [member]: null }))).toBe('invalid_document');
    },
  );
});
