/** Each kind of store, shared by several instances: open it once for each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { type RedisServer, startRedis } from './redis-server.js';

/** For `it.each`: the name of the store, and what opens it. Starts and removes a Redis with the suite. */
export function sharedStores(): readonly (readonly [string, () => Storage])[] {
  const memory = memoryStorage();
  const directory = mkdtempSync(join(tmpdir(), 'shared-stores-'));
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.remove();
    rmSync(directory, { recursive: true });
  });
  return [
    ['memory', () => memory],
    ['Redis', () => redisStorage({ url: redis.url })],
    ['an embedded store', () => embeddedStorage({ directory })],
  ];
}
