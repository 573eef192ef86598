/** `express-auth0-mcp/redis`, apart from the main entry, so that apps without Redis do not need its types. */
export type { RedisClient } from './storage/redis/connection.js';
export type { RedisStorageOptions, RedisStoragePlace } from './storage/redis/redis-storage.js';
export { redisStorage } from './storage/redis/redis-storage.js';
