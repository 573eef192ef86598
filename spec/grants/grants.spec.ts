import { beforeEach, describe, expect, it } from '@jest/globals';

import { Auth0Error } from '../../lib/auth0/auth0.js';
import { approved, type GrantRig, grantRig, LIFETIMES, outcomeOf } from './grant-rig.js';

let rig: GrantRig;
beforeEach(() => {
  rig = grantRig();
});

describe('a grant', () => {
  it('R-AZ-18 is not found before its code is redeemed', async () => {
    const { code, grantId } = await rig.grants.begin(rig.login(), approved());
    expect(await rig.grants.find(grantId)).toBeUndefined();
    expect(await rig.grants.list({ subject: 'auth0|ada' })).toEqual([]);
    await rig.redeem(code);
    expect(await rig.grants.find(grantId)).toMatchObject({ subject: 'auth0|ada', sid: 'session' });
    expect(await rig.grants.list({ subject: 'auth0|ada' })).toHaveLength(1);
  });

  it('R-CI-9 contains the client as it was at login, and the user', async () => {
    const id = await rig.grantIdOf(await rig.tokens());
    expect(await rig.grants.find(id)).toMatchObject({
      client: { id: 'client', name: 'Client', authMethod: 'none', mayRefresh: true },
      user: { name: 'Ada' },
      scopes: ['openid', 'read'],
    });
  });

  it('works for a client without a name and a login without session or refresh token', async () => {
    const client = {
      id: 'client',
      kind: 'preregistered',
      name: undefined,
      authMethod: 'none',
      mayRefresh: true,
    } as const;
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: rig.now() + 99,
      refreshToken: undefined,
    };
    const id = await rig.grantIdOf(await rig.tokens({ client }, { sid: undefined, tokens }));
    expect(JSON.stringify(await rig.grants.find(id))).not.toMatch(/null|"name":""|"sid"/);
  });

  it('is completed when the first use of its token returns, if the completion was lost', async () => {
    const code = await rig.begin();
    const tokens = await rig.redeem(code);
    await rig.grants.find(await rig.grantIdOf(tokens));
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
    expect(rig.typesOfEvents()).toContain('code_replayed');
  });

  it('is completed by a refresh too', async () => {
    const code = await rig.begin();
    const { refreshToken = '' } = await rig.redeem(code);
    await rig.refresh(refreshToken);
    await outcomeOf(rig.redeem(code));
    expect(rig.typesOfEvents()).toContain('code_replayed');
  });
});

describe('the grant of a token (R-RV-1)', () => {
  it('is found by access token and refresh token, also a replaced one', async () => {
    const tokens = await rig.tokens();
    const found = { id: await rig.grantIdOf(tokens), grant: { client: { id: 'client' } } };
    expect(await rig.grants.findByToken(tokens.accessToken, 'client')).toMatchObject(found);
    expect(await rig.grants.findByToken(tokens.refreshToken, 'client')).toMatchObject(found);
    await rig.refresh(tokens.refreshToken);
    rig.pass(1000);
    expect(await rig.grants.findByToken(tokens.refreshToken, 'client')).toMatchObject(found);
  });

  it.each(['', 'x', 'A'.repeat(71), 'a.b.c', 'A'.repeat(100_000)])(
    'is undefined for %.10j',
    async (token) => {
      expect(await rig.grants.findByToken(token, 'client')).toBeUndefined();
    },
  );

  it('is not found when it or its token has expired', async () => {
    const [one, other] = [await rig.tokens(), await rig.tokens()];
    await rig.grants.revoke(await rig.grantIdOf(one), 'client_request');
    expect(await rig.grants.findByToken(one.accessToken, 'client')).toBeUndefined();
    expect(await rig.grants.findByToken(one.refreshToken, 'client')).toBeUndefined();
    rig.pass(3700);
    expect(await rig.grants.findByToken(other.accessToken, 'client')).toBeUndefined();
    expect(await rig.grants.findByToken(other.refreshToken, 'client')).toBeDefined();
  });
});

describe('revoking a grant', () => {
  it('parity 4.1, R-RV-2 ends all its tokens at once and revokes that of Auth0', async () => {
    const tokens = await rig.tokens();
    const id = await rig.grantIdOf(tokens);
    expect(await rig.grants.revoke(id, 'client_request')).toBe(true);
    expect(await rig.grants.find(id)).toBeUndefined();
    expect(await outcomeOf(rig.refresh(tokens.refreshToken))).toBe('invalid_grant');
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['auth0-rt-1']);
    expect(rig.events.at(-1)).toEqual({
      type: 'grant_revoked',
      cause: 'client_request',
      grantId: id,
      subject: 'auth0|ada',
      client: 'client',
    });
  });

  it('happens once, however often it is called', async () => {
    const id = await rig.grantIdOf(await rig.tokens());
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => rig.instance().revoke(id, 'operator')),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(rig.typesOfEvents().filter((type) => type === 'grant_revoked')).toHaveLength(1);
    expect(await rig.grants.revoke('never-was', 'operator')).toBe(false);
  });

  it('parity 4.23 revokes no other grant of the same user', async () => {
    const [one, other] = [await rig.tokens(), await rig.tokens()];
    await rig.grants.revoke(await rig.grantIdOf(one), 'operator');
    expect(await outcomeOf(rig.refresh(other.refreshToken))).toBe('ok');
  });

  it('R-RV-3 does not fail with Auth0, which is logged', async () => {
    rig.auth0.revoke = () => Promise.reject(new Auth0Error('misconfigured', 'not allowed'));
    const id = await rig.grantIdOf(await rig.tokens());
    expect(await rig.grants.revoke(id, 'client_request')).toBe(true);
    await rig.grants.close();
    expect(rig.logged).toEqual([expect.stringContaining('could not be revoked at Auth0')]);
  });

  it('R-RV-3 does not wait for Auth0 when the process ends', async () => {
    rig.auth0.revoke = () => Promise.reject(new Auth0Error('unavailable', 'down'));
    for (let login = 0; login < 3; login += 1) {
      await rig.grants.revoke(await rig.grantIdOf(await rig.tokens()), 'operator');
    }
    await rig.grants.close();
    // One line for all of them.
    expect(rig.logged).toHaveLength(1);
  });

  it('revokes nothing at Auth0 for a login without a refresh token', async () => {
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: rig.now() + 99,
      refreshToken: undefined,
    };
    await rig.grants.revoke(await rig.grantIdOf(await rig.tokens({}, { tokens })), 'operator');
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual([]);
  });
});

