import { describe, expect, it, jest } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import { createBrowser } from '../../lib/testing/browser.js';
import { ADA, BOB, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { callbackOf, postToken, redeem, refresh, tokensOf } from './relying-party.js';
import { runTenant } from './running-tenant.js';

const UNKNOWN_REFRESH_TOKEN = {
  error: 'invalid_grant',
  error_description: 'Unknown or invalid refresh token.',
};

const { tenant, application } = runTenant();

describe('/oauth/token of the tenant', () => {
  it('responds to every failed client authentication with 401 access_denied "Unauthorized"', async () => {
    const unauthorized = { error: 'access_denied', error_description: 'Unauthorized' };
    for (const change of [
      { client_secret: 'wrong' },
      { client_secret: '' },
      { client_id: 'nobody' },
    ]) {
      const response = await redeem(tenant, 'any', change);
      expect([response.status, response.body]).toEqual([401, unauthorized]);
    }
    application({ tokenEndpointAuthMethod: 'none', clientSecret: undefined });
    const response = await redeem(tenant, 'any');
    expect([response.status, response.body]).toEqual([401, unauthorized]);
  });

  it('accepts Basic, none and private_key_jwt if the application is configured so', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'v1.unknown' };
    const post = async (extra: Record<string, string>, headers: Record<string, string> = {}) => {
      const body = new URLSearchParams({ ...form, ...extra });
      return await fetch(`${tenant.issuer}oauth/token`, { method: 'POST', headers, body });
    };
    const basic = Buffer.from(`${DEMO_CLIENT_ID}:${DEMO_CLIENT_SECRET}`).toString('base64');
    expect((await post({}, { authorization: `Basic ${basic}` })).status).toBe(401);
    application({ tokenEndpointAuthMethod: 'client_secret_basic' });
    expect((await post({}, { authorization: `Basic ${basic}` })).status).toBe(403);

    application({ tokenEndpointAuthMethod: 'none', clientSecret: undefined });
    expect((await post({ client_id: DEMO_CLIENT_ID })).status).toBe(403);

    const key = tenant.keys.foreign();
    const jwks = { keys: [await exportJWK(key.publicKey)] };
    application({ tokenEndpointAuthMethod: 'private_key_jwt', clientSecret: undefined, jwks });
    const client_assertion = await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(DEMO_CLIENT_ID)
      .setSubject(DEMO_CLIENT_ID)
      .setAudience(tenant.issuer)
      .setExpirationTime('1m')
      .sign(key.privateKey);
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    expect((await post({ client_assertion, client_assertion_type })).status).toBe(403);
  });

  it('rejects a wrong code, a wrong verifier and a second use, which revokes the first', async () => {
    const wrong = await redeem(tenant, 'guess');
    expect([wrong.status, wrong.body.error]).toEqual([403, 'invalid_grant']);
    const code = async () => (await callbackOf(tenant)).get('code') ?? '';
    const unproved = await redeem(tenant, await code(), { code_verifier: 'v'.repeat(43) });
    expect(unproved.body).toMatchObject({ error_description: 'Failed to verify code verifier' });

    const good = await code();
    const { body } = await redeem(tenant, good);
    expect((await redeem(tenant, good)).status).toBe(403);
    expect((await refresh(tenant, body.refresh_token)).body).toEqual(UNKNOWN_REFRESH_TOKEN);
  });

  it('rotates refresh tokens, and revokes the whole family when an old one is reused', async () => {
    const first = await tokensOf(tenant);
    const second = await refresh(tenant, first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).toMatch(/^v1\./);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    const reuse = await refresh(tenant, first.refresh_token);
    expect([reuse.status, reuse.body]).toEqual([403, UNKNOWN_REFRESH_TOKEN]);
    expect((await refresh(tenant, second.body.refresh_token)).status).toBe(403);
  });

  it('accepts parallel refreshes within the rotation overlap, each with its own successor', async () => {
    application({ rotationOverlapSeconds: 30 });
    const { refresh_token: token } = await tokensOf(tenant);
    const responses = await Promise.all([1, 2, 3].map(() => refresh(tenant, token)));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(responses.map(({ body }) => body.refresh_token)).size).toBe(3);
  });

  it('silently revokes the oldest refresh token beyond the limit', async () => {
    tenant.configure({ refreshTokenLimit: 2 });
    const browser = createBrowser();
    const held: (string | undefined)[] = [];
    for (const _login of [1, 2, 3]) held.push((await tokensOf(tenant, {}, browser)).refresh_token);
    expect((await refresh(tenant, held[0])).body).toEqual(UNKNOWN_REFRESH_TOKEN);
    const response = await refresh(tenant, held[1]);
    expect(response.status).toBe(200);
  });

  it('rejects a refresh token after its lifetime', async () => {
    const { refresh_token: token } = await tokensOf(tenant);
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 31 * 86_400_000);
    try {
      expect((await refresh(tenant, token)).body).toEqual(UNKNOWN_REFRESH_TOKEN);
    } finally {
      clock.mockRestore();
    }
  });

  it('returns no refresh token without rotation, and the old one stays valid', async () => {
    application({ refreshTokenRotation: false });
    const { refresh_token: token } = await tokensOf(tenant);
    for (const attempt of ['first', 'second']) {
      const response = await refresh(tenant, token);
      expect([attempt, response.status]).toEqual([attempt, 200]);
      expect(response.body).not.toHaveProperty('refresh_token');
    }
  });

  it('rejects a refresh for a revoked, deleted or blocked user, and if MFA is required', async () => {
    const token = async () => (await tokensOf(tenant)).refresh_token;
    const revoked = await token();
    tenant.revokeUser(ADA.sub);
    expect((await refresh(tenant, revoked)).body).toEqual(UNKNOWN_REFRESH_TOKEN);

    const live = await token();
    tenant.configure({ mfaOnRefresh: true });
    expect(await refresh(tenant, live)).toMatchObject({
      status: 403,
      body: { error: 'mfa_required' },
    });
    tenant.configure({ mfaOnRefresh: false, users: [{ ...ADA, blocked: true }] });
    expect((await refresh(tenant, live)).body).toEqual(UNKNOWN_REFRESH_TOKEN);
    tenant.configure({ users: [BOB] });
    expect((await refresh(tenant, live)).body.error_description).toContain("doesn't exist anymore");
  });

  it('accepts JSON at /oauth/token and /oauth/revoke, and responds to a revocation with an empty body', async () => {
    const tokens = await tokensOf(tenant);
    const client = { client_id: DEMO_CLIENT_ID, client_secret: DEMO_CLIENT_SECRET };
    const post = (path: string, body: object) =>
      fetch(new URL(path, tenant.issuer), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...client, ...body }),
      });
    const grant_type = 'refresh_token';
    const refreshed = await post('oauth/token', {
      grant_type,
      refresh_token: tokens.refresh_token,
    });
    expect(refreshed.status).toBe(200);
    const { refresh_token: token } = (await refreshed.json()) as Record<string, string>;
    const revoked = await post('oauth/revoke', { token });
    expect([revoked.status, await revoked.text()]).toEqual([200, '']);
    expect((await refresh(tenant, token)).status).toBe(403);
    expect(tenant.requests.at(-1)).toMatchObject({ path: '/oauth/token', status: 403 });
    expect((await postToken(tenant, { grant_type: 'password' })).body.error).toBe(
      'unsupported_grant_type',
    );
  });
});
