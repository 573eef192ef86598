import { describe, expect, it } from '@jest/globals';

import {
  forbidsInteraction,
  parseAuthorizationRequest,
  redirectTarget,
} from '../../lib/oauth/authorization-request.js';
import { OAuthError } from '../../lib/oauth/errors.js';
import { parseParameters } from '../../lib/oauth/parameters.js';

const RESOURCE = 'https://mcp.example/mcp';
const CALLBACK = 'https://claude.ai/api/mcp/auth_callback';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const TARGET = { redirectUri: CALLBACK, state: 'xyz' };
const COMPLETE = {
  response_type: 'code',
  client_id: 'c',
  redirect_uri: CALLBACK,
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
};

const query = (fields: Record<string, string>, more = '') =>
  parseParameters(`${new URLSearchParams(fields)}${more}`);
const without = (name: keyof typeof COMPLETE): Record<string, string> => {
  const { [name]: _, ...rest } = COMPLETE;
  return rest;
};
const parse = (fields: Record<string, string>, more = '') =>
  parseAuthorizationRequest(query(fields, more), 'c', TARGET, RESOURCE);

/** The code of the OAuth error that comes out; anything else that is thrown fails the spec. */
function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return error.code;
    throw error;
  }
}

describe('the first phase: the redirect URI', () => {
  const one = { redirectUris: [CALLBACK] };
  const two = { redirectUris: [CALLBACK, 'http://localhost/cb'] };

  it('R-AZ-5 is the one URI registered if none is named', () => {
    expect(redirectTarget(query({}), one)).toEqual({ redirectUri: CALLBACK, state: undefined });
    expect(redirectTarget(query({ redirect_uri: '' }), one).redirectUri).toBe(CALLBACK);
  });

  it('R-AZ-5 has to be named if several are registered', () => {
    expect(() => redirectTarget(query({}), two)).toThrow('redirect_uri is missing');
  });

  it('R-8252-1 is the URI as it was sent, port included', () => {
    const target = redirectTarget(query({ redirect_uri: 'http://localhost:5001/cb' }), two);
    expect(target.redirectUri).toBe('http://localhost:5001/cb');
  });

  it.each([
    ['R-AZ-1 not registered', { redirect_uri: 'https://evil.example/cb' }, ''],
    ['AS-13 almost registered', { redirect_uri: `${CALLBACK}/` }, ''],
    ['R-AZ-3 named twice', { redirect_uri: CALLBACK }, '&redirect_uri=https://evil.example'],
    ['R-AZ-3 named twice alike', { redirect_uri: CALLBACK }, `&redirect_uri=${CALLBACK}`],
    ['with a control character', { redirect_uri: `${CALLBACK}\r\n` }, ''],
    ['too long', { redirect_uri: `${CALLBACK}?${'x'.repeat(9000)}` }, ''],
    ['R-DP-5 nested', {}, '&redirect_uri[a]=1&redirect_uri=x'],
  ])('rejects a URI that is %s', (_what, fields, more) => {
    expect(codeOf(() => redirectTarget(query(fields, more), one))).toBe('invalid_request');
  });

  it('rejects an invalid URI although it is registered', () => {
    const registered = { redirectUris: ['javascript:alert(1)'] };
    expect(codeOf(() => redirectTarget(query({}), registered))).toBe('invalid_request');
    expect(codeOf(() => redirectTarget(query({}), { redirectUris: [] }))).toBe('invalid_request');
  });

  it.each(['xyz', 'a b', `{"a":"${'ü%+/='.repeat(400)}"}`])('R-AZ-8 keeps state %.20s', (state) => {
    expect(redirectTarget(query({ state }), one).state).toBe(state);
  });

  it.each([
    ['repeated', {}, '&state=a&state=b'],
    ['with a line break', { state: 'a\nb' }, ''],
    ['too long', { state: 'x'.repeat(9000) }, ''],
  ])('R-AZ-3 leaves a state %s to the second phase, and returns none', (_what, fields, more) => {
    const parameters = query({ ...COMPLETE, ...fields }, more);
    const target = redirectTarget(parameters, one);
    expect(target).toEqual({ redirectUri: CALLBACK, state: undefined });
    const attempt = () => parseAuthorizationRequest(parameters, 'c', target, RESOURCE);
    expect(codeOf(attempt)).toBe('invalid_request');
  });
});

