/**
 * Loads a package when it is first needed, and not when the app starts.
 *
 * For what most servers never need (an HTTP client for metadata documents, the stores they do not
 * use), and for what the first login can wait for.
 *
 * @module
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/**
 * @returns what `require()` gives; loaded once, however often it is asked for
 * @throws the loader's error where the package is not installed
 */
export function loadPackage(name: string): unknown {
  return load(name);
}
