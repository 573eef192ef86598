/** A deployment under use: every instance is replaced while clients log in, refresh and call tools. */
import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from './cluster.js';
import { registerClient } from './oauth-client.js';
import { persistentClient, type Tally } from './persistent-client.js';

/** Below the 120 refreshes a minute that one grant may have. */
const PAUSE_MS = 600;

interface Plan {
  readonly clients: number;
  /** How often every instance is replaced. */
  readonly rounds: number;
  readonly tally: Tally;
}

/** Resolves when all instances have been replaced and all clients have done their part. */
export async function rollingRestart(
  cluster: Cluster,
  { clients, rounds, tally }: Plan,
): Promise<void> {
  let isOver = false;
  async function beOneClient(): Promise<void> {
    const client = persistentClient(cluster.mcp, await registerClient(cluster.origin), tally);
    await client.logIn();
    do {
      await client.callTool();
      await client.refresh();
      await pause(PAUSE_MS);
    } while (!isOver);
    await client.callTool();
  }
  const all = Array.from({ length: clients }, beOneClient);
  for (let round = 0; round < rounds; round += 1) {
    for (const old of [...cluster.instances]) {
      await cluster.start();
      await cluster.retire(old);
    }
  }
  isOver = true;
  await Promise.all(all);
}
