/**
 * Records as they were last looked at: for `Storage.look`, which may be a second behind.
 *
 * @module
 */
import { boundedMap } from '../bounded-map.js';
import { valueKey } from './record-table.js';

/** Records remembered: some 5 MB. */
const MAX_LOOKED = 2000;
/**
 * How long a look counts, in milliseconds, unless this process writes. Another process may write, and
 * its word counts within a second.
 */
const LOOK_MS = 250;

/** A record as it was last looked at. */
interface Look {
  readonly key: Buffer;
  readonly bytes: Buffer;
  /** In milliseconds of `performance.now()`. */
  readonly atMs: number;
  /** How many changes there had been. */
  readonly changes: number;
}

interface LooksDeps {
  /** The record, and `before` itself where that is what it still is. */
  readonly read: (key: Buffer, before: Buffer | undefined) => Buffer | undefined;
  /** How often this process has changed something so far. */
  readonly changes: () => number;
}

/** @returns the verb of the store */
export function createLooks(deps: LooksDeps): (name: string) => Buffer | undefined {
  const looked = boundedMap<Look>(MAX_LOOKED);

  function lookAgain(name: string, before: Look | undefined): Buffer | undefined {
    const [atMs, changes] = [performance.now(), deps.changes()];
    const key = before?.key ?? valueKey(name);
    const bytes = deps.read(key, before?.bytes);
    if (bytes === undefined) looked.delete(name);
    else looked.set(name, { key, bytes, atMs, changes });
    return bytes;
  }

  return function look(name) {
    const before = looked.get(name);
    const isFresh = before?.changes === deps.changes() && performance.now() - before.atMs < LOOK_MS;
    return isFresh ? before.bytes : lookAgain(name, before);
  };
}
