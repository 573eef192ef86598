import { describe, expect, it } from '@jest/globals';

import {
  formatScope,
  isScopeToken,
  missingScopes,
  parseScope,
  selectScopes,
  unionOfScopes,
} from '../../lib/oauth/scope.js';

describe('scopes', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['  ', []],
    ['a', ['a']],
    ['b a b', ['b', 'a']],
    [' a  b ', ['a', 'b']],
    ['a\tb', []],
    ['a "b" c\\d ü', ['a']],
    ['Read read', ['Read', 'read']],
    ['https://api.example/files.read !#[]~', ['https://api.example/files.read', '!#[]~']],
    ['__proto__ constructor', ['__proto__', 'constructor']],
  ])('of %j are %j', (value, scopes) => {
    expect(parseScope(value)).toEqual(scopes);
  });

  it.each([
    ['a', true],
    ['files:read', true],
    ['', false],
    ['a b', false],
    ['a"', false],
    ['a\\', false],
    ['é', false],
    ['a\n', false],
  ])('are tokens: %j → %p', (word, isOne) => {
    expect(isScopeToken(word)).toBe(isOne);
  });

  it('are written with single spaces, and read back the same', () => {
    expect(formatScope([])).toBe('');
    expect(parseScope(formatScope(['a', 'b']))).toEqual(['a', 'b']);
  });

  it('RS-13 are merged without duplicates, in order', () => {
    expect(unionOfScopes(['b', 'a'], ['c', 'a'])).toEqual(['b', 'a', 'c']);
  });

  it.each([
    ['nothing needed', [], [], []],
    ['all held', ['a'], ['a', 'b'], []],
    ['RS-14 several missing, all of them', ['a', 'b', 'c'], ['b'], ['a', 'c']],
    ['RS-15 implied', ['read'], ['write'], []],
    ['RS-15 implied at second hand', ['read', 'write'], ['admin'], []],
    ['RS-15 not the other way round', ['admin'], ['read', 'write'], ['admin']],
    ['another case', ['read'], ['Read'], ['read']],
  ])('are missing: %s', (_what, needed, granted, missing) => {
    const implied = new Map([
      ['admin', ['write', 'read']],
      ['write', ['read']],
    ]);
    expect(missingScopes(needed, granted, implied)).toEqual(missing);
  });

  it.each([
    ['CLI-30 nothing asked', [], ['openid', 'basic']],
    ['CLI-31 unknown words only', ['claudeai', 'offline_access', 'email'], ['openid', 'basic']],
    ['CLI-31 some unknown', ['claudeai', 'read'], ['openid', 'read']],
    ['CLI-32 more than the default', ['write', 'read'], ['openid', 'write', 'read']],
    ['the required one too', ['openid'], ['openid']],
  ])('of a login: %s', (_what, requested, selected) => {
    const rules = {
      required: ['openid'],
      initial: ['openid', 'basic'],
      known: new Set(['openid', 'basic', 'read', 'write']),
    };
    expect(selectScopes(requested, rules)).toEqual(selected);
  });
});
