import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { createBrowser } from '../../lib/testing/browser.js';
import { ADA, BOB, DEMO_AUDIENCE, DEMO_CLIENT_ID } from '../../lib/testing/options.js';
import { claimsOf, tokensOf } from './relying-party.js';
import { runTenant } from './running-tenant.js';

const { tenant, application, api } = runTenant();

describe('tokens of the tenant', () => {
  it('issues the Auth0 profile: azp, two audiences, typ JWT, no jti', async () => {
    const tokens = await tokensOf(tenant);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 86_400 });
    expect(tokens.scope).toBe('openid profile email offline_access read:notes files:write');
    expect(decodeProtectedHeader(tokens.access_token ?? '')).toMatchObject({
      alg: 'RS256',
      typ: 'JWT',
    });
    const claims = claimsOf(tokens.access_token);
    expect(claims).toMatchObject({ iss: tenant.issuer, sub: ADA.sub, azp: DEMO_CLIENT_ID });
    expect(claims.aud).toEqual([DEMO_AUDIENCE, `${tenant.issuer}userinfo`]);
    expect(claims).not.toHaveProperty('jti');
    expect(claimsOf(tokens.id_token)).toMatchObject({
      aud: DEMO_CLIENT_ID,
      nonce: 'nonce-of-the-spec',
      name: 'Ada Lovelace',
      email: ADA.email,
      sid: expect.any(String),
    });
  });

  it('issues the RFC 9068 profile, and HS256, if the API is configured so', async () => {
    api({ dialect: 'rfc9068', signingAlg: 'HS256', signingSecret: 's'.repeat(32) });
    const { access_token: token = '' } = await tokensOf(tenant);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', typ: 'at+jwt' });
    expect(claimsOf(token)).toMatchObject({ aud: DEMO_AUDIENCE, client_id: DEMO_CLIENT_ID });
    expect(claimsOf(token)).toHaveProperty('jti');
    await jwtVerify(token, Buffer.from('s'.repeat(32)));
  });

  it('drops unknown scopes, and with RBAC those that the user does not have', async () => {
    const scope = 'openid read:notes files:write pineapple';
    expect((await tokensOf(tenant, { scope }, createBrowser(), BOB)).scope).toBe(
      'openid read:notes files:write',
    );
    api({ rbac: true });
    const tokens = await tokensOf(tenant, { scope: 'openid files:write' }, createBrowser(), BOB);
    expect(tokens.scope).toBe('openid');
    expect(claimsOf(tokens.access_token).permissions).toEqual(['read:notes']);
  });

  it('issues an encrypted token for /userinfo without an audience', async () => {
    const { access_token: token = '' } = await tokensOf(tenant, { audience: undefined });
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      iss: tenant.issuer,
    });
    for (const bearer of [token, (await tokensOf(tenant)).access_token]) {
      const response = await fetch(`${tenant.issuer}userinfo`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      expect(await response.json()).toMatchObject({ sub: ADA.sub, email: ADA.email });
    }
  });

  it.each([
    ['the API', () => api({ allowOfflineAccess: false })],
    ['the application', () => application({ refreshTokenGrant: false })],
  ])(
    'gives no refresh token, and no offline_access, where %s forbids it',
    async (_name, forbid) => {
      forbid();
      const tokens = await tokensOf(tenant);
      expect(tokens).not.toHaveProperty('refresh_token');
      expect(tokens.scope).not.toContain('offline_access');
    },
  );

  it('dates tokens by its own clock', async () => {
    tenant.configure({ clockSkewSeconds: 7200 });
    const { id_token: token } = await tokensOf(tenant);
    expect(Number(claimsOf(token).iat)).toBeGreaterThan(Date.now() / 1000 + 7000);
  });
});
