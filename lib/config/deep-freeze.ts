/** Freezes a JSON value with everything in it. Objects of other classes stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const entry of Object.values(value)) deepFreeze(entry);
  return Object.freeze(value);
}

/** A URL whose parts cannot be assigned: `Object.freeze` does not apply to what its setters change. */
export function frozenUrl(text: string): URL {
  const url = new URL(text);
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(URL.prototype))) {
    if (get === undefined) continue;
    Object.defineProperty(url, name, { get: () => Reflect.get(new URL(text), name) });
  }
  return Object.freeze(url);
}
