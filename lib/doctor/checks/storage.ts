/**
 * The storage: does it answer, and will it keep what it is given?
 *
 * @module
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { warningAbout } from '../../storage/embedded/directory.js';
import { ownConnection } from '../../storage/redis/connection.js';
import { redisStorage } from '../../storage/redis/redis-storage.js';
import type { Storage } from '../../storage/storage.js';
import { type Finding, type Findings, failed, passed, skipped, warning } from '../finding.js';

/** @param setup.directory of the embedded storage, which is used where there is no Redis */
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
    yield* skipped(['eviction'], 'Redis did not answer as it should');
  } finally {
    await storage?.close?.();
  }
}

const EVICTION_REMEDY =
  'Set maxmemory-policy noeviction for this Redis (a cache needs another one), and watch its memory: then a full Redis refuses new logins and keeps those it has.';

function evictionFinding({ maxmemoryPolicy, maxmemoryBytes }: RedisFacts): Finding {
  const check = 'eviction';
  if (maxmemoryPolicy === undefined) {
    return skipped(
      [check],
      'this Redis does not tell; ask its provider for noeviction',
    )[0] as Finding;
  }
  if (maxmemoryPolicy === 'noeviction') return passed(check, 'noeviction');
  if (maxmemoryBytes === 0) {
    const message = `${maxmemoryPolicy}; without effect as long as maxmemory is not set`;
    return warning(check, message, EVICTION_REMEDY);
  }
  return failed(check, `${maxmemoryPolicy}: a full Redis throws logins away`, EVICTION_REMEDY);
}

/** Looks only: what the doctor made would belong to whoever runs the doctor. */
function directoryFinding(directory: string): Finding {
  const existing = nearestExisting(directory);
  try {
    accessSync(existing, constants.W_OK);
  } catch {
    return failed(
      'storage',
      `this user may not write to ${existing}, where the embedded storage belongs`,
      'Run the doctor as the user of the server. In a container mount a volume and set XDG_DATA_HOME to it, or use Redis: AUTH0_MCP_REDIS_URL.',
    );
  }
  const concern = warningAbout(existing);
  if (concern === undefined) return passed('storage', `on this machine, in ${directory}`);
  return warning('storage', concern, 'Use a local disk, or Redis: AUTH0_MCP_REDIS_URL.');
}

function nearestExisting(directory: string): string {
  const parent = dirname(directory);
  return existsSync(directory) || parent === directory ? directory : nearestExisting(parent);
}

/** Settings of a Redis that decide whether logins survive in it. */
export interface RedisFacts {
  /** What it does when it is full; undefined where it does not report it. */
  readonly maxmemoryPolicy: string | undefined;
  /** 0: no limit. */
  readonly maxmemoryBytes: number;
}

/** Sends `INFO`, since hosted servers forbid `CONFIG GET`. @throws StorageUnavailableError */
export async function redisFacts(url: string): Promise<RedisFacts> {
  const connection = ownConnection(url);
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
