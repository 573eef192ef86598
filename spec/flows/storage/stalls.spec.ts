import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createClient } from 'redis';

import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../../lib/storage/storage.js';
import { isLong } from '../../support/mode.js';
import { callTool, registerClient } from '../../support/oauth-client.js';
import { command, type RedisServer, startRedis } from '../../support/redis-server.js';
import { block, blockOnce } from '../../support/stall.js';
import { ALWAYS_DUE } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

jest.setTimeout(60_000);

/** All above the 750 ms that Redis has for a reply; the last above what its connection has, too. */
const STALLS_MS = isLong ? [1_000, 1_500, 3_000] : [1_500];

const PENDING = 10;
/** A verified caller that was read longer ago is read again. */
const FRESH_MS = 1_000;
const REPLY_MS = 200;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startServer(): Promise<RedisServer> {
  const redis = await startRedis();
  closing.push(() => redis.remove());
  return redis;
}

/** A world that counts the requests to its MCP endpoint, and a token for it. */
async function startCounted(options: WorldOptions = {}) {
  const seen = { calls: 0 };
  const world = await startWorld({
    ...options,
    before(app) {
      app.use('/mcp', (_req, _res, next) => {
        seen.calls += 1;
        next();
      });
    },
  });
  closing.push(() => world.close());
  const client = await registerClient(world.origin);
  return { world, client, seen };
}

async function startOn(storage: Storage) {
  const { world, client, seen } = await startCounted({ options: { storage } });
  const { access_token: token } = await client.tokens();
  await pause(FRESH_MS);
  return {
    world,
    /** Statuses of ten calls; the event loop is blocked while all of them wait for Redis. */
    async callsDuring(redis: RedisServer, stalledMs: number): Promise<number[]> {
      seen.calls = 0;
      // Redis is well and takes a moment, so that its replies come while nothing is read.
      await command(redis.port, `CLIENT PAUSE ${REPLY_MS}`);
      const calls = Array.from({ length: PENDING }, () => callTool(world.mcp, token, 'whoami'));
      await blockOnce(() => seen.calls >= PENDING, stalledMs);
      return (await Promise.all(calls)).map(({ status }) => status);
    },
    call: async () => (await callTool(world.mcp, token, 'whoami')).status,
  };
}

const ALL_SERVED = Array.from({ length: PENDING }, () => 200);

describe('FA-33: a process whose event loop is blocked while it waits for Redis', () => {
  it.each(STALLS_MS)('serves ten calls after %i ms', async (stalledMs) => {
    const redis = await startServer();
    const { callsDuring } = await startOn(redisStorage({ url: redis.url }));
    expect(await callsDuring(redis, stalledMs)).toEqual(ALL_SERVED);
  });

  it.each(STALLS_MS)('does so after %i ms over a client of the app', async (stalledMs) => {
    const redis = await startServer();
    const client = createClient({ url: redis.url });
    await client.connect();
    closing.push(() => client.destroy());
    const { callsDuring } = await startOn(redisStorage({ client }));
    expect(await callsDuring(redis, stalledMs)).toEqual(ALL_SERVED);
  });

  it('does so when it is blocked repeatedly, with short intervals', async () => {
    const redis = await startServer();
    const { callsDuring } = await startOn(redisStorage({ url: redis.url }));
    const throttle = setInterval(() => block(300), 30);
    const statuses = await callsDuring(redis, 900).finally(() => clearInterval(throttle));
    expect(statuses).toEqual(ALL_SERVED);
  });

  it('does so while it connects', async () => {
    const redis = await startServer();
    const storage = redisStorage({ url: redis.url });
    closing.push(() => storage.close?.());
    const reading = [storage.get('key'), storage.members('index')];
    await turn();
    // Longer than a connection may take.
    block(3_500);
    expect(await Promise.all(reading)).toEqual([undefined, []]);
  });

  it('responds 503 when Redis does not respond, and logs it', async () => {
    const redis = await startServer();
    const { world, call } = await startOn(redisStorage({ url: redis.url }));
    redis.pause();
    const calls = [call(), call()];
    await pause(100);
    block(900);
    expect(await Promise.all(calls)).toEqual([503, 503]);
    expect(JSON.stringify(world.log)).toContain('did not respond within 750 ms');
    redis.resume();
  });
});

describe('FA-33: a process whose event loop is blocked while it waits for Auth0', () => {
  const options = { upstreamTimeoutSeconds: 1 };
  const atTokenEndpoint =
    ({ tenant }: World, count: number) =>
    () =>
      tenant.requests.filter(({ path }) => path === '/oauth/token').length >= count;

  it.each(STALLS_MS)('finishes a login after %i ms', async (stalledMs) => {
    const { world, client } = await startCounted({ options });
    const stalled = blockOnce(atTokenEndpoint(world, 1), stalledMs);
    expect((await client.logIn()).get('code')).not.toBeNull();
    await stalled;
  });

  it.each(STALLS_MS)('refreshes the tokens of Auth0 after %i ms', async (stalledMs) => {
    const { world, client } = await startCounted({ tenant: ALWAYS_DUE, options });
    const { refresh_token: token } = await client.tokens();
    const stalled = blockOnce(atTokenEndpoint(world, 2), stalledMs);
    expect((await client.refresh(token)).status).toBe(200);
    expect(world.events.map(({ type }) => type)).toContain('auth0_refreshed');
    await stalled;
  });
});
