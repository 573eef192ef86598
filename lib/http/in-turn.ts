/**
 * Handlers one after the other, as one handler: what a route does with its list, without the route.
 *
 * @module
 */
import type { ErrorRequestHandler, RequestHandler } from 'express';

/**
 * @param onError answers what a handler throws or passes to `next`; left out: it goes on to the app
 */
export function inTurn(
  handlers: readonly RequestHandler[],
  onError?: ErrorRequestHandler,
): RequestHandler {
  return function takeTurns(req, res, next) {
    const fail = (error: unknown): void => {
      if (onError === undefined) {
        next(error);
        return;
      }
      try {
        void onError(error, req, res, next);
      } catch (failure) {
        // The host app's log can fail. Behind a promise nobody else would see it, and the process would end.
        next(failure);
      }
    };
    run(0);

    function run(turn: number): void {
      const handler = handlers[turn];
      if (handler === undefined) {
        next();
        return;
      }
      try {
        void handler(req, res, (error?: unknown) => {
          if (error === undefined || error === null) run(turn + 1);
          else fail(error);
        });
      } catch (error) {
        // Express would see it at the first turn, but not behind a promise of one.
        fail(error);
      }
    }
  };
}
