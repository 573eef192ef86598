/**
 * The answer to a method an endpoint does not have.
 *
 * Spec: RFC 9110 §15.5.6 (405 with `Allow`).
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { MethodNotAllowedError } from '../oauth/errors.js';

/** @param allowed for the `Allow` header, e.g. `GET, HEAD` */
export function methodNotAllowed(allowed: string): RequestHandler {
  return function refuseMethod(_req, res, next) {
    res.set('Allow', allowed);
    next(new MethodNotAllowedError(`The methods here are ${allowed}`));
  };
}

/**
 * HEAD on an endpoint whose GET does something (Express would run it): an empty answer that reads,
 * stores and uses up nothing.
 */
export const respondToHead: RequestHandler = function answerHead(_req, res) {
  res.status(200).end();
};