describe('expired grants (parity 4.23)', () => {
  it('are revoked at Auth0 at the next login of that user', async () => {
    await rig.tokens();
    rig.pass(LIFETIMES.refreshTokenIdleSeconds);
    await rig.tokens();
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['auth0-rt-1']);
    expect(rig.events).toContainEqual(
      expect.objectContaining({ type: 'grant_revoked', cause: 'expired' }),
    );
  });

  it('are reported as expired, however they are revoked', async () => {
    const id = await rig.grantIdOf(await rig.tokens());
    rig.pass(LIFETIMES.refreshTokenIdleSeconds);
    expect(await rig.grants.revoke(id, 'operator')).toBe(false);
    expect(rig.events.at(-1)).toMatchObject({ type: 'grant_revoked', cause: 'expired' });
  });

  it('are revoked before Auth0 drops its oldest: the least recently used first', async () => {
    const first = await rig.tokens();
    rig.pass(1);
    const second = await rig.tokens();
    for (let login = 0; login < 188; login += 1) await rig.tokens();
    await rig.refresh((await rig.refresh(first.refreshToken)).refreshToken ?? '');
    rig.pass(1);
    await rig.refresh((await rig.refresh(first.refreshToken)).refreshToken ?? '');
    await rig.tokens();
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['auth0-rt-2']);
    expect(rig.events).toContainEqual(
      expect.objectContaining({ cause: 'auth0_limit', grantId: await rig.grantIdOf(second) }),
    );
  });

  it('are left for later when the store is unavailable', async () => {
    rig.storage.members = () => Promise.reject(new Error('away'));
    await rig.tokens();
    await rig.grants.close();
    expect(rig.logged).toEqual([expect.stringContaining('expired grants could not be removed')]);
  });
});

describe('a logout at Auth0', () => {
  const logout = (changes: object) => ({
    id: 'jti',
    subject: undefined,
    sid: undefined,
    issuedAt: rig.now(),
    expiresAt: rig.now() + 60,
    ...changes,
  });
  const sessionsLeft = async (): Promise<unknown[]> =>
    (await rig.grants.list({ subject: 'auth0|ada' })).map(({ grant }) => grant.sid).toSorted();

  beforeEach(async () => {
    await rig.tokens({}, { sid: 'one' });
    await rig.tokens({}, { sid: 'two' });
    await rig.tokens({}, { sid: undefined });
    await rig.tokens({}, { sid: 'one', subject: 'auth0|bob' });
  });

  it.each([
    [
      'one session of a user, and logins without a known session',
      { subject: 'auth0|ada', sid: 'one' },
      ['two'],
    ],
    ['all of a user', { subject: 'auth0|ada' }, []],
    ['a session of any user', { sid: 'two' }, ['one', undefined]],
    ['nothing of another user', { subject: 'auth0|eve', sid: 'one' }, ['one', 'two', undefined]],
  ])('ends %s', async (_what, changes, left) => {
    await rig.logOut(logout(changes));
    expect(await sessionsLeft()).toEqual(left);
    expect(await rig.grants.list({ subject: 'auth0|bob' })).toHaveLength(1);
  });

  it('is carried out once: a replay does not end what began since', async () => {
    await rig.logOut(logout({ subject: 'auth0|ada' }));
    rig.pass(10);
    await rig.tokens({}, { startedAt: rig.now() });
    expect(await outcomeOf(rig.logOut(logout({ subject: 'auth0|ada' })))).toBe('invalid_request');
    expect(await sessionsLeft()).toHaveLength(1);
    expect(rig.events).toContainEqual({
      type: 'backchannel_logout',
      ended: 3,
      subject: 'auth0|ada',
    });
  });

  it('can be sent again when it failed', async () => {
    const { members } = rig.storage;
    rig.storage.members = () => Promise.reject(new Error('away'));
    await expect(rig.logOut(logout({ subject: 'auth0|ada' }))).rejects.toThrow('away');
    rig.storage.members = members;
    await rig.logOut(logout({ subject: 'auth0|ada' }));
    expect(await sessionsLeft()).toEqual([]);
  });
});
