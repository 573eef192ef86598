import { describe, expect, it } from '@jest/globals';

import { OAuthError } from '../../lib/oauth/errors.js';
import { parseParameters } from '../../lib/oauth/parameters.js';
import { parseTokenRequest } from '../../lib/oauth/token-request.js';

const RESOURCE = 'https://mcp.example/mcp';
const VERIFIER = 'a.b~c_d-'.repeat(6);
const CODE = { grant_type: 'authorization_code', code: 'c', code_verifier: VERIFIER };
const REFRESH = { grant_type: 'refresh_token', refresh_token: 'r' };

const parse = (fields: Record<string, string>, more = '') =>
  parseTokenRequest(parseParameters(`${new URLSearchParams(fields)}${more}`), RESOURCE, [
    'authorization_code',
    'refresh_token',
  ]);

describe('a token request for a code', () => {
  it('R-AZ-12 is parsed, with every character of a code verifier', () => {
    expect(parse({ ...CODE, redirect_uri: 'https://a.example/cb', resource: RESOURCE })).toEqual({
      grantType: 'authorization_code',
      code: 'c',
      codeVerifier: VERIFIER,
      redirectUri: 'https://a.example/cb',
    });
  });

  it('R-AZ-5 may omit redirect_uri, AS-26 resource; scope is ignored', () => {
    expect(parse({ ...CODE, scope: 'everything' })).toMatchObject({ redirectUri: undefined });
  });
});

describe('a token request to refresh', () => {
  it.each([
    ['CLI-40 all scopes, if it names none', {}, undefined],
    ['parity 4.13 all scopes, if it names them empty', { scope: '' }, undefined],
    ['R-TK-10 the scopes it names', { scope: 'b a' }, ['b', 'a']],
    ['nothing but spaces', { scope: ' ' }, []],
  ])('requests %s', (_what, more, scopes) => {
    expect(parse({ ...REFRESH, ...more })).toEqual({
      grantType: 'refresh_token',
      refreshToken: 'r',
      scopes,
    });
  });

  it.each([RESOURCE, `${RESOURCE}/`, 'https://mcp.example/'])('CLI-40 may name %s', (resource) => {
    expect(() => parse({ ...REFRESH, resource })).not.toThrow();
  });
});

describe('a token request that fails (R-ERR)', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['no grant type', 'invalid_request', {}, ''],
    ['two grant types', 'invalid_request', CODE, '&grant_type=refresh_token'],
    ['no code', 'invalid_request', { ...CODE, code: '' }, ''],
    ['two codes', 'invalid_request', CODE, '&code=d'],
    ['no verifier', 'invalid_request', { ...CODE, code_verifier: '' }, ''],
    ['two verifiers', 'invalid_request', CODE, `&code_verifier=${VERIFIER}`],
    ['two redirect URIs', 'invalid_request', CODE, '&redirect_uri=a&redirect_uri=b'],
    ['no refresh token', 'invalid_request', { grant_type: 'refresh_token' }, ''],
    ['two refresh tokens', 'invalid_request', REFRESH, '&refresh_token=s'],
    ['two scopes', 'invalid_request', REFRESH, '&scope=a&scope=b'],
    [
      'R-AZ-12 a verifier of 42 characters',
      'invalid_grant',
      { ...CODE, code_verifier: 'a'.repeat(42) },
      '',
    ],
    [
      'R-AZ-12 a verifier of 129 characters',
      'invalid_grant',
      { ...CODE, code_verifier: 'a'.repeat(129) },
      '',
    ],
    [
      'R-AZ-12 a verifier with a plus',
      'invalid_grant',
      { ...CODE, code_verifier: `+${'a'.repeat(44)}` },
      '',
    ],
    ['R-TK-9 a foreign resource', 'invalid_target', { ...CODE, resource: 'https://x.example' }, ''],
    [
      'R-TK-9 one foreign resource of two',
      'invalid_target',
      REFRESH,
      `&resource=${RESOURCE}&resource=x`,
    ],
    ['R-TK-14 another grant', 'unsupported_grant_type', { grant_type: 'password' }, ''],
    [
      'R-TK-14 client credentials',
      'unsupported_grant_type',
      { grant_type: 'client_credentials' },
      '',
    ],
    ['R-DP-5 a built-in for a grant', 'unsupported_grant_type', { grant_type: 'constructor' }, ''],
    [
      'a grant in another case',
      'unsupported_grant_type',
      { ...CODE, grant_type: 'Authorization_Code' },
      '',
    ],
  ])('%s: %s', (_what, code, fields, more) => {
    expect(() => parse(fields, more)).toThrow(OAuthError);
    expect(() => parse(fields, more)).toThrow(expect.objectContaining({ code }));
  });
});
