import { describe, expect, it } from '@jest/globals';

import { refusalOf, resolveWith } from '../resolve-with.js';

describe('scopes', () => {
  it('are those required, those that may be requested, and those of tools', () => {
    const { scopes } = resolveWith({
      requiredScopes: 'openid email',
      scopesSupported: ['email', 'files:read'],
      toolScopes: { delete_file: ['files:write', 'files:read'] },
    }).config;
    expect(scopes.required).toEqual(['openid', 'email']);
    expect(scopes.supported).toEqual(['openid', 'email', 'files:read', 'files:write']);
    expect(scopes.byTool.get('delete_file')).toEqual(['files:write', 'files:read']);
  });

  it('of defaultScopes are requested at the first login, but not required', () => {
    const { scopes } = resolveWith({
      defaultScopes: ['files:write', 'openid'],
      scopesSupported: ['files:read'],
    }).config;
    expect(scopes.required).toEqual(['openid']);
    expect(scopes.initial).toEqual(['openid', 'files:write']);
    expect(scopes.supported).toEqual(['openid', 'files:write', 'files:read']);
  });

  it('may be none', () => {
    expect(resolveWith({ requiredScopes: [] }).config.scopes).toMatchObject({
      required: [],
      supported: [],
    });
  });

  it('RS-8 ignores offline_access, with a warning', () => {
    const { config, warnings } = resolveWith({
      requiredScopes: ['openid', 'offline_access'],
      scopesSupported: ['offline_access'],
    });
    expect(config.scopes.supported).toEqual(['openid']);
    expect(warnings).toEqual([
      expect.stringContaining('offline_access in requiredScopes'),
      expect.stringContaining('offline_access in scopesSupported'),
    ]);
  });

  it('RS-15 include others transitively, also in cycles', () => {
    const { implied } = resolveWith({
      impliedScopes: { admin: ['write'], write: ['read'], a: ['b'], b: ['c', 'a'], self: ['self'] },
    }).config.scopes;
    expect(Object.fromEntries(implied)).toEqual({
      admin: ['write', 'read'],
      write: ['read'],
      a: ['b', 'c'],
      b: ['c', 'a'],
      self: [],
    });
  });

  it('distinguish a tool called __proto__ from the prototype', () => {
    const toolScopes = JSON.parse('{"__proto__": ["files:write"]}');
    expect(resolveWith({ toolScopes }).config.scopes.byTool.get('__proto__')).toEqual([
      'files:write',
    ]);
  });

  it.each([
    ['a quote', { requiredScopes: ['a"b'] }, 'requiredScopes'],
    ['a space', { requiredScopes: ['a b'] }, 'requiredScopes'],
    ['an accent', { scopesSupported: ['lesé'] }, 'scopesSupported'],
    ['a number', { requiredScopes: [1] }, 'requiredScopes[0]'],
    ['an empty one', { requiredScopes: [''] }, 'requiredScopes[0]'],
    ['an object', { requiredScopes: {} }, 'requiredScopes'],
    ['a tool without scopes', { toolScopes: { t: [] } }, 'toolScopes.t'],
    ['a tool with a malformed scope', { toolScopes: { t: ['a"'] } }, 'toolScopes.t'],
    ['offline_access for a tool', { toolScopes: { t: ['offline_access'] } }, 'toolScopes.t'],
    ['a list of tools', { toolScopes: ['t'] }, 'toolScopes'],
    ['a nameless tool', { toolScopes: { '': ['a'] } }, 'toolScopes'],
    ['a malformed scope that includes', { impliedScopes: { 'a b': ['c'] } }, 'impliedScopes'],
    ['a malformed included scope', { impliedScopes: { a: ['c d\\'] } }, 'impliedScopes.a'],
    ['a number as included scopes', { impliedScopes: { a: 1 } }, 'impliedScopes.a'],
    [
      'authentication for a scope that no client can request',
      { scopeAuthentication: { admin: { maxAgeSeconds: 300 } } },
      'scopeAuthentication.admin',
    ],
    ['a list of authentications', { scopeAuthentication: [] }, 'scopeAuthentication'],
    [
      'authentication that requires nothing',
      { scopeAuthentication: { openid: {} } },
      'scopeAuthentication.openid',
    ],
    [
      'authentication with an unknown field',
      { scopeAuthentication: { openid: { maxAge: 300 } } },
      'scopeAuthentication.openid',
    ],
    [
      'a list of acr values',
      { scopeAuthentication: { openid: { acr: 'a b' } } },
      'scopeAuthentication.openid.acr',
    ],
    ...[0, 59, 60.5, '300', 300_000_000].map(
      (maxAgeSeconds) =>
        [
          `the age ${JSON.stringify(maxAgeSeconds)}`,
          { scopeAuthentication: { openid: { maxAgeSeconds } } },
          'scopeAuthentication.openid.maxAgeSeconds',
        ] as const,
    ),
  ])('refuses %s', (_what, options, option) => {
    expect(refusalOf(options).option).toBe(option);
  });
});
