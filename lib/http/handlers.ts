/** Express handlers that several routes use. */
import type { RequestHandler, Response } from 'express';

import { MethodNotAllowedError, NotFoundError } from '../oauth/errors.js';

/**
 * Sends `value` uncached (RFC 6749 §5.1): without the `ETag` of `res.json()`, and whatever the app's settings for
 * JSON are.
 */
export function sendJson(res: Response, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.statusCode = status;
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(text);
}

/** 404 for a document that does not exist here: the app's own page for unknown paths may have status 200. */
export const notFound: RequestHandler = function notFound(_req, _res, next) {
  next(new NotFoundError('There is no such document'));
};

/** 405 (RFC 9110 §15.5.6). @param allowed for the `Allow` header, e.g. `GET, HEAD` */
export function methodNotAllowed(allowed: string): RequestHandler {
  return function refuseMethod(_req, res, next) {
    res.set('Allow', allowed);
    next(new MethodNotAllowedError(`The allowed methods are ${allowed}`));
  };
}

/** HEAD of an endpoint whose GET has effects: an empty response. Express would run the GET. */
export const respondToHead: RequestHandler = function respondToHead(_req, res) {
  res.status(200).end();
};
