/**
 * Tokens of Auth0's through the life of its keys: remembered, rotated, revoked, and not to be had.
 *
 * @module
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import { callTool } from '../support/oauth-client.js';
import {
  type ResourceWorld,
  type ResourceWorldOptions,
  startResourceWorld,
} from '../support/resource-world.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { until } from '../support/upstream.js';

const JWKS = '/.well-known/jwks.json';
const DISCOVERY = '/.well-known/openid-configuration';
const DOWN = { kind: 'respond', status: 503 } as const;

let world: ResourceWorld;
afterEach(() => world.close());

async function start(options: ResourceWorldOptions = {}): Promise<void> {
  // Keys that are rotated here, and for no other world.
  const keys = tenantKeys();
  world = await startResourceWorld({ ...options, tenant: { ...options.tenant, keys } });
}

const call = (token: string) => callTool(world.mcp, token, 'whoami');
const statusOf = async (token: string) => (await call(token)).status;
const fetches = (path = JWKS) => world.tenant.requests.filter((one) => one.path === path).length;

describe('a verified token', () => {
  it('is cached: no promise, no signature check, no request to Auth0', async () => {
    await start();
    const token = await world.token();
    const first = world.context.verifyBearer(token);
    expect(first).toBeInstanceOf(Promise);
    const caller = await first;
    expect(world.context.verifyBearer(token)).toEqual({
      ...caller,
      auth0Token: expect.any(Function),
      connectionToken: expect.any(Function),
    });
    expect([fetches(), fetches(DISCOVERY)]).toEqual([1, 1]);
  });

  it('fetches the keys once for parallel requests', async () => {
    await start();
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, n) => world.token({ claims: { sub: `auth0|${n}` } })),
    );
    const answers = await Promise.all(tokens.map(statusOf));
    expect(new Set(answers)).toEqual(new Set([200]));
    expect([fetches(), fetches(DISCOVERY)]).toEqual([1, 1]);
  });

  it('is verified again after a change of the keys, so that a revoked key is rejected', async () => {
    await start();
    const token = await world.token();
    expect(await statusOf(token)).toBe(200);
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    world.advance(7 * 60);
    expect([await statusOf(token), fetches()]).toEqual([200, 1]);
    // In use, the keys are renewed before they are stale, and nobody waits for it.
    world.advance(60);
    expect(await statusOf(token)).toBe(200);
    await until(() => fetches() === 2);
    expect(await statusOf(token)).toBe(401);
  });

  it('whose key was revoked between requests is rejected at the next request', async () => {
    await start();
    const token = await world.token();
    expect(await statusOf(token)).toBe(200);
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    world.advance(10 * 60);
    expect([await statusOf(token), fetches()]).toEqual([401, 2]);
  });

  it('has its open stream closed when its key is revoked', async () => {
    let streamEnded = false;
    await start({
      host: { streamCheckMs: 20 },
      mount(app, auth) {
        app.use(auth);
        app.get('/mcp', (_req, res) => {
          res.on('close', () => {
            streamEnded = true;
          });
          res.type('text/event-stream').write(': open\n\n');
        });
      },
    });
    const token = await world.token();
    const stream = await fetch(world.mcp, { headers: { authorization: `Bearer ${token}` } });
    expect(stream.status).toBe(200);
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    world.advance(11 * 60);
    await until(() => streamEnded);
  });

  it('may be signed with a new key at once, since the tenant publishes keys ahead', async () => {
    await start();
    expect(await statusOf(await world.token())).toBe(200);
    world.tenant.rotateSigningKeys();
    expect([await statusOf(await world.token()), fetches()]).toEqual([200, 1]);
    // One that came as a surprise: fetched, but not for every token that claims to have one.
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    const token = await world.token();
    expect([await statusOf(token), fetches()]).toEqual([401, 1]);
    world.advance(30);
    expect([await statusOf(token), fetches()]).toEqual([200, 2]);
  });
});

describe('an outage of Auth0', () => {
  it.each([
    ['the keys', JWKS, DOWN],
    ['the metadata', DISCOVERY, DOWN],
    ['both, by dropping the connection', '*', { kind: 'drop' }],
    ['the keys, by a page', JWKS, { kind: 'html' }],
    ['the keys, by a 404', JWKS, { kind: 'respond', status: 404 }],
    ['the metadata, by a 404', DISCOVERY, { kind: 'respond', status: 404 }],
    [
      'the metadata, by that of another tenant',
      DISCOVERY,
      {
        kind: 'respond',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"issuer":"https://evil.example/"}',
      },
    ],
  ] as const)(
    'R-RS-7 without cached keys is a 503, never a 401: %s',
    async (_name, path, fault) => {
      await start();
      world.tenant.fault(path, fault);
      const { status, headers, body } = await call(await world.token());
      expect([status, body['error']]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('www-authenticate')).toBeNull();
      expect(JSON.stringify(body)).not.toMatch(/evil|openid-configuration|ECONN|127\.0\.0\.1/);
      world.tenant.clearFaults();
      world.advance(3);
      expect(await statusOf(await world.token())).toBe(200);
    },
  );

  it('is logged once and emitted as one event, with the reason', async () => {
    await start();
    world.tenant.fault(JWKS, DOWN);
    for (let round = 0; round < 3; round += 1) await call(await world.token());
    const told = world.log.filter(({ message }) => message === 'Auth0 is unavailable');
    expect(told).toEqual([
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ reason: 'signing keys: Auth0 responded with 503' }),
      }),
    ]);
    expect(world.events).toEqual([expect.objectContaining({ type: 'auth0_unavailable' })]);
  });

  it('changes nothing for a token of another issuer: still 401', async () => {
    await start();
    world.tenant.fault('*', DOWN);
    for (const token of [
      'garbage',
      'a.b.c',
      await world.token({ claims: { iss: 'https://other.eu.auth0.com/' } }),
      await world.token({ header: { alg: 'none' }, signer: 'none' }),
    ]) {
      expect(await statusOf(token)).toBe(401);
    }
  });

  it('does not affect verified and new tokens while keys are cached', async () => {
    await start();
    const token = await world.token({ claims: { exp: 9_999_999_999 } });
    expect(await statusOf(token)).toBe(200);
    world.tenant.fault('*', DOWN);
    for (let hour = 0; hour < 3; hour += 1) {
      world.advance(3600);
      expect(await statusOf(token)).toBe(200);
      // Once the outage is known, nobody waits for Auth0 any more.
      expect(world.context.verifyBearer(token)).not.toBeInstanceOf(Promise);
      const other = await world.token({
        claims: { exp: 9_999_999_999, sub: `auth0|${hour}` },
      });
      expect(await statusOf(other)).toBe(200);
    }
  });

  it('delays one request while the tenant hangs, and no other', async () => {
    await start({ options: { upstreamTimeoutSeconds: 1 } });
    const token = await world.token({ claims: { exp: 9_999_999_999 } });
    expect(await statusOf(token)).toBe(200);
    world.tenant.fault('*', { kind: 'hang' });
    world.advance(10 * 60);
    expect(await statusOf(token)).toBe(200);
    const startedAt = performance.now();
    expect(await statusOf(token)).toBe(200);
    world.advance(4);
    expect(await statusOf(token)).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('turns an unknown key into a 503 while the keys cannot be fetched', async () => {
    await start();
    expect(await statusOf(await world.token())).toBe(200);
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    world.tenant.fault('*', DOWN);
    world.advance(31);
    expect(await statusOf(await world.token())).toBe(503);
    world.tenant.clearFaults();
    world.advance(3);
    expect(await statusOf(await world.token())).toBe(200);
  });
});

describe('ready()', () => {
  it('resolves after fetching metadata and keys', async () => {
    await start();
    await world.auth.ready();
    expect([fetches(), fetches(DISCOVERY)]).toEqual([1, 1]);
    expect(await statusOf(await world.token())).toBe(200);
    expect([fetches(), fetches(DISCOVERY)]).toEqual([1, 1]);
  });

  it('rejects with the remedy', async () => {
    await start();
    world.tenant.fault(DISCOVERY, { kind: 'respond', status: 404 });
    await expect(world.auth.ready()).rejects.toMatchObject({
      message: expect.stringContaining('responded with 404'),
      remedy: expect.stringContaining('Check configUrl (or domain)'),
    });
  });
});
