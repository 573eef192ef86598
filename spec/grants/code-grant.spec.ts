import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';

import type { IdentifiedClient } from '../../lib/clients/client-authentication.js';
import {
  CALLBACK,
  deliver,
  type GrantRig,
  grantRig,
  outcomeOf,
  PUBLIC,
  RESOURCE,
  VERIFIER,
} from './grant-rig.js';

let rig: GrantRig;
beforeEach(() => {
  rig = grantRig();
});

const redeemAs = (code: string, client: IdentifiedClient) =>
  rig.grants.redeemCode(
    { grantType: 'authorization_code', code, codeVerifier: VERIFIER, redirectUri: CALLBACK },
    client,
  );

describe('redeeming a code', () => {
  it('R-TK-8, AS-25 issues an access token for this resource and a refresh token', async () => {
    const tokens = await rig.tokens();
    expect(tokens).toMatchObject({ expiresInSeconds: 3600, scopes: ['openid', 'read'] });
    expect(decodeJwt(tokens.accessToken)).toMatchObject({
      aud: RESOURCE,
      sub: 'auth0|ada',
      client_id: 'client',
      scope: 'openid read',
    });
    expect(rig.typesOfEvents()).toContain('code_redeemed');
  });

  it('AS-27 issues no refresh token to a client registered without', async () => {
    const client = {
      id: 'client',
      kind: 'preregistered',
      name: undefined,
      authMethod: 'none',
      mayRefresh: false,
    } as const;
    const tokens = await rig.redeem(await rig.begin({ client }));
    expect(tokens.refreshToken).toBeUndefined();
    expect(tokens.expiresInSeconds).toBe(3600);
  });

  it('CLI-34 leaves out scopes that Auth0 did not grant', async () => {
    rig.auth0.scopes = ['openid'];
    expect((await rig.tokens()).scopes).toEqual(['openid']);
  });

  it('refuses a login without a required scope at Auth0, and logs where to change that', async () => {
    rig.auth0.scopes = ['read'];
    await expect(rig.begin()).rejects.toMatchObject({
      code: 'access_denied',
      detail: expect.stringContaining('openid'),
    });
  });

  it('R-AZ-5 works without redirect_uri', async () => {
    const code = await rig.begin();
    expect(await outcomeOf(rig.redeem(code, { redirectUri: undefined }))).toBe('ok');
  });

  it.each([
    ['R-AZ-12 a wrong verifier', { codeVerifier: 'w'.repeat(43) }],
    ['R-AZ-5 another redirect URI', { redirectUri: 'https://client.example/other' }],
  ])(
    'parity 4.5 accepts the code after %s twice, and refuses it after the third',
    async (_what, wrong) => {
      const [forgiven, burnt] = [await rig.begin(), await rig.begin()];
      for (let attempt = 0; attempt < 2; attempt += 1) {
        expect(await outcomeOf(rig.redeem(forgiven, wrong))).toBe('invalid_grant');
      }
      expect(await outcomeOf(rig.redeem(forgiven))).toBe('ok');
      for (let attempt = 0; attempt < 3; attempt += 1) {
        expect(await outcomeOf(rig.redeem(burnt, wrong))).toBe('invalid_grant');
      }
      expect(await outcomeOf(rig.redeem(burnt))).toBe('invalid_grant');
    },
  );

  it('parity 4.5 counts parallel failures, each of them', async () => {
    const code = await rig.begin();
    await Promise.all(
      Array.from({ length: 10 }, () =>
        outcomeOf(rig.redeem(code, { codeVerifier: 'w'.repeat(43) })),
      ),
    );
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
  });

  it('R-AZ-11 works until the last second of its minute', async () => {
    const [soon, late] = [await rig.begin(), await rig.begin()];
    rig.pass(59);
    expect(await outcomeOf(rig.redeem(soon))).toBe('ok');
    rig.pass(1);
    expect(await outcomeOf(rig.redeem(late))).toBe('invalid_grant');
  });

  it('R-AZ-11 is refused to another client, which uses nothing up', async () => {
    const code = await rig.begin();
    const other = { ...PUBLIC, id: 'other' };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await outcomeOf(redeemAs(code, other))).toBe('invalid_grant');
    }
    expect(await outcomeOf(rig.redeem(code))).toBe('ok');
  });

  it('R-CI-5, R-AZ-11 is refused to a client that did not authenticate as registered', async () => {
    const client = {
      id: 'client',
      kind: 'preregistered',
      name: undefined,
      authMethod: 'private_key_jwt',
      mayRefresh: true,
    } as const;
    const code = await rig.begin({ client });
    expect(await outcomeOf(redeemAs(code, PUBLIC))).toBe('invalid_client');
    expect(await outcomeOf(redeemAs(code, { ...PUBLIC, isAuthenticated: true }))).toBe('ok');
  });

  it.each(['', 'x', 'A'.repeat(64), 'ü'.repeat(64), 'A'.repeat(10_000)])(
    'R-RS-7 responds the same to %.10j and to every other invalid code',
    async (code) => {
      await expect(rig.redeem(code)).rejects.toMatchObject({
        code: 'invalid_grant',
        description: 'The authorization code is invalid, expired or was used before',
      });
    },
  );

  it('AS-29 is refused with the right grant id and a wrong secret', async () => {
    const code = await rig.begin();
    const guess = code.slice(0, 22) + 'A'.repeat(42);
    expect(await outcomeOf(rig.redeem(guess))).toBe('invalid_grant');
    expect(await outcomeOf(rig.redeem(code))).toBe('ok');
  });
});

