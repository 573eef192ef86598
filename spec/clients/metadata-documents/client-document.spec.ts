import { describe, expect, it } from '@jest/globals';

import type { Client } from '../../../lib/clients/client.js';
import { parseClientDocument } from '../../../lib/clients/metadata-documents/client-document.js';
import { parseDocumentUrl } from '../../../lib/clients/metadata-documents/document-url.js';
import { failureOf, reasonOf } from './failure.js';
import { clientDocument } from './tls-host.js';

const ID = 'https://client.example/c.json';
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const rules = {
  isAcceptableRedirectUri: (uri: string) => /^https?:/.test(uri),
  checkUrl: (url: string) =>
    parseDocumentUrl(url, { allowedHosts: undefined, allowedAddresses: [] }),
};
const parse = (fields: Record<string, unknown>): Client =>
  parseClientDocument(clientDocument(ID, fields), ID, rules);

describe('client metadata document', () => {
  it('AS-9 turns the required fields into a client', () => {
    expect(parse({})).toEqual({
      id: ID,
      kind: 'metadata_document',
      name: 'Example Client',
      redirectUris: ['http://127.0.0.1/callback'],
      authMethod: 'none',
      mayRefresh: true,
      verifiedHost: 'client.example',
      jwks: undefined,
      jwksUri: undefined,
    });
  });

  it.each([null, 'text', 3, true, [], [clientDocument(ID)]])(
    'AS-9 refuses %j, which is no object',
    async (body) => {
      const call = (): Client => parseClientDocument(body, ID, rules);
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

  it('ignores fields it does not know', () => {
    const client = parse({ logo_uri: 7, response_types: 'x', constructor: {}, new_field: [1] });
    expect(client.name).toBe('Example Client');
  });

  it.each([
    [undefined, true],
    [['authorization_code'], false],
    [['authorization_code', 'refresh_token'], true],
  ])('takes grant_types %j as permission to refresh: %p', (grantTypes, mayRefresh) => {
    expect(parse({ grant_types: grantTypes }).mayRefresh).toBe(mayRefresh);
  });

  it.each([
    { client_secret: 's' },
    { client_secret: null },
    { client_secret_expires_at: 0 },
    { token_endpoint_auth_method: 'client_secret_basic' },
    { token_endpoint_auth_method: 'client_secret_post' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { token_endpoint_auth_method: 'tls_client_auth' },
    { token_endpoint_auth_method: ['none'] },
    { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    { jwks: { keys: [{ kty: 'oct', k: 'secret' }] } },
    { jwks: { keys: [KEY, { ...KEY, d: 'private' }] } },
    { jwks: { keys: [{ kty: 'RSA', n: 'n', e: 'AQAB', dp: 'x' }] } },
  ])('R-CI-3 refuses a document with a secret in it or due: %j', async (fields) => {
    const failure = await failureOf(() => parse(fields));
    expect(failure.reason).toBe('invalid_document');
    expect(`${failure.message}${failure.detail}`).not.toMatch(/private"|: ?secret"/);
  });

  describe('private_key_jwt', () => {
    const method = { token_endpoint_auth_method: 'private_key_jwt' };

    it('R-CI-5 is accepted with keys in the document or at a jwks_uri', () => {
      const inline = parse({ ...method, jwks: { keys: [KEY] } });
      expect([inline.authMethod, inline.jwks]).toEqual(['private_key_jwt', { keys: [KEY] }]);
      const remote = parse({ ...method, jwks_uri: 'https://client.example/jwks.json' });
      expect([remote.authMethod, remote.jwksUri]).toEqual([
        'private_key_jwt',
        'https://client.example/jwks.json',
      ]);
    });

    it.each([
      {},
      { jwks: { keys: [KEY] }, jwks_uri: 'https://client.example/jwks.json' },
      { jwks: {} },
      { jwks: { keys: [] } },
      { jwks: { keys: ['x'] } },
      { jwks: [KEY] },
      { jwks_uri: 7 },
      { jwks_uri: 'http://client.example/jwks.json' },
      { jwks_uri: 'https://127.0.0.1/jwks.json' },
      { jwks_uri: 'https://client.example/a/../jwks.json' },
    ])('R-CI-5 is refused, and never quietly none, with %j', async (keys) => {
      expect(await reasonOf(() => parse({ ...method, ...keys }))).toBe('invalid_document');
    });

    it('reads the document of ChatGPT, which offers several methods', () => {
      const offered = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] };
      const keys = { jwks_uri: 'https://client.example/jwks.json' };
      expect(parse({ ...offered, ...keys }).authMethod).toBe('private_key_jwt');
      expect(parse({ ...offered, ...keys, ...method }).authMethod).toBe('private_key_jwt');
      const chosen = parse({ ...offered, ...keys, token_endpoint_auth_method: 'none' });
      expect(chosen.authMethod).toBe('none');
    });
  });
});
