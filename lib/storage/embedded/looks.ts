/**
 * Records as they were last looked at: for `Storage.look`, which may be a second behind.
 *
 * @module
 */
import { boundedMap } from '../bounded-map.js';
import { ownBytes } from '../own-bytes.js';
import { valueKey } from './record-table.js';

/** Records remembered: some 3 MB. */
const MAX_LOOKED = 2000;
/**
 * How long a look counts, in milliseconds, unless this process writes. What another process writes is
 * seen after that: a quarter of the second that `Storage.look` has.
 */
const LOOK_MS = 250;

/** A record as it was last looked at. */
interface Look {
  readonly key: Buffer;
  readonly bytes: Buffer;
  readonly atMs: number;
  /** So many writes had ended before it. */
  readonly writes: number;
}

interface LooksDeps {
  /** The record, and `before` itself where that is what it still is. */
  readonly read: (key: Buffer, before: Buffer | undefined) => Buffer | undefined;
  /** So many writes of this process have ended. @throws StorageUnavailable the store is closed */
  readonly writes: () => number;
  /** The time, in milliseconds from anywhere. */
  readonly nowMs: () => number;
}

/** @returns the verb of the store */
export function createLooks(deps: LooksDeps): (name: string) => Buffer | undefined {
  const looked = boundedMap<Look>(MAX_LOOKED);

  function lookAgain(name: string, before: Look | undefined): Buffer | undefined {
    const [atMs, writes] = [deps.nowMs(), deps.writes()];
    const key = before?.key ?? valueKey(name);
    const bytes = deps.read(key, before?.bytes);
    if (bytes === undefined) looked.delete(name);
    else looked.set(name, { key: before?.key ?? ownBytes(key), bytes, atMs, writes });
    return bytes;
  }

  return function look(name) {
    const before = looked.get(name);
    const isFresh = before?.writes === deps.writes() && deps.nowMs() - before.atMs < LOOK_MS;
    return isFresh ? before.bytes : lookAgain(name, before);
  };
}
