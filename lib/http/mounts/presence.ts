/**
 * Whether a server has a part in an app: given to `app.use`, in a router, or on a route.
 *
 * Read from the app's list of middleware: whatever looks otherwise means "not found", which has to be the
 * safe answer.
 *
 * @module
 */
import type { Application, RequestHandler } from 'express';

import { field, layersOf, stackOf } from './layers.js';

const SERVER = Symbol('server');

/** Routers within routers that are looked through. */
const MAX_DEPTH = 8;

/** Lets a handler count as part of the server that guards `resource`. @returns the same */
export function markAsPartOf<Handler extends RequestHandler>(
  resource: string,
  handler: Handler,
): Handler {
  return Object.defineProperty(handler, SERVER, { value: resource });
}

/** Where it was found: nothing is ever taken out of an app. */
const found = new WeakMap<Application, Set<string>>();

/** Whether the server that guards `resource` is in the app, or in one that the app is mounted in. */
export function isInApp(app: Application, resource: string): boolean {
  const known = found.get(app) ?? new Set();
  found.set(app, known);
  if (known.has(resource)) return true;
  const outer = field(app, 'parent');
  const isThere = hasPart(layersOf(app), resource, 0) || (isApp(outer) && isInApp(outer, resource));
  if (isThere) known.add(resource);
  return isThere;
}

function hasPart(layers: readonly unknown[], resource: string, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  return layers.some((layer) => {
    const handle = field(layer, 'handle');
    if (field(handle, SERVER) === resource) return true;
    return [handle, field(layer, 'route')].some((inner) =>
      hasPart(stackOf(inner), resource, depth + 1),
    );
  });
}

function isApp(parent: unknown): parent is Application {
  return typeof parent === 'function';
}
