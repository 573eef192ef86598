/**
 * The query of a request, read by us: what the host app's `query parser` makes of it does not matter.
 *
 * @module
 */
import type { Request } from 'express';

import { type Parameters, parseParameters } from '../oauth/parameters.js';

/** Every parameter of the URL the client asked for. */
export function queryOf(req: Request): Parameters {
  const start = req.originalUrl.indexOf('?');
  return parseParameters(start < 0 ? '' : req.originalUrl.slice(start + 1));
}
