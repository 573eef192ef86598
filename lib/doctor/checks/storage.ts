/** The storage: whether it works, and does not lose records. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { warningAbout } from '../../storage/embedded/directory.js';
import { ownConnection } from '../../storage/redis/connection.js';
import { loadRedisPackages } from '../../storage/redis/packages.js';
import { redisStorage } from '../../storage/redis/redis-storage.js';
import type { Storage } from '../../storage/storage.js';
import { type Finding, type Findings, failed, passed, skipped, warning } from '../finding.js';

/** @param setup.directory of the embedded storage, which is used without Redis */
export async function* checkStorage(setup: {
  redisUrl: string | undefined;
  directory: string;
}): Findings {
  if (setup.redisUrl === undefined) yield directoryFinding(setup.directory);
  else yield* checkRedis(setup.redisUrl);
}

async function* checkRedis(url: string): Findings {
  let storage: Storage | undefined;
  try {
    storage = redisStorage({ url });
    await storage.ready?.();
    yield passed('storage', `${storage.description} reads and writes`);
    yield evictionFinding(await redisFacts(url));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield failed('storage', message, 'AUTH0_MCP_REDIS_URL: redis://user:password@host:6379');
    yield* skipped(['eviction'], 'Redis failed');
  } finally {
    await storage?.close?.();
  }
}

const EVICTION_REMEDY =
  'Set maxmemory-policy noeviction for this Redis (use another one as a cache), and monitor its memory: a full Redis then rejects new logins and keeps existing ones.';

function evictionFinding({ maxmemoryPolicy, maxmemoryBytes }: RedisFacts): Finding {
  const check = 'eviction';
  if (maxmemoryPolicy === undefined) {
    return skipped(
      [check],
      'this Redis does not report it; ask its provider for noeviction',
    )[0] as Finding;
  }
  if (maxmemoryPolicy === 'noeviction') return passed(check, 'noeviction');
  if (maxmemoryBytes === 0) {
    const message = `${maxmemoryPolicy}; without effect while maxmemory is not set`;
    return warning(check, message, EVICTION_REMEDY);
  }
  return failed(check, `${maxmemoryPolicy}: a full Redis deletes logins`, EVICTION_REMEDY);
}

/** Creates nothing, which would belong to the user who runs the doctor. */
function directoryFinding(directory: string): Finding {
  const existing = nearestExisting(directory);
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    return failed(
      'storage',
      `this user may not write to ${existing}, where the embedded storage has to be`,
      'Run the doctor as the user of the server. In a container mount a volume and set XDG_DATA_HOME to it, or use Redis: AUTH0_MCP_REDIS_URL.',
    );
  }
  const risk = warningAbout(existing);
  if (risk === undefined) return passed('storage', `on this machine, in ${directory}`);
  return warning('storage', risk, 'Use a local disk, or Redis: AUTH0_MCP_REDIS_URL.');
}

function nearestExisting(directory: string): string {
  const parent = dirname(directory);
  return existsSync(directory) || parent === directory ? directory : nearestExisting(parent);
}

/** Settings of a Redis that decide whether logins survive in it. */
interface RedisFacts {
  /** What it does when it is full; undefined where it does not report it. */
  readonly maxmemoryPolicy: string | undefined;
  /** 0: no limit. */
  readonly maxmemoryBytes: number;
}

/** Sends `INFO`, since hosted servers forbid `CONFIG GET`. @throws StorageUnavailableError */
export async function redisFacts(url: string): Promise<RedisFacts> {
  const connection = ownConnection(url, loadRedisPackages());
  try {
    const info = await connection.run((client) =>
      (client as unknown as { info(section: string): Promise<string> }).info('memory'),
    );
    return {
      maxmemoryPolicy: infoField(info, 'maxmemory_policy'),
      maxmemoryBytes: Number(infoField(info, 'maxmemory') ?? 0),
    };
  } finally {
    await connection.close();
  }
}

/** A line `name:value` of `INFO`. */
function infoField(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:([^\\r\\n]+)`, 'm').exec(info)?.[1];
}
