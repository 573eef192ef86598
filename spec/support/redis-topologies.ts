/** Redis as it runs in larger houses: a Cluster of three masters, and a primary under a Sentinel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { command, type RedisServer, startRedis } from './redis-server.js';

const SLOTS = 16_384;

/** Starts three masters that share the slots between them. */
export async function startCluster(): Promise<RedisServer[]> {
  // Longer than any stall of a busy machine, which would otherwise take the Cluster down.
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '30000'];
  const nodes = await Promise.all([0, 1, 2].map(() => startRedis({ args })));
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    const [from, to] = [index, index + 1].map((share) => Math.floor((share * SLOTS) / 3));
    await command(node.port, `CLUSTER ADDSLOTSRANGE ${from} ${(to ?? SLOTS) - 1}`);
    await command(node.port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    await command(node.port, `CLUSTER MEET 127.0.0.1 ${first?.port}`);
  }
  for (const node of nodes) {
    await until(async () => {
      const info = await command(node.port, 'CLUSTER INFO');
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
    });
  }
  return nodes;
}

/** A primary, a replica of it, and a Sentinel that watches both. */
export interface SentinelSetup {
  primary: RedisServer;
  replica: RedisServer;
  sentinel: RedisServer;
  name: string;
}

/** Starts the three and waits until the Sentinel knows the replica. */
export async function startSentinel(): Promise<SentinelSetup> {
  const name = 'primary';
  const primary = await startRedis();
  const replica = await startRedis({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] });
  const sentinel = await startRedis({
    prepare(directory) {
      const file = join(directory, 'sentinel.conf');
      const lines = [
        `sentinel monitor ${name} 127.0.0.1 ${primary.port} 1`,
        // Longer than any stall of a busy machine, which would otherwise be a failover.
        `sentinel down-after-milliseconds ${name} 30000`,
        `sentinel failover-timeout ${name} 3000`,
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel'];
    },
  });
  await until(async () =>
    (await command(replica.port, 'INFO replication')).includes('link_status:up'),
  );
  await until(async () => (await command(sentinel.port, 'INFO sentinel')).includes('slaves=1'));
  return { primary, replica, sentinel, name };
}

/** Kills the primary and lets the Sentinel notice it soon. */
export async function killPrimary({ primary, sentinel, name }: SentinelSetup): Promise<void> {
  await command(sentinel.port, `SENTINEL SET ${name} down-after-milliseconds 500`);
  await primary.kill();
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(50);
}
