/**
 * Whether an app answers a path before it comes to a middleware of ours.
 *
 * Read from the app's list of middleware: whatever looks otherwise means "not known", which is false.
 *
 * @module
 */
import type { Application, RequestHandler } from 'express';

import { field, layersOf, stackOf } from './layers.js';

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
  return stackOf(route).some((layer) => field(field(layer, 'handle'), GUARD));
}
