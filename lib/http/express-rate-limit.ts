/**
 * express-rate-limit, at its first use.
 *
 * @module
 */
import { loadPackage } from '../load-package.js';

/** Loading it takes a fifth as long as loading Express, jose and passport together. */
export function expressRateLimit(): typeof import('express-rate-limit') {
  return loadPackage('express-rate-limit') as typeof import('express-rate-limit');
}
