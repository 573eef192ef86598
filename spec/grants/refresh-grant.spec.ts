import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import { Auth0Error } from '../../lib/auth0/auth0.js';
import {
  AUTH0_TTL,
  DAY,
  type GrantRig,
  grantRig,
  LIFETIMES,
  outcomeOf,
  PUBLIC,
} from './grant-rig.js';

let rig: GrantRig;
beforeEach(() => {
  rig = grantRig();
});

const next = async (refreshToken: string): Promise<string> =>
  (await rig.refresh(refreshToken)).refreshToken ?? '';

describe('refreshing', () => {
  it('AS-18, CLI-43 rotates: a new refresh token each time, and the old one ends after the grace window', async () => {
    const first = (await rig.tokens()).refreshToken;
    const second = await next(first);
    const third = await next(second);
    expect(new Set([first, second, third]).size).toBe(3);
    rig.pass(121);
    expect(await outcomeOf(rig.refresh(third))).toBe('ok');
    expect(await outcomeOf(rig.refresh(second))).toBe('invalid_grant');
  });

  it('CLI-41 issues the same successor to every caller within 120 s, and the first one’s tokens stay valid', async () => {
    const { refreshToken } = await rig.tokens();
    const winner = await next(refreshToken);
    rig.pass(120);
    expect(await next(refreshToken)).toBe(winner);
    expect(await outcomeOf(rig.refresh(winner))).toBe('ok');
    expect(rig.typesOfEvents()).not.toContain('refresh_token_replayed');
  });

  it('R-TK-12 revokes the grant when a token is used again after 121 s: newest token and access token too', async () => {
    const tokens = await rig.tokens();
    const newest = await next(tokens.refreshToken);
    rig.pass(121);
    await expect(rig.refresh(tokens.refreshToken)).rejects.toMatchObject({
      code: 'invalid_grant',
      description: 'The refresh token is invalid, expired or revoked',
    });
    expect(await outcomeOf(rig.refresh(newest))).toBe('invalid_grant');
    expect(await rig.grants.find(await rig.grantIdOf(tokens))).toBeUndefined();
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['auth0-rt-1']);
    expect(rig.typesOfEvents()).toEqual(
      expect.arrayContaining(['refresh_token_replayed', 'grant_revoked']),
    );
  });

  it('CLI-41 issues one successor to a hundred in parallel, on three instances', async () => {
    const { refreshToken } = await rig.tokens();
    const instances = [rig.grants, rig.instance(), rig.instance()];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        instances[at % 3]?.refresh(
          { grantType: 'refresh_token', refreshToken, scopes: undefined },
          PUBLIC,
          `caller-${at}`,
        ),
      ),
    );
    const successors = new Set(answers.map((answer) => answer?.refreshToken));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(refreshToken);
    const ids = answers.map((answer) => decodeJwt(answer?.accessToken ?? '').jti);
    expect(new Set(ids).size).toBe(100);
    expect(await outcomeOf(rig.refresh([...successors][0] ?? ''))).toBe('ok');
  });

  it('CLI-44 survives fifty rotations in a minute, with each of their tokens', async () => {
    const seen = [(await rig.tokens()).refreshToken];
    for (let round = 0; round < 50; round += 1) {
      seen.push(await next(seen.at(-1) ?? ''));
      rig.pass(1);
    }
    for (const token of new Set(seen)) expect(await outcomeOf(rig.refresh(token))).toBe('ok');
    rig.pass(121);
    expect(await next(seen.at(-1) ?? '')).not.toBe(seen.at(-1));
  });

  it('continues from a generation that the store has lost', async () => {
    const { refreshToken } = await rig.tokens();
    const [key = ''] = rig.storage.keys;
    const backup = (await rig.storage.get(key)) ?? Buffer.of();
    const newest = await next(await next(refreshToken));
    await rig.storage.set(key, backup, DAY);
    const after = await next(newest);
    expect([refreshToken, newest]).not.toContain(after);
    expect(await next(newest)).toBe(after);
    expect(await next(after)).not.toBe(after);
  });

  it('R-TK-11 is refused to another client, and revokes nothing, however often it tries', async () => {
    const { refreshToken } = await rig.tokens();
    const newest = await next(refreshToken);
    rig.pass(500);
    for (const token of [refreshToken, newest]) {
      const attempt = rig.refresh(token, undefined, {
        ...PUBLIC,
        id: 'other',
        isAuthenticated: true,
      });
      expect(await outcomeOf(attempt)).toBe('invalid_grant');
    }
    expect(await outcomeOf(rig.refresh(newest))).toBe('ok');
  });

  it('R-CI-5 is refused without the required authentication, and revokes nothing', async () => {
    const client = {
      id: 'client',
      kind: 'preregistered',
      name: undefined,
      authMethod: 'client_secret_basic',
      mayRefresh: true,
    } as const;
    const { grants } = rig;
    const code = await rig.begin({ client });
    const proved = { ...PUBLIC, isAuthenticated: true };
    const request = {
      grantType: 'authorization_code',
      code,
      codeVerifier: 'v'.repeat(43),
      redirectUri: undefined,
    } as const;
    const { refreshToken = '' } = await grants.redeemCode(request, proved);
    expect(await outcomeOf(rig.refresh(refreshToken))).toBe('invalid_client');
    expect(await outcomeOf(rig.refresh(refreshToken, undefined, proved))).toBe('ok');
  });

  it.each(['', 'x', 'A'.repeat(71), 'eyJhbGciOiJub25lIn0.e30.'])(
    'R-RS-7 is refused for %j with the same error',
    async (token) => {
      await expect(rig.refresh(token)).rejects.toMatchObject({
        code: 'invalid_grant',
        description: 'The refresh token is invalid, expired or revoked',
      });
    },
  );

  it('is refused for a grant that is gone', async () => {
    const tokens = await rig.tokens();
    await rig.grants.revoke(await rig.grantIdOf(tokens), 'operator');
    expect(await outcomeOf(rig.refresh(tokens.refreshToken))).toBe('invalid_grant');
  });
});

