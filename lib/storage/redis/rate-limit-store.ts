/**
 * Counters for express-rate-limit in Redis, by rate-limit-redis, shared by all instances.
 *
 * @module
 */
import type { Store as RateLimitStore } from 'express-rate-limit';
import type { RedisReply } from 'rate-limit-redis';

import { loadPackage } from '../../load-package.js';
import type { Connection } from './connection.js';
import { type Commands, textView } from './redis-client.js';
import { DECREMENT, runScript, type Script, script } from './scripts.js';

/**
 * A store for express-rate-limit whose commands keep the deadline of {@link Connection}.
 *
 * rate-limit-redis loads its scripts once, when the limiter is made, and would never recover from a
 * Redis that was down just then, nor reach the other nodes of a Cluster. So loading is answered here,
 * and a script is sent along when a server does not know it.
 *
 * @param prefix put before every key
 */
export function rateLimitStore(connection: Connection, prefix: string): RateLimitStore {
  const scripts = new Map<string, Script>();
  // Loaded here and not at the top: who uses another store does not pay for it.
  const { RedisStore } = loadPackage('rate-limit-redis') as typeof import('rate-limit-redis');
  return new RedisStore({
    prefix,
    async sendCommandCluster({ command: [name = '', ...args] }): Promise<RedisReply> {
      if (name === 'SCRIPT') {
        const loaded = script(args[1] ?? '');
        scripts.set(loaded.sha1, loaded);
        return loaded.sha1;
      }
      const reply = await connection.run((client, signal) =>
        send(textView(client, signal), scripts, name, args),
      );
      return reply as RedisReply;
    },
  });
}

/** The four commands rate-limit-redis sends, by the methods every kind of client has. */
function send(
  redis: Commands<string>,
  scripts: ReadonlyMap<string, Script>,
  name: string,
  args: readonly string[],
): Promise<unknown> {
  const [first = '', , key = '', ...values] = args;
  const known = scripts.get(first);
  if (name === 'EVALSHA' && known !== undefined) {
    return runScript(redis, known, { keys: [key], arguments: values });
  }
  if (name === 'DECR') return runScript(redis, DECREMENT, { keys: [first], arguments: [] });
  if (name === 'DEL') return redis.del(first);
  throw new TypeError(`rate-limit-redis sent ${name}, which is not expected here`);
}
