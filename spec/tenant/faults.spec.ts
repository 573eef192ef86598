import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import type { Fault } from '../../lib/testing/faults.js';
import { ADA, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import type { Forge } from '../../lib/testing/token-draft.js';
import {
  expired,
  opaqueAccessToken,
  redirectTo,
  signedByForeignKey,
  signedWithPublicKey,
  signedWithSecret,
  unsigned,
  withClaims,
  without,
} from '../support/forgeries.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { CALLBACK, callbackOf, claimsOf, redeem, refresh, tokensOf } from './relying-party.js';

const JWKS_PATH = '/.well-known/jwks.json';

let tenant: Tenant;

beforeAll(async () => {
  tenant = await startTenant({ keys: tenantKeys(), callbackUrls: [CALLBACK] });
});
afterEach(() => {
  tenant.clearFaults();
  tenant.configure({ forge: undefined });
});
afterAll(() => tenant.close());

const getKeys = (init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(JWKS_PATH, tenant.issuer), init);

describe('faults of the tenant', () => {
  it('apply to the given number of requests, and can be removed', async () => {
    const fault: Fault = { kind: 'respond', status: 502, body: 'Bad Gateway' };
    tenant.fault(JWKS_PATH, fault, 2);
    const statuses = [await getKeys(), await getKeys(), await getKeys()].map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([502, 502, 200]);
    const undo = tenant.fault('*', fault);
    expect((await getKeys()).status).toBe(502);
    undo();
    expect((await getKeys()).status).toBe(200);
  });

  it('respond with the 429 of Auth0', async () => {
    tenant.fault(JWKS_PATH, { kind: 'rate-limited', resetSeconds: 30 });
    const response = await getKeys();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('x-ratelimit-reset'))).toBeGreaterThan(
      Date.now() / 1000 + 20,
    );
    expect(await response.json()).toMatchObject({ error: 'too_many_requests' });
  });

  it('hang, or drop the connection', async () => {
    tenant.fault(JWKS_PATH, { kind: 'hang' }, 1);
    await expect(getKeys({ signal: AbortSignal.timeout(100) })).rejects.toThrow();
    expect(tenant.requests.at(-1)).toMatchObject({ path: JWKS_PATH, status: undefined });
    tenant.fault(JWKS_PATH, { kind: 'drop' }, 1);
    await expect(getKeys()).rejects.toThrow();
  });

  it('drop the response to a completed refresh', async () => {
    const { refresh_token: token } = await tokensOf(tenant);
    tenant.fault('/oauth/token', { kind: 'drop-response' }, 1);
    await expect(refresh(tenant, token)).rejects.toThrow();
    expect((await refresh(tenant, token)).status).toBe(403);
  });

  it('delay and slow down correct responses', async () => {
    for (const kind of ['delay', 'slow-body'] as const) {
      tenant.fault(JWKS_PATH, { kind, milliseconds: 50 }, 1);
      expect(await (await getKeys()).json()).toHaveProperty('keys');
    }
  });

  it('send HTML, truncated JSON, or a huge body', async () => {
    tenant.fault(JWKS_PATH, { kind: 'html' }, 1);
    expect((await getKeys()).headers.get('content-type')).toContain('text/html');
    tenant.fault(JWKS_PATH, { kind: 'malformed-json' }, 1);
    await expect((await getKeys()).json()).rejects.toThrow();
    tenant.fault(JWKS_PATH, { kind: 'huge-body', bytes: 3_000_000 }, 1);
    expect(await (await getKeys()).text()).toHaveLength(3_000_000);
  });
});

describe('forgeries of the tenant', () => {
  const forged = async (forge: Forge): Promise<Record<string, string>> => {
    tenant.configure({ forge });
    return await tokensOf(tenant);
  };
  const verify = async (token = '') =>
    await jwtVerify(token, createLocalJWKSet(tenant.keys.jwks(true)), {
      issuer: tenant.issuer,
      audience: DEMO_CLIENT_ID,
      algorithms: ['RS256'],
    });

  it.each<[string, Forge, string]>([
    ['without a signature', unsigned('idToken'), 'none'],
    ['by a foreign key', signedByForeignKey('idToken'), 'RS256'],
    ['with the client secret', signedWithSecret('idToken', DEMO_CLIENT_SECRET), 'HS256'],
    ['with the public key as secret', signedWithPublicKey('idToken'), 'HS256'],
    ['for another audience', withClaims('idToken', { aud: 'other' }), 'RS256'],
    ['of an hour ago', expired('idToken'), 'RS256'],
  ])('create an ID token %s that does not verify', async (_name, forge, alg) => {
    const { id_token: token = '' } = await forged(forge);
    expect(decodeProtectedHeader(token).alg).toBe(alg);
    await expect(verify(token)).rejects.toThrow();
  });

  it('omit a token, encrypt it, or redirect', async () => {
    expect(await forged(without('idToken'))).not.toHaveProperty('id_token');
    expect((await forged(opaqueAccessToken)).access_token?.split('.')).toHaveLength(5);
    tenant.configure({ forge: redirectTo(`${tenant.issuer}elsewhere`) });
    const code = (await callbackOf(tenant)).get('code') ?? '';
    await expect(redeem(tenant, code)).rejects.toThrow();
    expect(tenant.requests.some(({ path }) => path === '/elsewhere')).toBe(true);
  });
});

describe('back-channel logout of the tenant', () => {
  it('posts valid and invalid logout tokens, and ends sessions and grants', async () => {
    const received: Record<string, string>[] = [];
    const application = createServer(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      received.push(Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())));
      res.writeHead(received.length === 1 ? 200 : 400).end();
    });
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    const { port } = application.address() as AddressInfo;
    const backchannelLogoutUri = `http://127.0.0.1:${port}/logout`;
    const [app] = tenant.settings.applications;
    tenant.configure({
      applications: [{ ...app, clientId: DEMO_CLIENT_ID, backchannelLogoutUri }],
    });
    const tokens = await tokensOf(tenant);
    const { sid } = claimsOf(tokens.id_token);

    await tenant.logoutUser(ADA.sub);
    const claims = claimsOf(
      received.find((form) => claimsOf(form.logout_token).sid === sid)?.logout_token,
    );
    expect(claims).toMatchObject({
      iss: tenant.issuer,
      aud: DEMO_CLIENT_ID,
      sub: ADA.sub,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect((await refresh(tenant, tokens.refresh_token)).status).toBe(403);

    const status = await tenant.sendBackchannelLogout(
      { sub: ADA.sub },
      { claims: { events: undefined, nonce: 'n' }, signer: 'foreign' },
    );
    expect(status).toBe(400);
    expect(claimsOf(received.at(-1)?.logout_token)).toMatchObject({ nonce: 'n' });
    expect(claimsOf(received.at(-1)?.logout_token)).not.toHaveProperty('events');
    await new Promise((resolve) => application.close(resolve));
  });
});