describe('redeeming a code again', () => {
  it('R-AZ-11 revokes the grant, here and at Auth0', async () => {
    const code = await rig.begin();
    const tokens = await rig.redeem(code);
    await deliver(tokens);
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
    expect(await outcomeOf(rig.refresh(tokens.refreshToken ?? ''))).toBe('invalid_grant');
    expect(await rig.grants.find(await rig.grantIdOf(tokens))).toBeUndefined();
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['auth0-rt-1']);
    expect(rig.typesOfEvents()).toEqual(['code_redeemed', 'code_replayed', 'grant_revoked']);
  });

  it('R-AZ-11 revokes it also without the right verifier, and a month later', async () => {
    const code = await rig.begin();
    const tokens = await rig.redeem(code);
    await deliver(tokens);
    rig.pass(1_000_000);
    expect(await outcomeOf(rig.redeem(code, { codeVerifier: 'w'.repeat(43) }))).toBe(
      'invalid_grant',
    );
    expect(await outcomeOf(rig.refresh(tokens.refreshToken ?? ''))).toBe('invalid_grant');
  });

  it('R-TK-11 revokes nothing when another client does it', async () => {
    const code = await rig.begin();
    const tokens = await rig.redeem(code);
    await deliver(tokens);
    expect(await outcomeOf(redeemAs(code, { ...PUBLIC, id: 'other' }))).toBe('invalid_grant');
    expect(await outcomeOf(rig.refresh(tokens.refreshToken ?? ''))).toBe('ok');
  });

  it('R-AZ-11 succeeds exactly once of fifty in parallel, on three instances', async () => {
    const code = await rig.begin();
    const instances = [rig.grants, rig.instance(), rig.instance()];
    const request = {
      grantType: 'authorization_code',
      code,
      codeVerifier: VERIFIER,
      redirectUri: CALLBACK,
    } as const;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const attempt = instances[at % 3]?.redeemCode(request, PUBLIC) ?? Promise.reject();
        // The response is sent at once, as over HTTP.
        return outcomeOf(attempt.then((tokens) => tokens.onSent?.()));
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['ok', 'invalid_grant']));
    expect(rig.events.filter(({ type }) => type === 'code_redeemed')).toHaveLength(1);
    // One more, afterwards, is a replay.
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
    expect(await rig.grants.list({ clientId: 'client' })).toEqual([]);
  });
});

describe('a redemption whose response was never sent', () => {
  it('can be repeated by the client, which waits for it first', async () => {
    const code = await rig.begin();
    const lost = await rig.redeem(code);
    const tokens = await rig.instance().redeemCode(requestFor(code), PUBLIC);
    await deliver(tokens);
    expect(await rig.grantIdOf(tokens)).toBe(await rig.grantIdOf(lost));
    expect(await outcomeOf(rig.refresh(tokens.refreshToken ?? ''))).toBe('ok');
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
  });

  it('R-AZ-11 cannot be repeated without the verifier', async () => {
    const code = await rig.begin();
    const { refreshToken = '' } = await rig.redeem(code);
    expect(await outcomeOf(rig.redeem(code, { codeVerifier: 'w'.repeat(43) }))).toBe(
      'invalid_grant',
    );
    expect(await outcomeOf(rig.refresh(refreshToken))).toBe('invalid_grant');
  });

  it('FA-33: claims the code again when it took so long that another process may have taken over', async () => {
    const code = await rig.begin();
    rig.storage.beforeUpdate = () => rig.pass(3);
    const tokens = await rig.redeem(code);
    await deliver(tokens);
    expect(await outcomeOf(rig.refresh(tokens.refreshToken ?? ''))).toBe('ok');
    expect(rig.events.filter(({ type }) => type === 'code_redeemed')).toHaveLength(1);
  });

  it('FA-33: is refused when another process has taken over', async () => {
    const code = await rig.begin();
    const other = rig.instance();
    rig.storage.beforeUpdate = () => {
      rig.pass(11);
      rig.storage.beforeUpdate = async () =>
        deliver(await other.redeemCode(requestFor(code), PUBLIC));
    };
    expect(await outcomeOf(rig.redeem(code))).toBe('invalid_grant');
    expect(rig.events.filter(({ type }) => type === 'code_redeemed')).toHaveLength(1);
    expect(await rig.grants.list({ clientId: 'client' })).toHaveLength(1);
  });

  it('fails when it takes that long again', async () => {
    const code = await rig.begin();
    rig.storage.beforeUpdate = () => {
      rig.pass(2);
      rig.storage.beforeUpdate = () => rig.pass(2);
    };
    expect(await outcomeOf(rig.redeem(code))).toBe('temporarily_unavailable');
    expect(rig.typesOfEvents()).not.toContain('code_redeemed');
  });
});

describe('completing a redemption', () => {
  it('is retried while the store is unavailable, and written once', async () => {
    const code = await rig.begin();
    const tokens = await rig.redeem(code);
    rig.storage.failingUpdates = 1;
    tokens.onSent?.();
    tokens.onSent?.();
    await rig.grants.close();
    expect(rig.storage.failingUpdates).toBe(0);
    tokens.onSent?.();
    await rig.grants.close();
    await outcomeOf(rig.redeem(code));
    expect(rig.typesOfEvents()).toContain('code_replayed');
  });
});

function requestFor(code: string) {
  return {
    grantType: 'authorization_code',
    code,
    codeVerifier: VERIFIER,
    redirectUri: CALLBACK,
  } as const;
}
