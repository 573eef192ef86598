/**
 * A step in front of a handler that is done at once: sets headers, or answers by itself.
 *
 * Several of them are one Express handler, since each handler of its own costs a request more than
 * most of these do.
 *
 * @module
 */
import type { Request, RequestHandler, Response } from 'express';

/** @returns whether the request goes on; if not, it has been answered */
export type Step = (req: Request, res: Response) => boolean;

/** The steps as one handler, up to the first that answers. */
export function inSteps(...steps: readonly Step[]): RequestHandler {
  return function takeSteps(req, res, next) {
    for (const step of steps) if (!step(req, res)) return;
    next();
  };
}
