/**
 * Values that many readers share.
 *
 * @module
 */

/** Freezes plain objects, lists, maps and sets all the way down; bytes and URLs cannot be frozen. */
export function deeplyFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const entry of value.values()) deeplyFrozen(entry);
    return closedCollection(value);
  }
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return value;
  for (const entry of Object.values(value)) deeplyFrozen(entry);
  return Object.freeze(value);
}

/** Freezing alone leaves what a collection holds open to change. */
function closedCollection<T extends object>(collection: T): T {
  const refuse = (): never => {
    throw new TypeError('This is shared and cannot be changed');
  };
  for (const verb of ['set', 'add', 'delete', 'clear']) {
    Object.defineProperty(collection, verb, { value: refuse });
  }
  return Object.freeze(collection);
}
