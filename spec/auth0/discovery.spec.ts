import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { createDiscovery } from '../../lib/auth0/discovery.js';
import { createAuth0Http } from '../../lib/auth0/http.js';
import { resolveWith } from '../config/resolve-with.js';
import { type ForgingOp, type OpReply, startForgingOp } from '../support/forging-op.js';
import { configFor } from '../support/login-rigs.js';
import { DIRECT } from '../support/outbound-proxies.js';

const PATH = '/.well-known/openid-configuration';

let op: ForgingOp;
beforeAll(async () => {
  op = await startForgingOp();
});
afterEach(() => {
  op.on(PATH);
  op.requests.splice(0);
});
afterAll(() => op.close());

/** Discovery against the server, with a clock to turn. */
function discoveryOf(changes: Parameters<typeof configFor>[1] = {}) {
  const clock = { now: 1_000_000 };
  const now = (): number => clock.now;
  const http = createAuth0Http(1000, now, DIRECT);
  return { clock, ...createDiscovery(configFor(op, changes), http, now) };
}

const serving = (changes: object) => () => ({ body: { ...op.metadata(), ...changes } });
const down = (): OpReply => ({ status: 503, body: 'down' });

describe('discovery (R-UP-1, R-UP-5)', () => {
  it('is fetched on first use, once for parallel callers, and cached for an hour', async () => {
    const { get, clock } = discoveryOf();
    expect(op.requests).toHaveLength(0);
    const all = await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatchObject({
      issuer: op.issuer,
      tokenEndpoint: `${op.issuer}oauth/token`,
      sendsIssuer: false,
    });
    clock.now += 3599;
    await get();
    expect(op.requests).toHaveLength(1);
    clock.now += 2;
    await get();
    expect(op.requests).toHaveLength(2);
  });

  it('remains cached while Auth0 is down', async () => {
    const { get, clock } = discoveryOf();
    await get();
    op.on(PATH, down);
    clock.now += 86_400;
    expect(await get()).toMatchObject({ issuer: op.issuer });
  });

  it('is fetched again a few seconds after a failure', async () => {
    const { get, clock } = discoveryOf();
    op.on(PATH, down);
    await expect(get()).rejects.toMatchObject({ kind: 'unavailable' });
    const attempts = op.requests.length;
    op.on(PATH);
    await expect(get()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(op.requests).toHaveLength(attempts);
    clock.now += 3;
    expect(await get()).toMatchObject({ issuer: op.issuer });
  });

  it('is retried within one call after a short failure', async () => {
    let calls = 0;
    op.on(PATH, () => (++calls < 3 ? down() : { body: op.metadata() }));
    expect(await discoveryOf().get()).toMatchObject({ issuer: op.issuer });
  });

  it('explains a mismatch of custom and canonical domain', async () => {
    op.on(PATH, serving({ issuer: 'https://login.example.com/' }));
    await expect(discoveryOf().get()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('https://login.example.com/'),
      remedy: expect.stringContaining('custom domain'),
    });
  });

  it('rejects an issuer without the trailing slash', async () => {
    op.on(PATH, serving({ issuer: op.issuer.slice(0, -1) }));
    await expect(discoveryOf().get()).rejects.toMatchObject({ kind: 'misconfigured' });
  });

  it.each([
    ['token_endpoint', 'https://attacker.example/oauth/token'],
    ['token_endpoint', 'http://127.0.0.1:1/oauth/token'],
    ['jwks_uri', 'https://attacker.example/jwks.json'],
    ['authorization_endpoint', 'javascript:alert(1)'],
    ['revocation_endpoint', '//attacker.example/revoke'],
    ['authorization_endpoint', undefined],
    ['jwks_uri', 7],
  ])('rejects %s %s', async (name, value) => {
    op.on(PATH, serving({ [name]: value }));
    await expect(discoveryOf().get()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining(name),
    });
  });

  it('rejects http except on this machine', async () => {
    const discoveryUrl = new URL('http://tenant.us.auth0.com/.well-known/openid-configuration');
    await expect(discoveryOf({ discoveryUrl }).get()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('not https'),
    });
  });

  it.each(['localhost', 'tenant.localhost', '127.0.0.1', '[::1]'])(
    'accepts http on %s, as the configuration does',
    async (host) => {
      const configUrl = `http://${host}:4000${PATH}`;
      const { discoveryUrl, expectedIssuer } = resolveWith({ configUrl }).config.auth0;
      // No name server here need know the host.
      const text = JSON.stringify(op.metadata()).replaceAll(op.issuer, expectedIssuer);
      const http = async () => ({ status: 200, body: JSON.parse(text) });
      const config = { discoveryUrl, expectedIssuer };
      const { issuer } = await createDiscovery(config, http, () => 0).get();
      expect(issuer).toBe(expectedIssuer);
    },
  );

  it.each<[string, OpReply, string]>([
    ['no such tenant', { status: 404, body: 'Not found' }, 'misconfigured'],
    ['a page', { body: '<html>' }, 'unavailable'],
    ['a list', { body: [] }, 'unavailable'],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://attacker.example/' } },
      'unavailable',
    ],
    ['a document without end', { body: { issuer: 'x'.repeat(300_000) } }, 'unavailable'],
  ])('reports the right kind of error for %s', async (_name, reply, kind) => {
    op.on(PATH, () => reply);
    await expect(discoveryOf().get()).rejects.toMatchObject({ kind });
  });
});
