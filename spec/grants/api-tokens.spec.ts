/** Tokens for other APIs by the one refresh token of a grant, on three instances and on a clock that can be moved. */
import { beforeEach, describe, expect, it } from '@jest/globals';

import { Auth0ApiAccessError, Auth0Error } from '../../lib/auth0/auth0.js';
import { MAX_API_TOKENS } from '../../lib/storage/records.js';
import { AUTH0_TTL, type GrantRig, grantRig, outcomeOf } from './grant-rig.js';

let rig: GrantRig;
let id: string;
let refreshToken: string;

const BILLING = { audience: 'billing', scope: ['read'] };
const MAIL = { audience: 'mail' };
const refused = () => new Auth0ApiAccessError(BILLING, 'it is for another API', 'add the policy');

beforeEach(async () => {
  rig = grantRig();
  const tokens = await rig.tokens();
  refreshToken = tokens.refreshToken;
  id = await rig.grantIdOf(tokens);
});

describe('a token for another API', () => {
  it('is requested once, and cached by API and scopes until it is due', async () => {
    const first = await rig.grants.auth0Token(id, BILLING);
    expect(first).toBe('billing-at-1');
    rig.pass(AUTH0_TTL - 61);
    expect(await rig.instance().auth0Token(id, BILLING)).toBe(first);
    expect(await rig.grants.auth0Token(id, { ...BILLING, scope: [] })).toBe('billing-at-2');
    rig.pass(1);
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-3');
    expect(rig.auth0.apis).toEqual(['billing read', 'billing', 'billing read']);
  });

  it('leaves the token of the login as it is, and the other way round', async () => {
    await rig.grants.auth0Token(id, BILLING);
    expect(await rig.grants.auth0Token(id)).toBe('auth0-at-1');
    rig.pass(AUTH0_TTL / 2);
    await rig.grants.auth0Token(id, MAIL);
    rig.pass(AUTH0_TTL / 2);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-3');
    expect(await rig.grants.auth0Token(id, MAIL)).toBe('mail-at-2');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'refreshed-rt-1', 'refreshed-rt-2']);
  });

  it('is that of the grant’s user: another’s ends the grant, and its refresh token is revoked', async () => {
    rig.auth0.subject = 'auth0|mallory';
    expect(await outcomeOf(rig.grants.auth0Token(id, BILLING))).toBe('invalid_grant');
    await rig.grants.close();
    expect(rig.auth0.revoked).toEqual(['refreshed-rt-1']);
    expect(await rig.grants.find(id)).toBeUndefined();
  });

  it('ends with the grant', async () => {
    await rig.grants.auth0Token(id, BILLING);
    await rig.grants.revoke(id, 'operator');
    expect(await outcomeOf(rig.grants.auth0Token(id, BILLING))).toBe('invalid_grant');
  });

  it(`is stored beside at most ${MAX_API_TOKENS - 1} others, the oldest goes first`, async () => {
    const names = Array.from({ length: MAX_API_TOKENS + 1 }, (_, at) => `api-${at}`);
    for (const audience of names) await rig.grants.auth0Token(id, { audience });
    const grant = await rig.grants.find(id);
    expect(grant?.auth0?.apiTokens?.map(({ audience }) => audience)).toEqual(names.slice(1));
    rig.pass(AUTH0_TTL);
    await rig.grants.auth0Token(id, MAIL);
    expect((await rig.grants.find(id))?.auth0?.apiTokens).toHaveLength(1);
  });

  it('needs a refresh token of Auth0, and the error names the settings', async () => {
    const tokens = {
      accessToken: 'a',
      accessTokenExpiresAt: rig.now() + 90,
      refreshToken: undefined,
    };
    const without = await rig.grantIdOf(await rig.tokens({}, { tokens }));
    await expect(rig.grants.auth0Token(without, BILLING)).rejects.toMatchObject({
      code: 'ERR_AUTH0_MCP_API_ACCESS',
      remedy: expect.stringContaining('Allow Offline Access'),
    });
    expect(rig.auth0.apis).toEqual([]);
  });

  it('is reported as an event that names the API', async () => {
    await rig.grants.auth0Token(id, BILLING);
    expect(rig.events.at(-1)).toMatchObject({ type: 'auth0_refreshed', audience: 'billing' });
  });
});

