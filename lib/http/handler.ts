/**
 * Async handlers: a rejection goes to `next`, on Express 4 as on Express 5.
 *
 * @module
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** An endpoint's own work: answers, or throws. */
export type AsyncHandler = (req: Request, res: Response, next: NextFunction) => Promise<void>;

/** Express 4 does not look at what a handler returns. */
export function handler(work: AsyncHandler): RequestHandler {
  return function runHandler(req, res, next) {
    work(req, res, next).catch(next);
  };
}
