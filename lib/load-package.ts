/** Loads a package at first use, not when the app starts: optional stores, and what the first login can wait for. */
import { createRequire } from 'node:module';

/** @throws the error of `require()` if the package is not installed */
export function loadPackage(name: string): unknown {
  // Not at module level: in a bundled app `import.meta.url` may be undefined.
  return createRequire(import.meta.url)(name);
}
