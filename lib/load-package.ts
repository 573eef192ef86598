/**
 * Loads a package when it is first needed, and not when the app starts.
 *
 * For what most servers never need (an HTTP client for metadata documents, the stores they do not
 * use), and for what the first login can wait for.
 *
 * @module
 */
import { createRequire } from 'node:module';

/** At first use: in a bundle made of an app there may be no URL, which must not keep it from starting. */
const loader = once(() => createRequire(import.meta.url));

/**
 * @returns what `require()` gives; loaded once, however often it is asked for
 * @throws the loader's error where the package is not installed
 */
export function loadPackage(name: string): unknown {
  return loader()(name);
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
