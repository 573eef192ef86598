/**
 * Values kept in this process as long as Redis vouches for them.
 *
 * Redis remembers what a connection has read, and says on it when a value changes (server-assisted
 * client-side caching). What it says arrives in order: once a command has been answered, everything
 * that had changed by the time it was sent has been said before. So a value counts for a second from
 * the last answered command, and a look sends one now and then; a connection that is broken, stalled
 * or silently gone has its values asked for afresh within that second.
 *
 * @module
 */

import type { AtOnce } from '../at-once.js';
import { boundedMap } from '../bounded-map.js';
import { ownBytes } from '../own-bytes.js';
import type { Connection } from './connection.js';
import { RedisTimeoutError } from './failure.js';
import { binaryView } from './redis-client.js';

/** The longest that a value counts without word from Redis: a request later, the second is over. */
const VOUCHED_MS = 900;
/** How old the word from Redis may be before a look sends for a new one. */
const RENEW_AFTER_MS = 300;
/** Values kept: some 15 MB of grants. */
const MAX_VALUES = 10_000;

/** Told what happens on a connection. */
export interface TrackingListener {
  /** A value has changed, by its name in Redis; null for all of them. */
  onInvalidate(name: string | null): void;
  /** The connection was lost or made: what was said meanwhile is not known. */
  onGap(): void;
}

export interface TrackedValues {
  /** The value of a key, at most a second old. */
  look(key: string): AtOnce<Uint8Array | undefined>;
  /** This process has changed the value itself. */
  forget(key: string): void;
  close(): Promise<void>;
}

interface TrackedValuesDeps {
  /** Makes a connection that nothing else uses. */
  readonly connect: (listener: TrackingListener) => Connection;
  /** Asks over another connection, where this one cannot. */
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  /** Put before a key, it is the name in Redis. */
  readonly prefix: string;
}

export function trackedValues({ connect, get, prefix }: TrackedValuesDeps): TrackedValues {
  const kept = boundedMap<Buffer>(MAX_VALUES);
  const asked = new Map<string, Promise<Uint8Array | undefined>>();
  let vouchedAtMs = Number.NEGATIVE_INFINITY;
  let gaps = 0;
  let isRenewing = false;

  const connection = connect({
    onInvalidate(name) {
      if (name === null) clear();
      else if (name.startsWith(prefix)) forget(name.slice(prefix.length));
    },
    onGap() {
      gaps += 1;
      vouchedAtMs = Number.NEGATIVE_INFINITY;
      clear();
    },
  });

  function clear(): void {
    kept.clear();
    asked.clear();
  }

  function forget(key: string): void {
    kept.delete(key);
    // An answer under way may be from before the change: nobody else is to get it.
    asked.delete(key);
  }

  function ask(key: string): Promise<Uint8Array | undefined> {
    const known = asked.get(key);
    if (known !== undefined) return known;
    const asking = fetchTracked(key, () => asked.get(key) === asking);
    asked.set(key, asking);
    const done = (): void => {
      if (asked.get(key) === asking) asked.delete(key);
    };
    asking.then(done, done);
    return asking;
  }

  async function fetchTracked(
    key: string,
    isValid: () => boolean,
  ): Promise<Uint8Array | undefined> {
    const sentAtMs = performance.now();
    const gapsBefore = gaps;
    try {
      const value = await connection.run((client, signal) =>
        binaryView(client, signal).get(prefix + key),
      );
      if (gaps === gapsBefore) vouchedAtMs = Math.max(vouchedAtMs, sentAtMs);
      if (value === null) return undefined;
      // A copy: what the connection gives is a slice of something much larger.
      const bytes = ownBytes(value);
      if (gaps === gapsBefore && isValid()) kept.set(key, bytes);
      return bytes;
    } catch (error) {
      // After a whole deadline there is no time left to ask over another connection.
      if (error instanceof RedisTimeoutError) throw error;
      return get(key);
    }
  }

  function renew(key: string): void {
    isRenewing = true;
    const done = (): void => {
      isRenewing = false;
    };
    ask(key).then(done, done);
  }

  return {
    look(key) {
      const ageMs = performance.now() - vouchedAtMs;
      const value = ageMs < VOUCHED_MS ? kept.get(key) : undefined;
      if (value === undefined) return ask(key);
      if (ageMs > RENEW_AFTER_MS && !isRenewing) renew(key);
      return value;
    },
    forget,
    close: () => connection.close(),
  };
}
