/** A tenant with a directory keeps what its applications rely on over a restart. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';

import { createBrowser } from '../../lib/testing/browser.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { authorizeUrl, CALLBACK, refresh, tokensOf } from './relying-party.js';

const parent = mkdtempSync(join(tmpdir(), 'tenant-state-'));
const running: Tenant[] = [];

afterEach(async () => {
  for (const tenant of running.splice(0)) await tenant.close();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

async function start(directory: string, port = 0): Promise<Tenant> {
  const options = { dynamicClientRegistration: true, callbackUrls: [CALLBACK] };
  const tenant = await startTenant({ ...options, directory: join(parent, directory), port });
  running.push(tenant);
  return tenant;
}

/** The same tenant in a new run. */
async function restart(tenant: Tenant, directory: string): Promise<Tenant> {
  await tenant.close();
  return await start(directory, tenant.port);
}

const verify = (tenant: Tenant, token = '') =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${tenant.issuer}.well-known/jwks.json`)));

describe('a tenant with a directory', () => {
  it('accepts the refresh tokens of an earlier run, and detects their reuse', async () => {
    const first = await start('refresh');
    const { refresh_token: token } = await tokensOf(first);
    const second = await restart(first, 'refresh');
    const renewed = await refresh(second, token);
    expect(renewed.status).toBe(200);
    const third = await restart(second, 'refresh');
    expect((await refresh(third, token)).body).toMatchObject({ error: 'invalid_grant' });
    // As at Auth0, the whole family is revoked.
    expect((await refresh(third, renewed.body['refresh_token'])).status).toBe(403);
  });

  it('signs with the same keys, also after a rotation', async () => {
    const first = await start('keys');
    const { access_token: token } = await tokensOf(first);
    first.rotateSigningKeys();
    const { access_token: rotated } = await tokensOf(first);
    const second = await restart(first, 'keys');
    await verify(second, token);
    await verify(second, rotated);
    expect(second.keys.jwks(true)).toEqual(first.keys.jwks(true));
  });

  it('keeps the sessions of browsers', async () => {
    const first = await start('sessions');
    const browser = createBrowser();
    await tokensOf(first, {}, browser);
    const second = await restart(first, 'sessions');
    const page = await browser.follow(authorizeUrl(second), { stopBefore: CALLBACK });
    expect(page.next?.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('keeps the applications that registered themselves', async () => {
    const first = await start('applications');
    const response = await fetch(`${first.issuer}oidc/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [CALLBACK] }),
    });
    const { client_id: clientId } = (await response.json()) as { client_id: string };
    const second = await restart(first, 'applications');
    expect(second.settings.applications).toHaveLength(2);
    expect(second.settings.applications).toContainEqual(expect.objectContaining({ clientId }));
    expect(second.settings.applications).toEqual(first.settings.applications);
  });

  it('writes one file, which only its owner can read', async () => {
    const tenant = await start('private');
    await tokensOf(tenant);
    await tenant.close();
    const directory = join(parent, 'private');
    expect(readdirSync(directory)).toEqual(['tenant.json']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'tenant.json')).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged file instead of replacing it', async () => {
    const tenant = await start('damaged');
    await tenant.close();
    const file = join(parent, 'damaged', 'tenant.json');
    writeFileSync(file, '{"keys":');
    await expect(start('damaged')).rejects.toThrow(`${file} cannot be read. Delete it`);
  });
});

describe('a tenant without a directory', () => {
  it('forgets everything', async () => {
    const first = await startTenant({ callbackUrls: [CALLBACK] });
    const { refresh_token: token } = await tokensOf(first);
    await first.close();
    const second = await startTenant({ callbackUrls: [CALLBACK], port: first.port });
    running.push(second);
    expect((await refresh(second, token)).body).toMatchObject({ error: 'invalid_grant' });
  });
});
