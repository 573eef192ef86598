/**
 * Browser sessions in Redis, by connect-redis, over the connection of the storage.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { Store as SessionStore } from 'express-session';

import { loadPackage } from '../../load-package.js';
import type { SessionSealer } from '../storage.js';
import type { Connection } from './connection.js';
import { type Commands, textView } from './redis-client.js';

/**
 * A store for express-session whose commands keep the deadline of {@link Connection}.
 *
 * @param prefix put before every key
 */
export function sessionStore(
  connection: Connection,
  sealer: SessionSealer,
  prefix: string,
): SessionStore {
  const run = <T>(task: (redis: Commands<string>) => Promise<T>): Promise<T> =>
    connection.run((client, signal) => task(textView(client, signal)));
  // A session id is a good part of a cookie: a copy of the store must not hold it.
  const named = (id: string): string =>
    prefix + createHash('sha256').update(`session ${id}`, 'utf8').digest('base64url');
  // The three commands connect-redis uses for one session; a view of them, not the client itself.
  const client: Pick<Commands<string>, 'get' | 'set'> & {
    del(keys: string[]): unknown;
  } = {
    async get(id) {
      const sealed = await run((redis) => redis.get(named(id)));
      return sealed === null ? null : (sealer.open(sealed, id) ?? null);
    },
    set: (id, text, options) =>
      run((redis) => redis.set(named(id), sealer.seal(String(text), id), options)),
    del: ([id = '']) => run((redis) => redis.del(named(id))),
  };
  // Loaded here and not at the top: who uses another store does not pay for it.
  const { RedisStore } = loadPackage('connect-redis') as typeof import('connect-redis');
  // A session lives as long as its cookie, which reading it does not renew.
  return new RedisStore({ client, prefix: '', disableTouch: true });
}
