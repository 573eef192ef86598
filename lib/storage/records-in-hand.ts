/**
 * Where the records came from that callers have in hand, so that changing one need not read it again.
 *
 * @module
 */

/** A record as it was found: under which name, as which bytes. */
export interface Found<T> {
  readonly id: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
}

export interface RecordsInHand<T> {
  /** Notes what is handed out. @returns the same */
  note(found: Found<T>): Found<T>;
  /** Undefined where `value` did not come from here, or belongs to another id. */
  originOf(value: T | undefined, id: string): Found<T> | undefined;
}

/** Forgets a record together with whoever had it in hand. */
export function createRecordsInHand<T>(): RecordsInHand<T> {
  const origins = new WeakMap<object, Found<T>>();
  return {
    note(found) {
      if (typeof found.value === 'object' && found.value !== null) origins.set(found.value, found);
      return found;
    },
    originOf(value, id) {
      const origin = typeof value === 'object' && value !== null ? origins.get(value) : undefined;
      return origin?.id === id ? origin : undefined;
    },
  };
}
