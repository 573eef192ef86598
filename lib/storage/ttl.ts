/**
 * The one rule about lifetimes that every driver holds to.
 *
 * @module
 */

/**
 * Returns `ttlSeconds` if it is a whole number of seconds above 0. Zero means "for ever" in some
 * stores and "at once" in others, so that no driver lets it through.
 *
 * @throws RangeError for anything else: a mistake in the program, not a fault of the store
 */
export function checkedTtl(ttlSeconds: number): number {
  if (Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0) return ttlSeconds;
  throw new RangeError(`ttlSeconds is a whole number above 0, not ${ttlSeconds}`);
}
