/**
 * Values that may be there at once.
 *
 * What is asked on every request is often in memory already; a promise for it would cost more than
 * the look itself.
 *
 * @module
 */

/** A value, or a promise where it has to be fetched. */
export type AtOnce<T> = T | Promise<T>;

/** Goes on with a value: at once where it is there, later where it is fetched. */
export function whenThere<T, R>(value: AtOnce<T>, next: (value: T) => AtOnce<R>): AtOnce<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
