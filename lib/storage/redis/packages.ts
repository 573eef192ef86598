/** The packages that only Redis needs: optional peers, which apps with another store do not install. */
import { StorageUnavailableError } from '../storage.js';

export interface RedisPackages {
  readonly redis: typeof import('redis');
  readonly connectRedis: typeof import('connect-redis');
  readonly rateLimitRedis: typeof import('rate-limit-redis');
}

/** @throws StorageUnavailableError with the command that installs them */
export async function loadRedisPackages(): Promise<RedisPackages> {
  try {
    // In a `try`, for webpack, with a `catch`, for esbuild: they then accept that one is not installed.
    const [redis, connectRedis, rateLimitRedis] = await Promise.all([
      import('redis').catch(rethrow),
      import('connect-redis').catch(rethrow),
      import('rate-limit-redis').catch(rethrow),
    ]);
    return { redis, connectRedis, rateLimitRedis };
  } catch (cause) {
    throw new StorageUnavailableError(
      'redisStorage() needs the packages "redis", "connect-redis" and "rate-limit-redis", and one of them ' +
        'did not load. Install them with "npm install redis connect-redis rate-limit-redis". In a bundled ' +
        'app, install them before you bundle, or exclude them from the bundle and deploy them beside it.',
      { cause },
    );
  }
}

function rethrow(error: unknown): never {
  throw error;
}
