import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Request } from 'express';
import { MemoryStore, rateLimit, type Store } from 'express-rate-limit';

import { jsonErrors } from '../../lib/http/error-responses.js';
import { createRateLimits } from '../../lib/http/rate-limits.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { command, type RedisServer, startRedis } from '../support/redis-server.js';

const ignore = (): void => {};

const servers: Server[] = [];
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  for (const close of closing) await close();
});

/** An instance: counts `GET /` by address, and guesses at `/secret/:key`. */
async function startInstance(store?: Parameters<typeof createRateLimits>[2]) {
  const warnings: string[] = [];
  const log = {
    debug: ignore,
    info: ignore,
    warn: (_: object, m = '') => warnings.push(m),
    error: ignore,
  };
  const limits = createRateLimits(log, (key) => `hash-of-${key.length}`, store);
  closing.push(limits.close);
  const app = express();
  app.use(rateLimit({ limit: 1_000_000, validate: false }));
  app.get('/secret/:key', (req, res, next) => {
    const { key } = req.params;
    limits
      .check('secrets', key)
      .then(() => limits.count('secrets', key))
      .then(() => res.json({}), next);
  });
  app.get('/token/:key', (req, res, next) => {
    limits.count('calls', req.params.key).then(() => res.json({}), next);
  });
  app.get('/', limits.registration, (req: Request & { rateLimit?: { limit: number } }, res) => {
    res.json({ limitOfHost: req.rateLimit?.limit });
  });
  app.use(jsonErrors(() => '', 'https://mcp.example.test'));
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, warnings, get: (path: string) => fetch(origin + path), close: limits.close };
}

async function timed(response: Promise<Response>): Promise<[status: number, ms: number]> {
  const startedAtMs = performance.now();
  const { status } = await response;
  return [status, performance.now() - startedAtMs];
}

