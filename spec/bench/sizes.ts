/** What a grant takes up, and how often Redis is asked. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { command, type RedisServer } from '../support/redis-server.js';
import { guarded, type OursOptions } from './contenders/ours.js';
import { makeTokens, type ServerOptions, startServer } from './contenders/server.js';
import { code, refresh } from './contenders/token-endpoint.js';
import { median, startSide } from './duel.js';
import type { Rig } from './rig.js';
import type { Place } from './tables.js';

/** Figures by their names. */
export type Sizes = Record<string, number>;

/** Bytes of one grant of one person, with its memberships, in each store. */
export async function bytesPerGrant(redis: RedisServer, grants: number): Promise<Sizes> {
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-bench-'));
  const usedBy = {
    memory: async () => {
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    },
    embedded: async () => diskUse(directory),
    redis: async () =>
      Number(/used_memory:(\d+)/.exec(await command(redis.port, 'INFO memory'))?.[1] ?? 0),
  };
  const sizes: Sizes = {};
  for (const store of ['memory', 'embedded', 'redis'] as const) {
    const options: ServerOptions = { store, directory, redisUrl: redis.url };
    const server = await startServer(options);
    await makeTokens(server, 100);
    const before = await usedBy[store]();
    await makeTokens(server, grants);
    sizes[store] = Math.round(((await usedBy[store]()) - before) / grants);
    await server.stop();
  }
  rmSync(directory, { recursive: true, force: true });
  return sizes;
}

function diskUse(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
}

/** Milliseconds until a server stands on a store with so many grants, in a fresh process each time. */
export async function startUpTimes(filled: Place['filled']): Promise<Sizes> {
  const sizes: Sizes = {};
  for (const { grants, directory, redisUrl } of filled) {
    for (const store of ['embedded', 'redis'] as const) {
      const times: number[] = [];
      for (let launch = 0; launch < 5; launch += 1) {
        const options = { store, directory, redisUrl };
        const { sides, stop } = await startSide({ contender: 'ours', options });
        times.push((await sides[0].facts()).startUpMs ?? Number.NaN);
        await stop();
      }
      sizes[`${store}, ${grants.toLocaleString('en')} grants`] = Number(median(times).toFixed(1));
    }
  }
  return sizes;
}

/** Megabytes of a process before and after `checks` of as many tokens in rotation, per store. */
export async function memoryUnderChecks(
  redisUrl: string,
  { tokens, checks }: { readonly tokens: number; readonly checks: number },
): Promise<Record<string, Sizes>> {
  const sizes: Record<string, Sizes> = {};
  for (const store of ['memory', 'embedded', 'redis'] as const) {
    const options = { store, redisUrl, tokens };
    const { sides, stop } = await startSide({ contender: 'ours', options });
    const [ours] = sides;
    const before = await ours.facts();
    await ours.burst(checks);
    const after = await ours.facts();
    await stop();
    sizes[store] = {
      heapBefore: Math.round(before.heapMb ?? 0),
      heapAfter: Math.round(after.heapMb ?? 0),
      rssBefore: Math.round(before.rssMb ?? 0),
      rssAfter: Math.round(after.rssMb ?? 0),
    };
  }
  return sizes;
}

/** Round trips to Redis, per operation. */
export async function roundTrips(redis: RedisServer, runs: number): Promise<Sizes> {
  const options: OursOptions = { store: 'redis', redisUrl: redis.url };
  const rigs: Record<string, (options: OursOptions) => Promise<Rig>> = {
    'guarded request': guarded,
    refresh,
    'code exchange': code,
  };
  const sizes: Sizes = {};
  for (const [name, make] of Object.entries(rigs)) {
    const rig = await make(options);
    await rig.prepare?.(runs);
    await rig.run();
    const before = await reads(redis);
    for (let run = 1; run < runs; run += 1) await rig.run();
    // The question itself is one, and is not counted.
    sizes[name] = Number((((await reads(redis)) - before - 1) / (runs - 1)).toFixed(2));
    await rig.stop?.();
  }
  return sizes;
}

/** How often Redis has read from a connection: once for each command that is waited for. */
async function reads({ port }: RedisServer): Promise<number> {
  const stats = await command(port, 'INFO stats');
  return Number(/total_reads_processed:(\d+)/.exec(stats)?.[1] ?? 0);
}
