/**
 * Whether an app answers a path before it comes to a middleware of ours.
 *
 * Reads the list of middleware that Express 4 keeps as `app._router.stack` and Express 5 as
 * `app.router.stack`. Neither is documented, so whatever looks otherwise means "not known": false.
 *
 * @module
 */
import type { Application, RequestHandler } from 'express';

const GUARD = Symbol('guard');

/** Lets a route that has this handler count as guarded. */
export function markAsGuard(guard: RequestHandler): RequestHandler {
  return Object.defineProperty(guard, GUARD, { value: true });
}

/**
 * @param ours as it was given to `app.use`
 * @param path of the route, as it was written
 */
export function hasRouteBefore(app: Application, ours: RequestHandler, path: string): boolean {
  const layers = layersOf(app);
  const own = layers.findIndex((layer) => field(layer, 'handle') === ours);
  return layers.slice(0, Math.max(0, own)).some((layer) => {
    const route = field(layer, 'route');
    return [field(route, 'path')].flat().includes(path) && !isGuarded(route);
  });
}

function isGuarded(route: unknown): boolean {
  const stack = field(route, 'stack');
  return Array.isArray(stack) && stack.some((layer) => field(field(layer, 'handle'), GUARD));
}

/** The middleware of an app, in order. */
export function layersOf(app: Application): readonly unknown[] {
  // In Express 4 `router` is there to throw; `_router` is not there in Express 5.
  const stack = field(field(app, '_router') ?? field(app, 'router'), 'stack');
  return Array.isArray(stack) ? stack : [];
}

/** A member of whatever that is. */
export function field(of: unknown, name: string | symbol): unknown {
  return of === null || of === undefined ? undefined : Reflect.get(Object(of), name);
}