describe('refreshing while the grant is revoked', () => {
  it('R-RV-2 is refused', async () => {
    const tokens = await rig.tokens();
    const id = await rig.grantIdOf(tokens);
    rig.storage.beforeUpdate = async () => void (await rig.grants.revoke(id, 'client_request'));
    expect(await outcomeOf(rig.refresh(tokens.refreshToken))).toBe('invalid_grant');
    expect(rig.typesOfEvents()).not.toContain('tokens_refreshed');
  });
});

describe('the scopes of a refresh', () => {
  const WIDE = { scopes: ['openid', 'read', 'write'] };

  it('R-TK-10 can be narrowed for one access token, and are complete again afterwards', async () => {
    const { refreshToken } = await rig.tokens(WIDE);
    const narrow = await rig.refresh(refreshToken, ['read']);
    // Every token has the required ones.
    expect(narrow.scopes).toEqual(['openid', 'read']);
    expect(decodeJwt(narrow.accessToken).scope).toBe('openid read');
    expect((await rig.refresh(narrow.refreshToken ?? '')).scopes).toEqual(WIDE.scopes);
  });

  it('R-TK-10 can be in any order, and with unknown ones', async () => {
    const { refreshToken } = await rig.tokens(WIDE);
    const asked = ['write', 'offline_access', 'openid', 'claudeai', 'read'];
    expect((await rig.refresh(refreshToken, asked)).scopes).toEqual(WIDE.scopes);
    expect((await rig.refresh(refreshToken, ['claudeai'])).scopes).toEqual(WIDE.scopes);
    expect((await rig.refresh(refreshToken, [])).scopes).toEqual(WIDE.scopes);
  });

  it('R-TK-10 cannot be extended, and an attempt uses nothing up', async () => {
    const { refreshToken } = await rig.tokens();
    expect(await outcomeOf(rig.refresh(refreshToken, ['read', 'write']))).toBe('invalid_scope');
    rig.pass(500);
    expect(await outcomeOf(rig.refresh(refreshToken, ['read']))).toBe('ok');
  });

  it('CLI-34 are reduced to what Auth0 grants, also for a client that requests what it had', async () => {
    const { refreshToken } = await rig.tokens(WIDE);
    rig.pass(AUTH0_TTL);
    rig.auth0.scopes = ['openid', 'read'];
    const named = await rig.refresh(refreshToken, WIDE.scopes);
    expect(named.scopes).toEqual(['openid', 'read']);
    expect((await rig.refresh(named.refreshToken ?? '', ['write'])).scopes).toEqual(['openid']);
  });

  it('CLI-35 never exceed what the user allowed, whatever Auth0 grants', async () => {
    const { refreshToken } = await rig.tokens();
    rig.pass(AUTH0_TTL);
    rig.auth0.scopes = ['openid', 'read', 'write', 'admin'];
    expect((await rig.refresh(refreshToken)).scopes).toEqual(['openid', 'read']);
  });
});

