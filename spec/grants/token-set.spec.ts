import { describe, expect, it } from '@jest/globals';

import { createTokenIssuer, effectiveScopes, narrowedScopes } from '../../lib/grants/token-set.js';
import { InvalidGrantError, InvalidScopeError } from '../../lib/oauth/errors.js';
import type { ScopeAuthentications } from '../../lib/oauth/user-authentication.js';
import { LIFETIMES, START } from './grant-rig.js';

const NO_RULES: ScopeAuthentications = new Map();
const rules = {
  required: ['openid'],
  authentication: NO_RULES,
  known: new Set(['openid', 'read', 'write', 'admin']),
};
const grant = (allowed: string[], atAuth0 = allowed) => ({
  scopes: allowed,
  auth0: { accessToken: '', accessTokenExpiresAt: 0, scopes: atAuth0 },
  user: {},
});

describe('the scopes of a grant', () => {
  it('CLI-35 are those that the user allowed and Auth0 grants, in the order of the former', () => {
    const both = grant(['openid', 'read', 'write'], ['admin', 'write', 'openid']);
    expect(effectiveScopes(both, NO_RULES, START)).toEqual(['openid', 'write']);
    expect(effectiveScopes(grant([], ['openid']), NO_RULES, START)).toEqual([]);
  });

  it.each<[string, ReturnType<typeof grant>, string[] | undefined, string[]]>([
    ['nothing asked', grant(['openid', 'read']), undefined, ['openid', 'read']],
    ['an empty list', grant(['openid', 'read']), [], ['openid', 'read']],
    ['unknown words only', grant(['openid', 'read']), ['x', 'offline_access'], ['openid', 'read']],
    ['one of two', grant(['openid', 'read', 'write']), ['write'], ['openid', 'write']],
    ['the required one', grant(['openid', 'read']), ['openid'], ['openid']],
    ['one that Auth0 has withdrawn', grant(['openid', 'read'], ['openid']), ['read'], ['openid']],
    ['a scope that is no longer configured', grant(['openid', 'old']), ['old'], ['openid', 'old']],
    [
      'a required one that Auth0 has withdrawn',
      grant(['openid', 'read'], ['read']),
      ['read'],
      ['read'],
    ],
  ])('R-TK-10 of a refresh: %s', (_what, from, asked, scopes) => {
    expect(narrowedScopes(from, asked, rules, START)).toEqual(scopes);
  });

  it.each([
    ['alone', ['admin']],
    ['among others', ['openid', 'admin', 'read']],
  ])('R-TK-10 of a refresh cannot contain a further known one, %s', (_what, asked) => {
    const everything = ['openid', 'read', 'write', 'admin'];
    expect(() =>
      narrowedScopes(grant(['openid', 'read'], everything), asked, rules, START),
    ).toThrow(InvalidScopeError);
  });
});

describe('issuing tokens', () => {
  it('R-TK-13 fails for a grant that has just expired', async () => {
    const signed: unknown[] = [];
    const ended = {
      ...grant(['openid']),
      client: { id: 'client', authMethod: 'none', mayRefresh: true },
      subject: 's',
      createdAt: START,
      lastUsedAt: START,
      code: {
        tag: '',
        challenge: '',
        redirectUri: '',
        expiresAt: 0,
        failures: 0,
        redeemedAt: START,
      },
      generation: 0,
      replaced: [],
      user: {},
    } as const;
    const issueTokens = createTokenIssuer(
      { sign: async (claims) => `${signed.push(claims)}` },
      { mint: () => 'r' },
      LIFETIMES,
      () => START + LIFETIMES.refreshTokenSeconds,
    );
    await expect(issueTokens('id', ended, [])).rejects.toBeInstanceOf(InvalidGrantError);
    expect(signed).toEqual([]);
  });
});
