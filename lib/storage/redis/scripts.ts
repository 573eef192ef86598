/** Changes that Redis has no command for, as scripts. Each is atomic, on one key. */
import { createHash } from 'node:crypto';

import type { Commands, ScriptInput } from './connection.js';

/** A script, and the digest under which Redis caches it. */
export interface Script {
  text: string;
  sha1: string;
}

/** KEYS: value. ARGV: expected bytes, next bytes, TTL in seconds. Returns 1 if it wrote. */
export const UPDATE: Script = createScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return 1`);

/**
 * An index is a sorted set of members by expiry, in milliseconds on the clock of the server: one
 * clock for all instances. It expires with its last member.
 */
const NOW_MS = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * KEYS: index. ARGV: member, TTL in seconds. Adds first: a Redis that is full rejects a script at its
 * first write or not at all.
 */
export const ADD_MEMBER: Script = createScript(`${NOW_MS}
  redis.call('ZADD', KEYS[1], now + ARGV[2] * 1000, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  redis.call('PEXPIREAT', KEYS[1], last[2])`);

/** KEYS: index. ARGV: member. */
export const REMOVE_MEMBER: Script = createScript(`redis.call('ZREM', KEYS[1], ARGV[1])`);

/** KEYS: index. Returns the members that have not expired. */
export const MEMBERS: Script = createScript(`${NOW_MS}
  return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf')`);

export function createScript(text: string): Script {
  return { text, sha1: createHash('sha1').update(text, 'utf8').digest('hex') };
}

/** Runs a script by digest; one round trip, except for the first call after a start of Redis. */
export async function runScript(
  commands: Pick<Commands, 'eval' | 'evalSha'>,
  { text, sha1 }: Script,
  input: ScriptInput,
): Promise<unknown> {
  try {
    return await commands.evalSha(sha1, input);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return commands.eval(text, input);
  }
}
