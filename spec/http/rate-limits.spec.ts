import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Request } from 'express';
import { rateLimit } from 'express-rate-limit';

import { jsonErrors } from '../../lib/http/json-errors.js';
import { createRateLimits, type RateLimits } from '../../lib/http/rate-limits.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { command, type RedisServer, startRedis } from '../support/redis-server.js';

const quiet = (): void => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

describe('rate limits', () => {
  const servers: Server[] = [];
  const closing: (() => unknown)[] = [];
  afterAll(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const close of closing) await close();
  });

  /** An instance: counts every GET for its address, and guesses at `/secret/:key`. */
  async function startInstance(storage?: Storage): Promise<string> {
    const limits: RateLimits = createRateLimits({
      log,
      store: (prefix) => storage?.rateLimitStore?.(prefix),
      hash: (key) => `hash-of-${key.length}`,
    });
    closing.push(limits.close);
    const app = express();
    app.use(rateLimit({ limit: 1_000_000, validate: false }));
    app.get('/secret/:key', (req, res, next) => {
      const { key } = req.params;
      limits
        .check('secret', key)
        .then(() => limits.count('secret', key))
        .then(() => res.json({}), next);
    });
    app.get('/', limits.registration, (req: Request & { rateLimit?: { limit: number } }, res) => {
      res.json({ limitOfHost: req.rateLimit?.limit });
    });
    app.use(jsonErrors(() => '', 'https://mcp.example.test'));
    const server = createServer(app);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("leave the host app's own limiter and its req.rateLimit alone", async () => {
    const origin = await startInstance();
    expect(await (await fetch(origin)).json()).toEqual({ limitOfHost: 1_000_000 });
  });

  it('R-RG-7 CLI-45 answer 429 in JSON, with what is left and how long to wait', async () => {
    const origin = await startInstance();
    const counted = await fetch(origin);
    expect(counted.headers.get('ratelimit-policy')).toContain('q=600; w=60');
    for (let n = 0; n < 30; n += 1) await fetch(`${origin}/secret/a`);
    const last = await fetch(`${origin}/secret/a`);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await last.json()).toEqual({
      error: 'too_many_requests',
      error_description: 'Too many requests, try again later',
    });
    expect((await fetch(`${origin}/secret/bb`)).status).toBe(200);
  });

  describe('with Redis', () => {
    let redis: RedisServer;
    let storages: Storage[] = [];
    beforeAll(async () => {
      redis = await startRedis();
      storages = [redisStorage({ url: redis.url }), redisStorage({ url: redis.url })];
    });
    afterAll(async () => {
      for (const storage of storages) await storage.close?.();
      await redis.stop();
      await redis.remove();
    });

    it('R-DP-4 are one limit for all instances, and show no address', async () => {
      for (const storage of storages) await storage.ready?.();
      const [one = '', other = ''] = await Promise.all(storages.map(startInstance));
      /** Thirty guesses in turns; whether both instances have had enough then. */
      async function isShared(key: string): Promise<boolean> {
        const guess = async (at: string): Promise<number> =>
          (await fetch(`${at}/secret/${key}`)).status;
        for (let n = 0; n < 15; n += 1) {
          await guess(one);
          await guess(other);
        }
        return (await guess(one)) === 429 && (await guess(other)) === 429;
      }
      // A store that is slow is passed over for a second, which on a busy machine may hit a round.
      let wasShared = false;
      for (let round = 1; round <= 8 && !wasShared; round += 1) {
        wasShared = await isShared('k'.repeat(round));
        if (!wasShared) await new Promise((resolve) => setTimeout(resolve, 1_100));
      }
      expect(wasShared).toBe(true);
      await fetch(one);
      expect(await command(redis.port, 'KEYS *')).not.toContain('127.0.0.1');
    });

    it('let everybody through while Redis is away', async () => {
      const [storage] = storages;
      const origin = await startInstance(storage);
      await redis.stop();
      expect((await fetch(`${origin}/secret/x`)).status).toBe(200);
    });
  });
});