describe('rate limits', () => {
  it("leave the app's own limiter and its req.rateLimit unchanged", async () => {
    const { get } = await startInstance();
    expect(await (await get('/')).json()).toEqual({ limitOfHost: 1_000_000 });
  });

  it('R-RG-7 CLI-45 respond 429 in JSON, with the remaining requests and the time to wait', async () => {
    const { get } = await startInstance();
    expect((await get('/')).headers.get('ratelimit-policy')).toContain('q=1200; w=60');
    for (let n = 0; n < 30; n += 1) await get('/secret/a');
    const last = await get('/secret/a');
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await last.json()).toEqual({
      error: 'too_many_requests',
      error_description: 'Too many requests, try again later',
    });
    expect((await get('/secret/bb')).status).toBe(200);
  });

  it.each<[string, () => Promise<never>]>([
    ['fails', () => Promise.reject(new Error('connection lost'))],
    ['does not respond', () => new Promise(() => undefined)],
  ])('R-DP-4 let requests pass while the store %s', async (_state, increment) => {
    const store: Store = Object.assign(new MemoryStore(), { increment });
    const { get, warnings } = await startInstance(() => store);
    for (const path of ['/', '/token/a']) {
      const [status, ms] = await timed(get(path));
      expect(status).toBe(200);
      expect(ms).toBeLessThan(1_000);
    }
    expect(warnings).toEqual([
      'a request was not counted for its rate limit',
      'a request was not counted for its rate limit',
    ]);
  });

  it('R-TK-15 allow no guess at a secret while the store fails: 503, and the limit holds afterwards', async () => {
    const store = new MemoryStore();
    let isDown = false;
    const get = store.get.bind(store);
    store.get = async (key) => {
      if (isDown) throw new Error('connection lost');
      return get(key);
    };
    const instance = await startInstance(() => store);
    for (let n = 0; n < 30; n += 1) await instance.get('/secret/a');
    isDown = true;
    const refused = await instance.get('/secret/a');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    isDown = false;
    expect((await instance.get('/secret/a')).status).toBe(429);
  });

  it('R-DP-4 respond 503 to a guess at a secret while the store hangs', async () => {
    const hang = () => new Promise<never>(() => undefined);
    const store: Store = Object.assign(new MemoryStore(), { get: hang, increment: hang });
    const { get } = await startInstance(() => store);
    const [status, ms] = await timed(get('/secret/a'));
    expect(status).toBe(503);
    expect(ms).toBeLessThan(2_000);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('no connection');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no connection'))],
  ])('R-DP-4 let requests pass when the initialization of the store %s', async (_state, init) => {
    const store: Store = Object.assign(new MemoryStore(), { init });
    const { get } = await startInstance(() => store);
    for (const path of ['/', '/token/a', '/secret/a']) expect((await get(path)).status).toBe(200);
  });

  it('R-DP-3 let no home use up the logins of its IPv6 neighbours, and no /48 those of all', async () => {
    const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    const limits = createRateLimits(log, (key) => key);
    closing.push(limits.close);
    const logIn = async (ip: string, times = 1): Promise<void> => {
      const req = { ip, headers: {}, app: { get: ignore } } as unknown as Request;
      for (let n = 0; n < times; n += 1) await limits.countLogin(req);
    };
    const refusal = { code: 'too_many_requests' };
    await logIn('2001:db8:1:100::1', 300);
    await expect(logIn('2001:db8:1:1ff::2')).rejects.toMatchObject(refusal);
    for (const home of ['200', '300']) await logIn(`2001:db8:1:${home}::1`, 300);
    await expect(logIn('2001:db8:1:400::1')).rejects.toMatchObject(refusal);
    await logIn('2001:db8:2:100::1');
  });

  it('FA-26: a store that could not be opened once is opened for the next request', async () => {
    let attempts = 0;
    const { get } = await startInstance(async () => {
      attempts += 1;
      if (attempts <= 2) throw new Error('EMFILE: too many open files');
      return new MemoryStore();
    });
    expect((await get('/')).status).toBe(500);
    expect((await get('/secret/a')).status).toBe(503);
    expect((await get('/')).status).toBe(200);
    expect((await get('/secret/a')).status).toBe(200);
  });

  it('leave a shared store open: it belongs to the storage', async () => {
    let shutdowns = 0;
    const shutdown = () => {
      shutdowns += 1;
      throw new Error('shut down before');
    };
    const store: Store = Object.assign(new MemoryStore(), { shutdown });
    const { get, close } = await startInstance(() => store);
    for (const path of ['/', '/secret/a']) expect((await get(path)).status).toBe(200);
    close();
    expect(shutdowns).toBe(0);
  });

  describe('with Redis', () => {
    let redis: RedisServer;
    let storages: Storage[] = [];
    beforeAll(async () => {
      redis = await startRedis();
      storages = [redisStorage({ url: redis.url }), redisStorage({ url: redis.url })];
      for (const storage of storages) await storage.ready?.();
    });
    afterAll(async () => {
      for (const storage of storages) await storage.close?.();
      await redis.stop();
      await redis.remove();
    });

    const startOn = (storage?: Storage) =>
      startInstance((prefix) => storage?.rateLimitStore?.(prefix));

    it('R-DP-4 are shared by all instances, and store no address', async () => {
      const [one, other] = await Promise.all([startOn(storages[0]), startOn(storages[1])]);
      for (let n = 0; n < 15; n += 1) {
        expect((await one.get('/secret/k')).status).toBe(200);
        expect((await other.get('/secret/k')).status).toBe(200);
      }
      expect((await one.get('/secret/k')).status).toBe(429);
      expect((await other.get('/secret/k')).status).toBe(429);
      await one.get('/');
      expect(await command(redis.port, 'KEYS *')).not.toContain('127.0.0.1');
    });

    it('R-DP-4 delay no request by more than a second while Redis hangs or is down', async () => {
      const { get } = await startOn(storages[0]);
      redis.pause();
      for (const [path, expected] of [
        ['/', 200],
        ['/token/a', 200],
        ['/secret/x', 503],
      ] as const) {
        const [status, ms] = await timed(get(path));
        expect(status).toBe(expected);
        expect(ms).toBeLessThan(1_000);
      }
      redis.resume();
      await redis.stop();
      expect((await get('/')).status).toBe(200);
      expect((await get('/secret/x')).status).toBe(503);
    });
  });
});

it('attack: an issuer that signs assertions for ever new users locks out no other issuer, and no client', async () => {
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const limits = createRateLimits(log, (key) => key);
  closing.push(limits.close);
  const flood = async (): Promise<void> => {
    for (let user = 0; ; user += 1) await limits.countIdentityAssertion('https://evil', `${user}`);
  };
  await expect(flood()).rejects.toMatchObject({ code: 'too_many_requests' });
  await limits.countIdentityAssertion('https://acme', 'ada');
  await limits.countAssertion('a-grant');
});
