/**
 * The store for several machines: Redis 6.2 or newer, or what speaks like it.
 *
 * Every change is one command or one script on one key, so that it is atomic on a Cluster too, and
 * every key has a TTL, so that Redis needs no sweeping.
 *
 * @module
 */
import { ownStorage } from '../checked-storage.js';
import type { Storage } from '../storage.js';
import { checkedTtl } from '../ttl.js';
import { borrowedConnection, type Connection, ownConnection } from './connection.js';
import { checkPermissions } from './permission-check.js';
import { rateLimitStore } from './rate-limit-store.js';
import { binaryView, type Commands, type RedisClient } from './redis-client.js';
import { ADD_MEMBER, MEMBERS, REMOVE_MEMBER, runScript, type Script, UPDATE } from './scripts.js';
import { sessionStore } from './session-store.js';

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
 * A store in Redis. A verb that gets no answer rejects within a second; once Redis is back, the next
 * one succeeds.
 *
 * @throws TypeError for neither a URL nor a client
 */
export function redisStorage(options: RedisStorageOptions): Storage {
  const keyPrefix = options.keyPrefix ?? DEFAULT_KEY_PREFIX;
  const connection = connectionFor(options);
  const trialPrefix = `${keyPrefix}trial:`;
  const valuePrefix = `${keyPrefix}value:`;
  const values = valueVerbs(connection, (key) => valuePrefix + key);
  const storage = {
    ...values,
    ...memberVerbs(connection, (index) => `${keyPrefix}index:${index}`),
  };
  return ownStorage({
    ...storage,
    description: `Redis, ${connection.where}`,
    sessionStore: (sealer, prefix) => sessionStore(connection, sealer, `${keyPrefix}${prefix}`),
    rateLimitStore: (prefix) => rateLimitStore(connection, `${keyPrefix}${prefix}`),
    ready: () =>
      checkPermissions({
        storage,
        run: commandsOn(connection),
        prefix: trialPrefix,
        counters: rateLimitStore(connection, trialPrefix),
      }),
    close: () => connection.close(),
  });
}

function connectionFor({ url, client }: RedisStoragePlace): Connection {
  if (client !== undefined) return borrowedConnection(client);
  if (url !== undefined) return ownConnection(url);
  throw new TypeError(
    'redisStorage() takes { url } or { client }, for example redisStorage({ url: "redis://localhost:6379" })',
  );
}

type ValueVerbs = Pick<Storage, 'get' | 'set' | 'add' | 'take' | 'update' | 'delete'>;

function valueVerbs(connection: Connection, name: (key: string) => string): ValueVerbs {
  const run = commandsOn(connection);
  const lasting = (ttlSeconds: number) =>
    ({ expiration: { type: 'EX', value: checkedTtl(ttlSeconds) } }) as const;
  return {
    get: async (key) => (await run((redis) => redis.get(name(key)))) ?? undefined,
    async set(key, value, ttlSeconds) {
      const options = lasting(ttlSeconds);
      await run((redis) => redis.set(name(key), asBuffer(value), options));
    },
    async add(key, value, ttlSeconds) {
      const options = { ...lasting(ttlSeconds), condition: 'NX' } as const;
      return (await run((redis) => redis.set(name(key), asBuffer(value), options))) !== null;
    },
    take: async (key) => (await run((redis) => redis.getDel(name(key)))) ?? undefined,
    async update(key, expected, next, ttlSeconds) {
      const ttl = String(checkedTtl(ttlSeconds));
      const values = [asBuffer(expected), asBuffer(next), ttl];
      return (await run((redis) => onKey(redis, UPDATE, name(key), values))) === 1;
    },
    async delete(key) {
      await run((redis) => redis.del(name(key)));
    },
  };
}

type MemberVerbs = Pick<Storage, 'addMember' | 'removeMember' | 'members'>;

function memberVerbs(connection: Connection, name: (index: string) => string): MemberVerbs {
  const run = commandsOn(connection);
  return {
    async addMember(index, member, ttlSeconds) {
      const values = [member, String(checkedTtl(ttlSeconds))];
      await run((redis) => onKey(redis, ADD_MEMBER, name(index), values));
    },
    async removeMember(index, member) {
      await run((redis) => onKey(redis, REMOVE_MEMBER, name(index), [member]));
    },
    async members(index) {
      const members = await run((redis) => onKey(redis, MEMBERS, name(index), []));
      return (members as Buffer[]).map((member) => member.toString('utf8'));
    },
  };
}

function commandsOn(connection: Connection) {
  return <T>(task: (redis: Commands) => Promise<T>): Promise<T> =>
    connection.run((client, signal) => task(binaryView(client, signal)));
}

function onKey(
  redis: Commands,
  script: Script,
  key: string,
  values: (string | Buffer)[],
): Promise<unknown> {
  return runScript(redis, script, { keys: [key], arguments: values });
}

/** node-redis sends a Buffer as it is, and any other array of bytes as text. */
function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
