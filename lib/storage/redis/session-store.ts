/**
 * Browser sessions in Redis, by connect-redis, over the connection of the storage.
 *
 * @module
 */
import { RedisStore } from 'connect-redis';
import type { Store as SessionStore } from 'express-session';

import type { SessionSerializer } from '../storage.js';
import type { Connection } from './connection.js';
import { type Commands, textView } from './redis-client.js';

/**
 * A store for express-session whose commands keep the deadline of {@link Connection}.
 *
 * @param prefix put before every session id
 */
export function sessionStore(
  connection: Connection,
  serializer: SessionSerializer,
  prefix: string,
): SessionStore {
  const run = <T>(task: (redis: Commands<string>) => Promise<T>): Promise<T> =>
    connection.run((client, signal) => task(textView(client, signal)));
  // The four commands connect-redis uses for one session; a view of them, not the client itself.
  const client: Pick<Commands<string>, 'get' | 'set' | 'expire'> & {
    del(keys: string[]): unknown;
  } = {
    get: (key) => run((redis) => redis.get(key)),
    set: (key, text, options) => run((redis) => redis.set(key, text, options)),
    expire: (key, seconds) => run((redis) => redis.expire(key, seconds)),
    del: ([key = '']) => run((redis) => redis.del(key)),
  };
  return new RedisStore({ client, prefix, serializer });
}
