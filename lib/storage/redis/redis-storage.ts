/**
 * The store for several machines: Redis 6.2 or newer, or a compatible server.
 *
 * Every change is one command or one script on one key, so that it is atomic on a Cluster too. Every key has
 * a TTL.
 */
import { randomUUID } from 'node:crypto';

import type { Options, Store as RateLimitStore } from 'express-rate-limit';

import { builtInStorage } from '../checked-storage.js';
import { checkedTtl, type Storage } from '../storage.js';
import {
  binaryCommands,
  borrowedConnection,
  type Commands,
  type Connection,
  ownConnection,
  type RedisClient,
} from './connection.js';
import { rateLimitStore, sessionStore } from './express-stores.js';
import { loadRedisPackages, type RedisPackages } from './packages.js';
import { ADD_MEMBER, MEMBERS, REMOVE_MEMBER, runScript, type Script, UPDATE } from './scripts.js';

/** Settings of {@link redisStorage}. */
export type RedisStorageOptions = RedisStoragePlace & {
  /** Put before every key, so that several programs can share a Redis. Default: `express-auth0-mcp:`. */
  keyPrefix?: string;
};

/** Where the Redis is: a URL, for a connection of our own, or a client of yours. */
export type RedisStoragePlace =
  | {
      /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
      url: string;
      client?: undefined;
    }
  | {
      /** A connected client of the npm package `redis`, single, Sentinel or Cluster; yours to close. */
      client: RedisClient;
      url?: undefined;
    };

const DEFAULT_KEY_PREFIX = 'express-auth0-mcp:';

/**
 * A store in Redis. A verb without a response rejects within a second; once Redis is back, the next
 * one succeeds.
 *
 * Its packages are optional peers: `npm install redis connect-redis rate-limit-redis`.
 *
 * @throws TypeError for neither a URL nor a client
 */
export function redisStorage(options: RedisStorageOptions): Storage {
  const keyPrefix = options.keyPrefix ?? DEFAULT_KEY_PREFIX;
  // Now and not at the first login: a rejection that nothing handles ends the process, which is the start.
  const packages = loadRedisPackages();
  const connection = connectionFor(options, packages);
  const run: Run = (task) =>
    connection.run((client, signal) => task(binaryCommands(client, signal)));
  const verbs = {
    ...valueVerbs(run, `${keyPrefix}value:`),
    ...memberVerbs(run, `${keyPrefix}index:`),
  };
  return builtInStorage({
    ...verbs,
    description: `Redis, ${connection.where}`,
    sessionStore: async (sealer, prefix) =>
      sessionStore(await packages, connection, sealer, keyPrefix + prefix),
    rateLimitStore: async (prefix) =>
      rateLimitStore(await packages, connection, keyPrefix + prefix),
    async ready() {
      const prefix = `${keyPrefix}trial:`;
      const counters = rateLimitStore(await packages, connection, prefix);
      await checkPermissions(verbs, run, counters, prefix);
    },
    close: () => connection.close(),
  });
}

function connectionFor(
  { url, client }: RedisStoragePlace,
  packages: Promise<RedisPackages>,
): Connection {
  if (client !== undefined) return borrowedConnection(client);
  if (url !== undefined) return ownConnection(url, packages);
  throw new TypeError(
    'redisStorage() takes { url } or { client }, for example redisStorage({ url: "redis://localhost:6379" })',
  );
}

type Run = <T>(task: (redis: Commands) => Promise<T>) => Promise<T>;

type ValueVerbs = Pick<Storage, 'get' | 'set' | 'add' | 'take' | 'update' | 'delete'>;

function valueVerbs(run: Run, prefix: string): ValueVerbs {
  const expiring = (ttlSeconds: number) =>
    ({ expiration: { type: 'EX', value: checkedTtl(ttlSeconds) } }) as const;
  return {
    get: async (key) => (await run((redis) => redis.get(prefix + key))) ?? undefined,
    async set(key, value, ttlSeconds) {
      const options = expiring(ttlSeconds);
      await run((redis) => redis.set(prefix + key, asBuffer(value), options));
    },
    async add(key, value, ttlSeconds) {
      const options = { ...expiring(ttlSeconds), condition: 'NX' } as const;
      return (await run((redis) => redis.set(prefix + key, asBuffer(value), options))) !== null;
    },
    take: async (key) => (await run((redis) => redis.getDel(prefix + key))) ?? undefined,
    async update(key, expected, next, ttlSeconds) {
      const ttl = String(checkedTtl(ttlSeconds));
      const values = [asBuffer(expected), asBuffer(next), ttl];
      return (await run((redis) => runOnKey(redis, UPDATE, prefix + key, values))) === 1;
    },
    async delete(key) {
      await run((redis) => redis.del(prefix + key));
    },
  };
}

type MemberVerbs = Pick<Storage, 'addMember' | 'removeMember' | 'members'>;

function memberVerbs(run: Run, prefix: string): MemberVerbs {
  return {
    async addMember(index, member, ttlSeconds) {
      const values = [member, String(checkedTtl(ttlSeconds))];
      await run((redis) => runOnKey(redis, ADD_MEMBER, prefix + index, values));
    },
    async removeMember(index, member) {
      await run((redis) => runOnKey(redis, REMOVE_MEMBER, prefix + index, [member]));
    },
    async members(index) {
      const members = await run((redis) => runOnKey(redis, MEMBERS, prefix + index, []));
      return (members as Buffer[]).map((member) => member.toString('utf8'));
    },
  };
}

function runOnKey(
  redis: Commands,
  script: Script,
  key: string,
  values: (string | Buffer)[],
): Promise<unknown> {
  return runScript(redis, script, { keys: [key], arguments: values });
}

/** node-redis sends a Buffer as bytes, and any other Uint8Array as text. */
function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Lifetime of the trial keys, should the process die in between. */
const TRIAL_TTL_SECONDS = 10;

/**
 * Runs every command of `NEEDED_COMMANDS` on keys of its own, and deletes those: a missing permission, a
 * replica, a full or an old server is reported at start-up and not at the first login.
 *
 * @param prefix put before every key that is not written through `verbs`
 */
async function checkPermissions(
  verbs: ValueVerbs & MemberVerbs,
  run: Run,
  counters: RateLimitStore,
  prefix: string,
): Promise<void> {
  const [key, value] = [`ready:${randomUUID()}`, Buffer.from('ready')];
  await verbs.add(key, value, TRIAL_TTL_SECONDS);
  await verbs.update(key, value, value, TRIAL_TTL_SECONDS);
  await verbs.take(key);
  await verbs.delete(key);
  await verbs.addMember(key, 'member', TRIAL_TTL_SECONDS);
  await verbs.members(key);
  await verbs.removeMember(key, 'member');
  // The session store sends it.
  await run((redis) => redis.expire(prefix + key, TRIAL_TTL_SECONDS));
  // Sent after a restart of Redis, which loses its cached scripts.
  await run((redis) => redis.eval(MEMBERS.text, { keys: [prefix + key], arguments: [] }));
  // The first increment creates a counter, the second one sends other commands.
  void counters.init?.({ windowMs: TRIAL_TTL_SECONDS * 1000 } as Options);
  await counters.increment(key);
  await counters.increment(key);
  await counters.get?.(key);
  await counters.decrement(key);
  await counters.resetKey(key);
}