describe('the second phase: the other parameters', () => {
  it('reads the request of an SDK client', () => {
    const request = parse({ ...COMPLETE, state: 'xyz', scope: 'openid a:b', resource: RESOURCE });
    expect(request).toEqual({
      redirectUri: CALLBACK,
      state: 'xyz',
      clientId: 'c',
      codeChallenge: CHALLENGE,
      requestedScopes: ['openid', 'a:b'],
      promptsConsent: false,
      hints: {},
    });
  });

  it('AS-26 needs neither state, scope, resource nor redirect_uri', () => {
    const request = parse(without('redirect_uri'));
    expect(request).toMatchObject({
      state: undefined,
      requestedScopes: [],
    });
  });

  it('R-AZ-4 treats an empty parameter as omitted and ignores unknown ones', () => {
    const request = parse({
      ...COMPLETE,
      scope: '',
      resource: '',
      request: '',
      nonce: 'n',
      foo: '1',
    });
    expect(request.requestedScopes).toEqual([]);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['AS-17 no challenge', 'invalid_request', without('code_challenge'), ''],
    ['AS-17 no method, which means plain', 'invalid_request', without('code_challenge_method'), ''],
    ['AS-17 plain', 'invalid_request', { ...COMPLETE, code_challenge_method: 'plain' }, ''],
    [
      'AS-17 a method in another case',
      'invalid_request',
      { ...COMPLETE, code_challenge_method: 's256' },
      '',
    ],
    [
      'R-AZ-12 a short challenge',
      'invalid_request',
      { ...COMPLETE, code_challenge: CHALLENGE.slice(1) },
      '',
    ],
    [
      'R-AZ-12 a padded challenge',
      'invalid_request',
      { ...COMPLETE, code_challenge: `${CHALLENGE}=` },
      '',
    ],
    ['R-AZ-3 two challenges', 'invalid_request', COMPLETE, `&code_challenge=${CHALLENGE}`],
    ['R-AZ-3 two methods', 'invalid_request', COMPLETE, '&code_challenge_method=plain'],
    ['R-AZ-2 no response type', 'invalid_request', without('response_type'), ''],
    ['R-AZ-3 two response types', 'invalid_request', COMPLETE, '&response_type=code'],
    [
      'R-AZ-2 the implicit flow',
      'unsupported_response_type',
      { ...COMPLETE, response_type: 'token' },
      '',
    ],
    [
      'R-AZ-2 the hybrid flow',
      'unsupported_response_type',
      { ...COMPLETE, response_type: 'code id_token' },
      '',
    ],
    [
      'R-AZ-13 an answer in the fragment',
      'invalid_request',
      { ...COMPLETE, response_mode: 'fragment' },
      '',
    ],
    [
      'R-AZ-13 an answer by form',
      'invalid_request',
      { ...COMPLETE, response_mode: 'form_post' },
      '',
    ],
    ['R-AZ-14 a request object', 'request_not_supported', { ...COMPLETE, request: 'e30.e30.' }, ''],
    [
      'R-AZ-14 a request URI',
      'request_uri_not_supported',
      { ...COMPLETE, request_uri: 'http://10.0.0.1/' },
      '',
    ],
    ['R-AZ-3 two scopes', 'invalid_request', { ...COMPLETE, scope: 'a' }, '&scope=b'],
    ['R-AZ-3 two prompts', 'invalid_request', { ...COMPLETE, prompt: 'none' }, '&prompt=login'],
    [
      'R-AZ-15 a foreign resource',
      'invalid_target',
      { ...COMPLETE, resource: 'https://other.example/mcp' },
      '',
    ],
    ['R-AZ-15 a relative resource', 'invalid_target', { ...COMPLETE, resource: '/mcp' }, ''],
    [
      'R-AZ-15 a resource with fragment',
      'invalid_target',
      { ...COMPLETE, resource: `${RESOURCE}#` },
      '',
    ],
    [
      'R-AZ-15 one foreign of two',
      'invalid_target',
      { ...COMPLETE, resource: RESOURCE },
      '&resource=https://x.example',
    ],
  ])('rejects %s with %s', (_what, code, fields, more) => {
    expect(codeOf(() => parse(fields, more))).toBe(code);
  });

  it('R-AZ-13 accepts response_mode=query, R-AZ-3 accepts resource twice', () => {
    expect(codeOf(() => parse({ ...COMPLETE, response_mode: 'query' }))).toBeUndefined();
    const more = `&resource=${RESOURCE}&resource=https://MCP.example/mcp/`;
    expect(codeOf(() => parse(COMPLETE, more))).toBeUndefined();
  });

  it('CLI-31 ignores malformed scopes', () => {
    const { requestedScopes } = parse({ ...COMPLETE, scope: 'openid  "x" ü a\\b openid' });
    expect(requestedScopes).toEqual(['openid']);
  });

  it.each([
    ['consent', true, false],
    ['login consent', true, false],
    ['none', false, true],
    ['login', false, false],
    ['', false, false],
  ])('PX-27 reads prompt=%s', (prompt, promptsConsent, forbids) => {
    expect(parse({ ...COMPLETE, prompt }).promptsConsent).toBe(promptsConsent);
    expect(forbidsInteraction(query({ prompt }))).toBe(forbids);
  });

  it('R-AZ-14 forwards login_hint and ui_locales only', () => {
    const hints = { login_hint: 'ada@example.com', ui_locales: 'de fr' };
    const others = { connection: 'x', audience: 'y', max_age: '0', acr_values: 'z', claims: '{}' };
    expect(parse({ ...COMPLETE, ...hints, ...others }).hints).toEqual(hints);
    expect(parse({ ...COMPLETE, login_hint: 'x'.repeat(257) }).hints).toEqual({});
  });
});
