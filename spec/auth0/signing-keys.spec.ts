import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';

import { createDiscovery } from '../../lib/auth0/discovery.js';
import { createAuth0Http } from '../../lib/auth0/http.js';
import { createSigningKeys } from '../../lib/auth0/signing-keys.js';
import { createOpKey, type ForgingOp, type OpKey, startForgingOp } from '../support/forging-op.js';
import { configFor } from '../support/login-rigs.js';
import { DIRECT } from '../support/outbound-proxies.js';
import { until } from '../support/upstream.js';

const PATH = '/.well-known/jwks.json';

let op: ForgingOp;
let next: OpKey;
beforeAll(async () => {
  op = await startForgingOp();
  next = await createOpKey('next');
});
afterEach(() => {
  op.on(PATH);
  op.requests.splice(0);
});
afterAll(() => op.close());

/** Signing keys with a clock of their own. */
function keysOf() {
  const clock = { now: 1_000_000 };
  const now = (): number => clock.now;
  const http = createAuth0Http(1000, now, DIRECT);
  const keys = createSigningKeys(createDiscovery(configFor(op), http, now), http, now);
  return {
    clock,
    keys,
    verify: async (by: OpKey) =>
      jwtVerify(
        await op.idToken({}, {}, by),
        async (...header) => (await keys.find(...header)).key,
      ),
  };
}

const fetches = (): number => op.requestsTo(PATH).length;
const down = () => ({ status: 503 });

describe('signing keys (R-UP-5)', () => {
  it('are fetched once for fifty parallel tokens', async () => {
    const { verify } = keysOf();
    await Promise.all(Array.from({ length: 50 }, () => verify(op.key)));
    expect(fetches()).toBe(1);
  });

  it('are fetched again for an unknown kid, at most every 30 seconds', async () => {
    const { verify, clock } = keysOf();
    await verify(op.key);
    op.on(PATH, () => ({ body: { keys: [next.jwk, op.key.jwk] } }));
    await expect(verify(next)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(fetches()).toBe(1);
    clock.now += 30;
    await verify(next);
    await verify(op.key);
    expect(fetches()).toBe(2);
  });

  it('published ahead of their use need no fetch', async () => {
    op.on(PATH, () => ({ body: { keys: [op.key.jwk, next.jwk] } }));
    const { verify } = keysOf();
    await verify(op.key);
    await verify(next);
    expect(fetches()).toBe(1);
  });

  it('remain usable during an outage of any length', async () => {
    const { verify, clock } = keysOf();
    await verify(op.key);
    op.on(PATH, down);
    for (let hour = 0; hour < 5; hour += 1) {
      clock.now += 3600;
      await verify(op.key);
    }
  });

  it('that are unknown during an outage are reported as an outage, not as an invalid token', async () => {
    const { verify, clock } = keysOf();
    await verify(op.key);
    op.on(PATH, down);
    clock.now += 60;
    await expect(verify(next)).rejects.toMatchObject({ kind: 'unavailable' });
    const attempts = fetches();
    await expect(verify(next)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(fetches()).toBe(attempts);
  });

  it('are rejected ten minutes after Auth0 revoked them', async () => {
    const { verify, clock } = keysOf();
    await verify(op.key);
    op.on(PATH, () => ({ body: { keys: [next.jwk] } }));
    clock.now += 600;
    await expect(verify(op.key)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('are identified by a hash of the key set', async () => {
    const { keys, clock, verify } = keysOf();
    expect(keys.currentSet()).toBeUndefined();
    await verify(op.key);
    const hash = keys.currentSet();
    expect(hash).toEqual(expect.any(String));
    clock.now += 600;
    // Expired.
    expect(keys.currentSet()).toBeUndefined();
    await keys.ready();
    expect(keys.currentSet()).toBe(hash);
    op.on(PATH, () => ({ body: { keys: [next.jwk] } }));
    clock.now += 600;
    await keys.ready();
    expect(keys.currentSet()).not.toBe(hash);
    expect(keys.currentSet()).toEqual(expect.any(String));
  });

  it('in use are refreshed in the background before they expire', async () => {
    const { keys, clock, verify } = keysOf();
    await verify(op.key);
    clock.now += 479;
    expect(keys.currentSet()).toEqual(expect.any(String));
    expect(fetches()).toBe(1);
    clock.now += 1;
    for (let round = 0; round < 5; round += 1)
      expect(keys.currentSet()).toEqual(expect.any(String));
    await keys.ready();
    await until(() => fetches() === 2);
    clock.now += 400;
    expect(keys.currentSet()).toEqual(expect.any(String));
  });

  it('stay current during an outage after the first failure, with retries in the background', async () => {
    const { keys, clock, verify } = keysOf();
    await verify(op.key);
    op.on(PATH, down);
    clock.now += 600;
    expect(keys.currentSet()).toBeUndefined();
    await keys.ready();
    expect(keys.currentSet()).toEqual(expect.any(String));
    const attempts = fetches();
    clock.now += 3;
    expect(keys.currentSet()).toEqual(expect.any(String));
    await until(() => fetches() > attempts);
    // A minute without a failed attempt: the outage may be over.
    clock.now += 120;
    expect(keys.currentSet()).toBeUndefined();
  });

  it.each<[string, object | string]>([
    ['a page', '<html>'],
    ['no keys', {}],
    ['keys that are none', { keys: ['x'] }],
  ])('are not read from %s', async (_name, body) => {
    op.on(PATH, () => ({ body }));
    await expect(keysOf().keys.ready()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('may have no alg in the key set', async () => {
    expect(op.key.jwk).not.toHaveProperty('alg');
    await keysOf().verify(op.key);
  });
});
