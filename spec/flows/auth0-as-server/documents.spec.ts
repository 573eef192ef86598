/** What a client finds below `/.well-known` where Auth0 is the authorization server. */
import { afterEach, describe, expect, it } from '@jest/globals';

import { send } from '../../support/raw-http.js';
import {
  type ResourceWorld,
  type ResourceWorldOptions,
  startResourceWorld,
} from '../../support/resource-world.js';

const PRM = '/.well-known/oauth-protected-resource';
const ASM = '/.well-known/oauth-authorization-server';
const DISCOVERY = '/.well-known/openid-configuration';

let world: ResourceWorld;
afterEach(() => world.close());

async function start(options: ResourceWorldOptions = {}): Promise<void> {
  world = await startResourceWorld(options);
}

const get = (path: string, headers: Record<string, string> = {}) =>
  send(world.origin + path, { headers });

describe('the metadata of the resource', () => {
  it('RS-5 R-PR-1 names the tenant as authorization server, exactly, including a trailing slash', async () => {
    await start();
    const { status, json } = await get(`${PRM}/mcp?x=y`);
    expect([status, json()]).toEqual([
      200,
      {
        resource: world.mcp,
        authorization_servers: [world.tenant.issuer],
        bearer_methods_supported: ['header'],
      },
    ]);
    const [server] = json()['authorization_servers'] as string[];
    expect(server).toMatch(/\/$/);
    // RFC 8414 §3.3: the document found there names the same issuer.
    const found = await fetch(`${server}.well-known/oauth-authorization-server`);
    expect(await found.json()).toMatchObject({ issuer: server });
  });

  it('RS-6 RS-9 is at the root too, and lists the scopes of a first login only', async () => {
    await start({
      options: {
        requiredScopes: ['read:notes'],
        defaultScopes: ['files:write'],
        toolScopes: { delete_file: ['files:delete'] },
      },
    });
    const atRoot = (await get(PRM)).json();
    expect(atRoot).toEqual((await get(`${PRM}/mcp`)).json());
    expect(atRoot['scopes_supported']).toEqual(['read:notes', 'files:write']);
    const { headers } = await get('/mcp');
    expect(headers['www-authenticate']).toBe(
      `Bearer resource_metadata="${world.origin}${PRM}/mcp", scope="read:notes files:write"`,
    );
  });

  it('RS-27 is the same for any protocol version and origin, without a request to Auth0', async () => {
    await start();
    const first = await get(`${PRM}/mcp`);
    for (const version of ['2024-11-05', '9999-01-01']) {
      const { text } = await get(`${PRM}/mcp`, { 'mcp-protocol-version': version });
      expect(text).toBe(first.text);
    }
    expect(first.headers['access-control-allow-origin']).toBe('*');
    expect(first.headers['cache-control']).toContain('public');
    expect(world.tenant.requests).toEqual([]);
  });
});

describe("the tenant's metadata, for clients that request it here", () => {
  it('is the tenant’s own document, unchanged, for any origin', async () => {
    await start();
    const { status, headers, json } = await get(ASM, { origin: 'http://localhost:6274' });
    expect(status).toBe(200);
    expect(json()).toEqual(await (await fetch(`${world.tenant.issuer}${ASM.slice(1)}`)).json());
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=300',
    });
    const preflight = await send(world.origin + ASM, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
  });

  it('is fetched once for parallel requests', async () => {
    await start();
    const responses = await Promise.all(Array.from({ length: 20 }, () => get(ASM)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(world.tenant.requests.map(({ path }) => path)).toEqual([DISCOVERY]);
  });

  it.each([
    ['does not answer', { kind: 'drop' }],
    ['is broken', { kind: 'respond', status: 500, body: 'stack trace of the tenant' }],
    ['sends a page', { kind: 'html' }],
    ['knows no such document', { kind: 'respond', status: 404 }],
    ['asks for patience', { kind: 'rate-limited', resetSeconds: 40 }],
  ] as const)(
    'is a 503 that says when to come back where Auth0 %s, and nothing more',
    async (_name, fault) => {
      await start();
      world.tenant.fault(DISCOVERY, fault);
      const { status, headers, json, text } = await get(ASM, { origin: 'http://localhost:6274' });
      expect([status, json()]).toEqual([
        503,
        { error: 'temporarily_unavailable', error_description: expect.any(String) },
      ]);
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(
        fault.kind === 'rate-limited' ? 38 : 1,
      );
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
        'access-control-expose-headers': expect.stringContaining('Retry-After'),
      });
      expect(text).not.toMatch(/stack|tenant|openid-configuration|127\.0\.0\.1|ECONN|fetch/i);
      world.tenant.clearFaults();
      world.advance(3);
      expect((await get(ASM)).status).toBe(200);
    },
  );

  it('is rejected if it names another issuer or endpoints elsewhere', async () => {
    await start();
    const { issuer } = world.tenant;
    const document = (await (await fetch(world.tenant.configUrl)).json()) as object;
    for (const change of [
      { issuer: 'https://evil.example/' },
      { issuer: issuer.slice(0, -1) },
      { authorization_endpoint: 'https://evil.example/authorize' },
      { token_endpoint: 'https://evil.example/token' },
    ]) {
      world.tenant.fault(DISCOVERY, {
        kind: 'respond',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...document, ...change }),
      });
      expect((await get(ASM)).status).toBe(503);
      world.tenant.clearFaults();
      world.advance(4);
    }
    expect(world.log.some(({ message }) => message === 'Auth0 is not set up correctly')).toBe(true);
  });

  it('remains cached during an outage', async () => {
    await start();
    const { text } = await get(ASM);
    world.tenant.fault('*', { kind: 'drop' });
    world.advance(3 * 3600);
    expect((await get(ASM)).text).toBe(text);
  });
});

it('R-MD-5 other metadata URLs are a 404 in JSON, and there are no login endpoints', async () => {
  await start();
  for (const path of [`${ASM}/mcp`, `${DISCOVERY}/mcp`]) {
    const { status, json } = await get(path);
    expect([status, json()]).toMatchObject([404, { error: 'invalid_request' }]);
  }
  for (const path of ['/authorize', '/token', '/register', '/consent', '/.well-known/jwks.json']) {
    expect((await get(path)).status).toBe(404);
  }
});
