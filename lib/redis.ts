/**
 * `express-auth0-mcp/redis`: the store for several machines, apart from the main entry so that
 * nobody else's types depend on Redis.
 *
 * @module
 */
export type { RedisClient } from './storage/redis/redis-client.js';
export type { RedisStorageOptions, RedisStoragePlace } from './storage/redis/redis-storage.js';
export { redisStorage } from './storage/redis/redis-storage.js';