describe('one use of a refresh token at a time', () => {
  it.each([true, false])(
    'for 90 callers, three instances, three APIs, rotation %s',
    async (rotates) => {
      rig.auth0.rotates = rotates;
      rig.pass(AUTH0_TTL);
      rig.auth0.delayMs = 30;
      const instances = [rig.grants, rig.instance(), rig.instance()];
      const requests = [undefined, BILLING, MAIL];
      const tokens = await Promise.all(
        Array.from({ length: 90 }, (_, at) =>
          instances[at % 3]?.auth0Token(id, requests[Math.floor(at / 3) % 3]),
        ),
      );
      expect(new Set(tokens).size).toBe(3);
      expect(rig.auth0.refreshes).toHaveLength(3);
      // Each sent the one that the request before it brought.
      if (rotates) expect(new Set(rig.auth0.refreshes).size).toBe(3);
    },
  );

  it('with refreshes of the client at the same time', async () => {
    rig.pass(AUTH0_TTL);
    rig.auth0.delayMs = 20;
    const other = rig.instance();
    await Promise.all<unknown>([
      rig.refresh(refreshToken),
      other.auth0Token(id, BILLING),
      rig.grants.auth0Token(id, MAIL),
      rig.refresh(refreshToken),
    ]);
    expect(new Set(rig.auth0.refreshes).size).toBe(3);
    expect(rig.auth0.refreshes).toHaveLength(3);
  });
});

describe('a token that Auth0 does not issue', () => {
  it('a rotated refresh token in the response replaces the old one nevertheless', async () => {
    rig.auth0.refusals.push(
      refused(),
      new Auth0Error('invalid_response', 'the signature is wrong'),
    );
    await expect(rig.grants.auth0Token(id, BILLING)).rejects.toBeInstanceOf(Auth0ApiAccessError);
    await expect(rig.grants.auth0Token(id, BILLING)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
    });
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-3');
    expect(rig.auth0.refreshes).toEqual(['auth0-rt-1', 'refreshed-rt-1', 'refreshed-rt-2']);
    expect(rig.typesOfEvents().filter((type) => type === 'auth0_refreshed')).toHaveLength(1);
  });

  it('does not make the pauses of the login start again', async () => {
    rig.pass(AUTH0_TTL);
    const down = () => new Auth0Error('unavailable', 'down');
    rig.auth0.failures.push(down(), down());
    for (const retryAfterSeconds of [5, 10]) {
      await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ retryAfterSeconds });
      rig.pass(retryAfterSeconds);
    }
    rig.auth0.refusals.push(new Auth0Error('invalid_response', 'the signature is wrong'));
    await expect(rig.grants.auth0Token(id, BILLING)).rejects.toThrow();
    rig.auth0.failures.push(down());
    await expect(rig.grants.auth0Token(id)).rejects.toMatchObject({ retryAfterSeconds: 20 });
  });

  it('does not delay a refresh of the login, nor does an error of Auth0 about this API', async () => {
    rig.auth0.failures.push(refused());
    await expect(rig.grants.auth0Token(id, BILLING)).rejects.toBeInstanceOf(Auth0ApiAccessError);
    rig.pass(AUTH0_TTL);
    expect(await rig.grants.auth0Token(id)).toBe('refreshed-at-1');
  });
});

describe('Auth0 or the store fails', () => {
  it.each(['invalid_grant', 'mfa_required'])('%s ends the login', async (cause) => {
    rig.auth0.failures.push(new Auth0Error('session_ended', cause));
    expect(await outcomeOf(rig.grants.auth0Token(id, BILLING))).toBe('invalid_grant');
    expect(await outcomeOf(rig.refresh(refreshToken))).toBe('invalid_grant');
  });

  it('an outage costs time: for the next seconds no request, then the token', async () => {
    rig.auth0.failures.push(new Auth0Error('unavailable', '429', { retryAfterSeconds: 7 }));
    for (let call = 0; call < 2; call += 1) {
      await expect(rig.instance().auth0Token(id, BILLING)).rejects.toMatchObject({
        code: 'temporarily_unavailable',
        retryAfterSeconds: 7,
      });
    }
    expect(rig.auth0.refreshes).toHaveLength(1);
    expect(await rig.grants.auth0Token(id)).toBe('auth0-at-1');
    rig.pass(7);
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-1');
  });

  it('a token that is due but valid serves through an outage', async () => {
    await rig.grants.auth0Token(id, BILLING);
    rig.pass(AUTH0_TTL - 30);
    rig.auth0.failures.push(new Auth0Error('unavailable', 'away'));
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-1');
    rig.pass(30);
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-2');
  });

  it('a store that is away after Auth0’s response costs time, not the login', async () => {
    rig.auth0.meanwhile = async () => {
      rig.storage.failingUpdates = 2;
    };
    expect(await rig.grants.auth0Token(id, BILLING)).toBe('billing-at-1');
    expect(await rig.instance().auth0Token(id, BILLING)).toBe('billing-at-1');
  });

  it('a grant that is revoked during the request takes the new refresh token with it', async () => {
    rig.auth0.meanwhile = async () => void (await rig.grants.revoke(id, 'operator'));
    expect(await outcomeOf(rig.grants.auth0Token(id, BILLING))).toBe('invalid_grant');
    await rig.grants.close();
    expect(rig.auth0.revoked).toContain('refreshed-rt-1');
  });
});
