/**
 * What exists once in a process, however often this package is loaded: an app may load its ES modules, and a library
 * of that app its CommonJS build.
 */

/** Changes with the shape of anything that is shared: versions with different shapes share nothing. */
const REGISTRY = Symbol.for('express-auth0-mcp, shape 1');

/** What `create` returned for the first caller with this name. */
export function processWide<T extends object>(name: string, create: () => T): T {
  const holder = globalThis as { [REGISTRY]?: Map<string, object> };
  const registry = holder[REGISTRY] ?? new Map<string, object>();
  holder[REGISTRY] = registry;
  const shared = registry.get(name) ?? create();
  registry.set(name, shared);
  return shared as T;
}

/**
 * Makes `instanceof` true for errors of the other builds as well, each of which has a class of its own.
 *
 * @param name of its instances, in every build
 */
export function shareInstances(errorClass: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
      // Not for a subclass, which inherits this method.
      return this === errorClass && value instanceof Error && value.name === name;
    },
  });
}
