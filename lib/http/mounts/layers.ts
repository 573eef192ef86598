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

/** The rest of the path behind a layer that a request for it comes to; undefined where it does not. */
export function pathBehind(layer: unknown, path: string): string | undefined {
  const match: unknown = field(layer, 'match');
  if (typeof match !== 'function') return undefined;
  // Express 4 and early versions of 5 note the matched part on the layer, later ones return it.
  const matched: unknown = match.call(layer, path);
  const part = matched && field(matched === true ? layer : matched, 'path');
  return typeof part === 'string' ? path.slice(part.length) || '/' : undefined;
}

/** A member of whatever that is. */
export function field(of: unknown, name: string | symbol): unknown {
  return of === null || of === undefined ? undefined : Reflect.get(Object(of), name);
}
