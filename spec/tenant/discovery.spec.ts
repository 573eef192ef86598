import { describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { DEMO_CLIENT_ID } from '../../lib/testing/options.js';
import { tokensOf } from './relying-party.js';
import { runTenant } from './running-tenant.js';

const { tenant } = runTenant();

const json = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(new URL(path, tenant.issuer))).json()) as Record<string, unknown>;

describe('discovery of the tenant', () => {
  it('serves one document at both paths, with a trailing slash in the issuer and without API scopes', async () => {
    const document = await json('.well-known/openid-configuration');
    expect(await json('.well-known/oauth-authorization-server')).toEqual(document);
    expect(document).toMatchObject({
      issuer: tenant.issuer,
      token_endpoint: `${tenant.issuer}oauth/token`,
    });
    expect(document.scopes_supported).not.toContain('read:notes');
    expect(document).not.toHaveProperty('grant_types_supported');
    expect(document.token_endpoint_auth_methods_supported).not.toContain('none');
  });

  it('publishes the next key with the current one, so that a cached key set survives a rotation', async () => {
    const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', tenant.issuer));
    const expected = { issuer: tenant.issuer, audience: DEMO_CLIENT_ID };
    const before = await tokensOf(tenant);
    await jwtVerify(before.id_token ?? '', keys, expected);
    tenant.rotateSigningKeys();
    tenant.clearRequests();
    const after = await tokensOf(tenant);
    await jwtVerify(after.id_token ?? '', keys, expected);
    await jwtVerify(before.id_token ?? '', keys, expected);
    expect(decodeProtectedHeader(after.id_token ?? '').kid).toBe(tenant.keys.current().kid);
    expect(tenant.requests.map(({ path }) => path)).not.toContain('/.well-known/jwks.json');
  });

  it('has the host of the request as issuer', async () => {
    const host = `http://localhost:${tenant.port}/`;
    const response = await fetch(`${host}.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: host,
      jwks_uri: `${host}.well-known/jwks.json`,
    });
  });

  it('omits `alg` from the key set if the tenant is configured so', async () => {
    tenant.configure({ algInJwks: false });
    const { keys } = (await json('.well-known/jwks.json')) as { keys: object[] };
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) expect(key).not.toHaveProperty('alg');
  });
});
