import { describe, expect, it } from '@jest/globals';

import {
  type ClientMetadata,
  MAX_CLIENT_NAME_LENGTH,
  MAX_REDIRECT_URIS,
  parseClientMetadata,
} from '../../lib/oauth/client-metadata.js';
import { InvalidClientMetadataError, InvalidRedirectUriError } from '../../lib/oauth/errors.js';
import { REAL_REGISTRATIONS } from './real-registrations.js';

const CALLBACK = 'https://a.example/cb';
const parse = (fields: object): ClientMetadata =>
  parseClientMetadata({ redirect_uris: [CALLBACK], ...fields });

describe('metadata of known clients (CLI-12, CLI-15)', () => {
  it.each(REAL_REGISTRATIONS)('is understood: %s', (_client, body, expected) => {
    expect(parseClientMetadata(body)).toEqual({
      redirectUris: body.redirect_uris,
      clientName: body.client_name,
      authMethod: 'none',
      mayRefresh: true,
      applicationType: expect.stringMatching(/^(native|web)$/),
      ...expected,
    });
  });
});

describe('redirect_uris', () => {
  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['empty', []],
    ['text', CALLBACK],
    ['an object', { 0: CALLBACK, length: 1 }],
    ['a list with null', [CALLBACK, null]],
    ['a list with a number', [7]],
    ['a list in a list', [[CALLBACK]]],
    ['an empty text', ['']],
    ['AS-14 plain http', ['http://evil.example/cb']],
    ['javascript', [CALLBACK, 'javascript:alert(1)']],
    ['data', ['data:text/html,x']],
    ['a fragment', [`${CALLBACK}#x`]],
    ['PX-16 a wildcard', ['https://*.a.example/cb']],
    ['user info', ['https://a@b.example/cb']],
    [
      'R-RG-7 too many',
      Array.from({ length: MAX_REDIRECT_URIS + 1 }, (_, at) => `${CALLBACK}/${at}`),
    ],
  ])('R-RG-4 are invalid_redirect_uri: %s', (_what, redirect_uris) => {
    expect(() => parse({ redirect_uris })).toThrow(InvalidRedirectUriError);
  });

  it('keep their order, without duplicates', () => {
    const redirect_uris = [CALLBACK, 'cursor://a.b/cb', CALLBACK];
    expect(parse({ redirect_uris }).redirectUris).toEqual([CALLBACK, 'cursor://a.b/cb']);
  });
});

describe('the other fields', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['text', '{}'],
    ['a number', 7],
    ['nothing', undefined],
    ['a list', [{ redirect_uris: [CALLBACK] }]],
  ])('R-RG-4 are in an object, not in %s', (_what, body) => {
    expect(() => parseClientMetadata(body)).toThrow(InvalidClientMetadataError);
  });

  it.each<[string, object]>([
    ['a name that is no text', { client_name: 7 }],
    ['a name that is an object', { client_name: { toString: 'x' } }],
    ['a name that is too long', { client_name: 'x'.repeat(MAX_CLIENT_NAME_LENGTH + 1) }],
    ['mutual TLS', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    [
      'private_key_jwt with keys in two places',
      { token_endpoint_auth_method: 'private_key_jwt', jwks: {}, jwks_uri: 'https://a.example/k' },
    ],
    ['a method by the name of a built-in', { token_endpoint_auth_method: 'constructor' }],
    ['client credentials alone', { grant_types: ['client_credentials'] }],
    ['R-RG-6 a grant that cannot begin', { grant_types: ['refresh_token'] }],
    ['R-RG-6 the implicit flow', { grant_types: ['implicit'], response_types: ['token'] }],
    ['R-RG-6 a response that is no code', { response_types: ['token'] }],
    ['grant types as text', { grant_types: 'authorization_code' }],
    ['grant types of something else', { grant_types: ['authorization_code', 7] }],
    ['response types as text', { response_types: 'code' }],
    ['a software statement', { software_statement: 'a.b.c' }],
  ])('R-RG-4 are invalid_client_metadata: %s', (_what, fields) => {
    expect(() => parse(fields)).toThrow(InvalidClientMetadataError);
  });

  it.each<[string, object, Partial<ClientMetadata>]>([
    ['no method is none', {}, { authMethod: 'none' }],
    ['a method of null is none', { token_endpoint_auth_method: null }, { authMethod: 'none' }],
    [
      'post',
      { token_endpoint_auth_method: 'client_secret_post' },
      { authMethod: 'client_secret_post' },
    ],
    [
      'basic',
      { token_endpoint_auth_method: 'client_secret_basic' },
      { authMethod: 'client_secret_basic' },
    ],
    ['no grant types may refresh', {}, { mayRefresh: true }],
    [
      'empty grant types may refresh',
      { grant_types: [], response_types: [] },
      { mayRefresh: true },
    ],
    ['AS-27 codes only may not', { grant_types: ['authorization_code'] }, { mayRefresh: false }],
    [
      'R-RG-5 grants of others are dropped',
      {
        grant_types: ['implicit', 'refresh_token', 'authorization_code'],
        response_types: ['code', 'token'],
      },
      { mayRefresh: true },
    ],
    ['no name', { client_name: null }, { clientName: undefined }],
    ['an empty name', { client_name: '' }, { clientName: undefined }],
    ['the longest name', { client_name: 'x'.repeat(200) }, { clientName: 'x'.repeat(200) }],
    ['R-AZ-17 a hostile name, untouched', { client_name: '<script>' }, { clientName: '<script>' }],
  ])('are accepted: %s', (_what, fields, expected) => {
    expect(parse(fields)).toMatchObject(expected);
  });

  it('R-RG-5 are ignored if unknown', () => {
    const odd = {
      scope: '',
      contacts: null,
      logo_uri: 'http://10.0.0.1/',
      jwks_uri: 'x',
      client_id: 'mine',
    };
    const body: object = JSON.parse('{"__proto__":{"client_name":"x"},"constructor":1}');
    expect(parse({ ...odd, ...body, x: 'y'.repeat(9999) })).toEqual(parse({}));
  });

  it('R-DP-5 are own properties of the body', () => {
    const body: object = Object.create(
      { client_name: 'inherited' },
      {
        redirect_uris: { value: [CALLBACK], enumerable: true },
      },
    );
    expect(parseClientMetadata(body).clientName).toBeUndefined();
  });
});
