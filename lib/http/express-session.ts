/**
 * express-session, at its first use.
 *
 * @module
 */
import type session from 'express-session';

import { loadPackage } from '../load-package.js';

/** Loading it takes a tenth as long as loading Express, jose and passport together. */
export function expressSession(): typeof session {
  return loadPackage('express-session') as typeof session;
}
