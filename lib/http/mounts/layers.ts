/**
 * The middleware of an app, as it was given to it.
 *
 * Express 4 keeps the list as `app._router.stack` and Express 5 as `app.router.stack`. Neither is
 * documented, so everything here is read without belief: what looks otherwise is an empty list.
 *
 * @module
 */
import type { Application } from 'express';

/** In the order in which requests pass. */
export function layersOf(app: Application): readonly unknown[] {
  // In Express 4 `router` is there to throw; `_router` is not there in Express 5.
  return stackOf(field(app, '_router') ?? field(app, 'router'));
}

/** The layers of a router or a route; none of anything else. */
export function stackOf(of: unknown): readonly unknown[] {
  const stack = field(of, 'stack');
  return Array.isArray(stack) ? stack : [];
}

/** A member of whatever that is. */
export function field(of: unknown, name: string | symbol): unknown {
  return of === null || of === undefined ? undefined : Reflect.get(Object(of), name);
}
