/** Stores for express-session and express-rate-limit, shared by all instances, over the connection of the storage. */
import { createHash } from 'node:crypto';

import type { Store as RateLimitStore } from 'express-rate-limit';
import type { Store as SessionStore } from 'express-session';
import type { RedisReply } from 'rate-limit-redis';

import type { SessionSealer } from '../storage.js';
import { type Commands, type Connection, textCommands } from './connection.js';
import type { RedisPackages } from './packages.js';
import { createScript, runScript, type Script } from './scripts.js';

/** KEYS: counter. Decrements an existing counter: DECR alone would create one that never expires. */
const DECREMENT: Script = createScript(`
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end`);

/**
 * Sessions by connect-redis.
 *
 * @param prefix put before every key
 */
export function sessionStore(
  { connectRedis: { RedisStore } }: RedisPackages,
  connection: Connection,
  sealer: SessionSealer,
  prefix: string,
): SessionStore {
  const run = <T>(task: (redis: Commands<string>) => Promise<T>): Promise<T> =>
    connection.run((client, signal) => task(textCommands(client, signal)));
  // The session id is part of the cookie: a copy of the store must not contain it.
  const keyOf = (id: string): string =>
    prefix + createHash('sha256').update(`session ${id}`, 'utf8').digest('base64url');
  // The three commands that connect-redis uses for one session.
  const client: Pick<Commands<string>, 'get' | 'set'> & {
    del(keys: string[]): unknown;
  } = {
    async get(id) {
      const sealed = await run((redis) => redis.get(keyOf(id)));
      return sealed === null ? null : (sealer.open(sealed, id) ?? null);
    },
    set: (id, text, options) =>
      run((redis) => redis.set(keyOf(id), sealer.seal(String(text), id), options)),
    del: ([id = '']) => run((redis) => redis.del(keyOf(id))),
  };
  // A session expires with its cookie, which reading does not renew.
  return new RedisStore({ client, prefix: '', disableTouch: true });
}

/**
 * Counters by rate-limit-redis.
 *
 * It loads its scripts once, when the limiter is created, and would neither recover from a Redis that was down
 * at that moment nor reach the other nodes of a Cluster. So `SCRIPT LOAD` is not sent, and a script goes along
 * with the first call that a server does not know.
 *
 * @param prefix put before every key
 */
export function rateLimitStore(
  { rateLimitRedis: { RedisStore } }: RedisPackages,
  connection: Connection,
  prefix: string,
): RateLimitStore {
  const scripts = new Map<string, Script>();
  return new RedisStore({
    prefix,
    async sendCommandCluster({ command: [name = '', ...args] }): Promise<RedisReply> {
      if (name === 'SCRIPT') {
        const script = createScript(args[1] ?? '');
        scripts.set(script.sha1, script);
        return script.sha1;
      }
      const reply = await connection.run((client, signal) =>
        sendCounterCommand(textCommands(client, signal), scripts, name, args),
      );
      return reply as RedisReply;
    },
  });
}

/** The commands that rate-limit-redis sends, by the methods that every kind of client has. */
function sendCounterCommand(
  redis: Commands<string>,
  scripts: ReadonlyMap<string, Script>,
  name: string,
  args: readonly string[],
): Promise<unknown> {
  const [first = '', , key = '', ...values] = args;
  const script = scripts.get(first);
  if (name === 'EVALSHA' && script !== undefined) {
    return runScript(redis, script, { keys: [key], arguments: values });
  }
  if (name === 'DECR') return runScript(redis, DECREMENT, { keys: [first], arguments: [] });
  if (name === 'DEL') return redis.del(first);
  throw new TypeError(`rate-limit-redis sent ${name}, which is not expected here`);
}
