import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createCluster, createSentinel } from 'redis';

import { redisStorage } from '../../../lib/redis.js';
import { storageContract } from '../../../lib/storage/contract.js';
import { StorageUnavailableError } from '../../../lib/storage/storage.js';
import { command, type RedisServer } from '../../support/redis-server.js';
import {
  killPrimary,
  type SentinelSetup,
  startCluster,
  startSentinel,
} from '../../support/redis-topologies.js';
import { sideBySide } from '../../support/side-by-side.js';

jest.setTimeout(60_000);

const value = Buffer.from('value');

describe('redisStorage() on a Cluster of three masters', () => {
  let nodes: RedisServer[];
  let client: ReturnType<typeof createCluster>;
  beforeAll(async () => {
    nodes = await startCluster();
    client = createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    for (const node of nodes) await node.remove();
  });

  storageContract(sideBySide(), async () => redisStorage({ client }));

  it('distributes its keys over the masters', async () => {
    const storage = redisStorage({ client });
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => storage.set(`spread ${index}`, value, 60)),
    );
    for (const { port } of nodes) expect(await command(port, 'DBSIZE')).not.toBe(':0\r\n');
  });

  it('counts requests on the master of each key', async () => {
    const limits = await redisStorage({ client }).rateLimitStore?.('limit:');
    void limits?.init?.({ windowMs: 60_000 } as never);
    for (let address = 0; address < 12; address += 1) {
      expect((await limits?.increment(`192.0.2.${address}`))?.totalHits).toBe(1);
      expect((await limits?.increment(`192.0.2.${address}`))?.totalHits).toBe(2);
    }
  });

  it('is ready, and rejects keys of a master that is stopped', async () => {
    const storage = redisStorage({ client });
    await storage.ready?.();
    nodes[0]?.pause();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) => storage.set(`still ${index}`, value, 60)),
    );
    nodes[0]?.resume();
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(StorageUnavailableError);
  });
});

describe('redisStorage() under Sentinel', () => {
  let setup: SentinelSetup;
  let client: ReturnType<typeof createSentinel>;
  beforeAll(async () => {
    setup = await startSentinel();
    client = createSentinel({
      name: setup.name,
      sentinelRootNodes: [{ host: '127.0.0.1', port: setup.sentinel.port }],
      // Otherwise commands that start at the same moment wait until all later ones have ended.
      reserveClient: true,
      // A primary that died is not called for ever: the Sentinel names another.
      nodeClientOptions: { socket: { reconnectStrategy: (retries) => retries < 20 && 50 } },
      // Finds the new primary soon, also when the announcement was missed.
      scanInterval: 500,
    });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    await client.destroy();
    for (const server of [setup.sentinel, setup.primary, setup.replica]) await server.remove();
  });

  storageContract(sideBySide(), async () => redisStorage({ client }));

  it('serves commands that start at the same moment, while others follow without a break', async () => {
    const storage = redisStorage({ client });
    const large = Buffer.alloc(1024 * 1024);
    const write = (key: string): Promise<void> => storage.set(key, large, 60);
    const first = Promise.all(['a', 'b', 'c'].map(write));
    let hasEnded = false;
    async function follow(key: string): Promise<void> {
      while (!hasEnded) {
        await write(key);
        await pause(Math.random() * 3);
      }
    }
    // After their turn, when the connection is in use.
    await pause(0);
    const others = Array.from({ length: 20 }, (_, index) => follow(`other ${index}`));
    await pause(1000);
    hasEnded = true;
    await Promise.all([first, ...others]);
  });

  it('rejects during a failover and continues with the new primary', async () => {
    const storage = redisStorage({ client });
    await storage.set('lasting', value, 60);
    await pause(200);
    await killPrimary(setup);
    const refusals: unknown[] = [];
    for (;;) {
      const written = await storage.set('after', value, 60).then(
        () => true,
        (error: unknown) => {
          refusals.push(error);
          return false;
        },
      );
      if (written) break;
      await pause(100);
    }
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StorageUnavailableError);
    expect(await storage.get('lasting')).toEqual(value);
    expect(await command(setup.replica.port, 'ROLE')).toContain('master');
  });
});
