/**
 * Records as they were last opened or written, so that an unchanged one is not opened again.
 *
 * The store is asked every time; only when it answers with the very bytes seen before is the work
 * of opening them saved. A change anywhere is seen as soon as the store answers with it, since sealing
 * never gives the same bytes twice.
 *
 * @module
 */
import { boundedMap } from './bounded-map.js';

/** Records remembered per kind: some 10 MB of grants. */
const MAX_REMEMBERED = 2000;

/** Values by name, each valid for one sequence of bytes. */
export interface OpenedRecords<T> {
  find(name: string, bytes: Uint8Array): T | undefined;
  /** @param value frozen, since many readers will share it */
  remember(name: string, bytes: Uint8Array, value: T): T;
  forget(name: string): void;
}

export function createOpenedRecords<T>(): OpenedRecords<T> {
  const opened = boundedMap<{ bytes: Uint8Array; value: T }>(MAX_REMEMBERED);
  return {
    find(name, bytes) {
      const known = opened.get(name);
      if (known === undefined) return undefined;
      if (known.bytes !== bytes) {
        if (Buffer.compare(known.bytes, bytes) !== 0) return undefined;
        // A store that answers from memory has its own copy, and will answer with that again.
        known.bytes = bytes;
      }
      return known.value;
    },
    remember(name, bytes, value) {
      opened.set(name, { bytes, value });
      return value;
    },
    forget: (name) => opened.delete(name),
  };
}
