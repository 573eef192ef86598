/** RFC 9470, OpenID Connect Core 1.0 §2: what the claims of an ID token confirm. */
import { describe, expect, it } from '@jest/globals';

import {
  authenticatedScopes,
  authenticationFor,
  type ScopeAuthentications,
} from '../../lib/oauth/user-authentication.js';
import { MULTI_FACTOR } from '../../lib/testing/authentication.js';

const NOW = 1_700_000_000;
const RULES: ScopeAuthentications = new Map([
  ['strong', { acr: MULTI_FACTOR, maxAgeSeconds: undefined }],
  ['other', { acr: 'urn:other', maxAgeSeconds: undefined }],
  ['recent', { acr: undefined, maxAgeSeconds: 300 }],
]);

const scopesWith = (claims: Record<string, unknown>): readonly string[] =>
  authenticatedScopes(['free', 'strong', 'other', 'recent'], claims, RULES, NOW).filter(
    (scope) => scope !== 'free',
  );

describe('EX-17 the claims of an ID token confirm', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['nothing without claims', {}, []],
    ['acr, exactly', { acr: MULTI_FACTOR }, ['strong']],
    ['acr of another value', { acr: 'urn:other' }, ['other']],
    ['no acr in an array, which OpenID Connect does not have', { acr: [MULTI_FACTOR] }, []],
    ['no acr that contains the value', { acr: `${MULTI_FACTOR} urn:other` }, []],
    ['no acr in another case', { acr: MULTI_FACTOR.toUpperCase() }, []],
    ['the factor by amr', { amr: ['pwd', 'mfa'] }, ['strong']],
    ['no factor by an amr that is a string', { amr: 'mfa' }, []],
    ['no factor by part of an amr', { amr: ['mfa-remembered', ['mfa']] }, []],
    ['nothing by amr for another acr', { amr: ['urn:other'] }, []],
    ['a login of now', { auth_time: NOW }, ['recent']],
    [
      'a login of the permitted age, with a minute for the clocks',
      { auth_time: NOW - 360 },
      ['recent'],
    ],
    ['no older one', { auth_time: NOW - 361 }, []],
    ['a login a minute ahead, by the clocks', { auth_time: NOW + 60 }, ['recent']],
    ['no login of the future, which would never become too old', { auth_time: NOW + 61 }, []],
    ['no auth_time in milliseconds', { auth_time: NOW * 1000 }, []],
    ['no auth_time in a string', { auth_time: String(NOW) }, []],
    ['no auth_time in a date', { auth_time: new Date(NOW * 1000).toISOString() }, []],
    ['no auth_time in an array', { auth_time: [NOW] }, []],
    ['no auth_time of null', { auth_time: null }, []],
    ['no auth_time that is not finite', { auth_time: Number.POSITIVE_INFINITY }, []],
  ])('%s', (_name, claims, expected) => {
    expect(scopesWith(claims)).toEqual(expected);
  });

  it('all scopes without a rule, whatever the claims are', () => {
    expect(authenticatedScopes(['a', 'b'], {}, new Map(), NOW)).toEqual(['a', 'b']);
  });
});

describe('EX-17 several scopes together require', () => {
  it('each acr once, and the lowest age', () => {
    const rules = new Map(RULES).set('now', { acr: MULTI_FACTOR, maxAgeSeconds: 60 });
    expect(authenticationFor(['free', 'strong', 'recent', 'now', 'other'], rules)).toEqual({
      ...{ acrValues: [MULTI_FACTOR, 'urn:other'], maxAgeSeconds: 60 },
    });
    expect(authenticationFor(['free'], rules)).toBeUndefined();
  });
});