describe('expiry of a grant (R-TK-13)', () => {
  it('is extended by use, and happens without a refresh for the idle time', async () => {
    let { refreshToken } = await rig.tokens();
    for (let month = 0; month < 3; month += 1) {
      rig.pass(LIFETIMES.refreshTokenIdleSeconds - 1);
      refreshToken = await next(refreshToken);
    }
    rig.pass(LIFETIMES.refreshTokenIdleSeconds);
    expect(await outcomeOf(rig.refresh(refreshToken))).toBe('invalid_grant');
  });

  it('happens after the absolute lifetime, however much the grant is used', async () => {
    let { refreshToken } = await rig.tokens();
    for (let day = 0; day < 364; day += 14) {
      rig.pass(14 * DAY);
      refreshToken = await next(refreshToken);
    }
    rig.pass(DAY - 10);
    // AS-19: expires_in is what is left.
    const last = await rig.refresh(refreshToken);
    expect(last.expiresInSeconds).toBe(10);
    expect(decodeJwt(last.accessToken)).toMatchObject({ iat: rig.now(), exp: rig.now() + 10 });
    rig.pass(10);
    expect(await outcomeOf(rig.refresh(last.refreshToken ?? ''))).toBe('invalid_grant');
    expect(
      await rig.grants.find(await rig.grantIdOf({ ...last, accessToken: last.accessToken })),
    ).toBeUndefined();
  });

  it('happens with Auth0’s access token where Auth0 issued no refresh token', async () => {
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: rig.now() + 5000,
      refreshToken: undefined,
    };
    const { refreshToken } = await rig.tokens({}, { tokens });
    rig.pass(4000);
    const last = await rig.refresh(refreshToken);
    expect(last.expiresInSeconds).toBe(1000);
    rig.pass(1000);
    expect(await outcomeOf(rig.refresh(last.refreshToken ?? ''))).toBe('invalid_grant');
    expect(rig.auth0.refreshes).toEqual([]);
  });

  it('AS-19 is in expires_in also where the idle time is shorter than a token', async () => {
    rig = grantRig({ lifetimes: { refreshTokenIdleSeconds: 100 } });
    const tokens = await rig.tokens();
    expect(tokens.expiresInSeconds).toBe(100);
    rig.pass(40);
    expect((await rig.refresh(tokens.refreshToken)).expiresInSeconds).toBe(100);
  });
});

describe('Auth0 during a refresh', () => {
  it('CLI-42 gets no request while its token is valid', async () => {
    const { refreshToken } = await rig.tokens();
    await next(refreshToken);
    expect(rig.auth0.refreshes).toEqual([]);
  });

  it('R-UP-5 can be down: 503, nothing is used up, and the refresh succeeds afterwards', async () => {
    const { refreshToken } = await rig.tokens();
    rig.pass(AUTH0_TTL);
    rig.auth0.failures.push(new Auth0Error('unavailable', 'down'));
    await expect(rig.refresh(refreshToken)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfterSeconds: 5,
    });
    rig.pass(1000);
    const after = await rig.refresh(refreshToken);
    expect(after.scopes).toEqual(['openid', 'read']);
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'auth0-rt-1']);
  });

  it('AS-34 revokes the grant when the session has ended there', async () => {
    const tokens = await rig.tokens();
    rig.pass(AUTH0_TTL);
    rig.auth0.failures.push(new Auth0Error('session_ended', 'blocked'));
    expect(await outcomeOf(rig.refresh(tokens.refreshToken))).toBe('invalid_grant');
    expect(await rig.grants.list({ subject: 'auth0|ada' })).toEqual([]);
    await rig.grants.close();
    // There is nothing left to give back.
    expect(rig.auth0.revoked).toEqual([]);
  });
});
