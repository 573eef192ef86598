/**
 * The answer where a client may look and nothing is.
 *
 * Spec: RFC 9110 §15.5.5; requirement R-MD-5.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { NotFoundError } from '../oauth/errors.js';

/** Answered here and not by the host app, whose page for everything else may have status 200. */
export const notFound: RequestHandler = function refuseAddress(_req, _res, next) {
  next(new NotFoundError('There is no such document'));
};
