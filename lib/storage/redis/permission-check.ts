/**
 * The trial of `ready()`: does what logins do, so that a permission that is missing shows at the start
 * and not at the first login.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import type { Options, Store as RateLimitStore } from 'express-rate-limit';

import type { Storage } from '../storage.js';
import type { Commands } from './redis-client.js';
import { MEMBERS } from './scripts.js';

/** How long what is tried may outlive a crash. */
const TTL_SECONDS = 10;

/** What is tried. */
interface TrialDeps {
  readonly storage: Storage;
  readonly run: <T>(task: (redis: Commands) => Promise<T>) => Promise<T>;
  /** Put before every key of `run`. */
  readonly prefix: string;
  readonly counters: RateLimitStore;
}

/**
 * Every command of `NEEDED_COMMANDS` that a login or a counter needs, on names of its own, which
 * are gone afterwards. A replica, a full or old server and an ACL would refuse one of them.
 */
export async function checkPermissions({
  storage,
  run,
  prefix,
  counters,
}: TrialDeps): Promise<void> {
  const [key, value] = [`ready:${randomUUID()}`, Buffer.from('ready')];
  await storage.add(key, value, TTL_SECONDS);
  await storage.update(key, value, value, TTL_SECONDS);
  await storage.take(key);
  await storage.delete(key);
  await storage.addMember(key, 'member', TTL_SECONDS);
  await storage.members(key);
  await storage.removeMember(key, 'member');
  // As the session store does with sessions.
  await run((redis) => redis.expire(prefix + key, TTL_SECONDS));
  // As after a restart of Redis, which knows no script by its name then.
  await run((redis) => redis.eval(MEMBERS.text, { keys: [prefix + key], arguments: [] }));
  await tryCounters(counters, key);
}

/** The first count makes a counter, the second one raises it: with other commands. */
async function tryCounters(counters: RateLimitStore, key: string): Promise<void> {
  void counters.init?.({ windowMs: TTL_SECONDS * 1000 } as Options);
  await counters.increment(key);
  await counters.increment(key);
  await counters.get?.(key);
  await counters.decrement(key);
  await counters.resetKey(key);
}
