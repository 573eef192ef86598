/**
 * The middleware of an app, read from Express's own list: `app._router.stack` in Express 4, `app.router.stack` in
 * Express 5. Neither is documented: whatever has another shape counts as an empty list.
 */
import type { Application } from 'express';

/** Routers within routers that are searched. */
const MAX_DEPTH = 8;

/**
 * Whether a handler is in the app, or in an app that it is mounted in; with a path, whether a request for that
 * path comes to the handler.
 */
export function hasHandler(
  app: Application,
  isWanted: (handler: unknown) => boolean,
  path?: string,
): boolean {
  const isAtRoot = path === undefined || /^\/*$/.test(app.path());
  if (isAtRoot && leadsTo(layersOf(app), isWanted, path, 0)) return true;
  const outer = field(app, 'parent');
  return typeof outer === 'function' && hasHandler(outer as Application, isWanted, path);
}

/** In the order in which requests pass. */
export function layersOf(app: Application): readonly unknown[] {
  // The getter `router` throws in Express 4; Express 5 has no `_router`.
  return stackOf(field(app, '_router') ?? field(app, 'router'));
}

/** Handlers of a route, or of the router of a layer. */
export function handlersOf(route: unknown): readonly unknown[] {
  return stackOf(route).map((layer) => field(layer, 'handle'));
}

/** A member of any value. */
export function field(of: unknown, name: string): unknown {
  return of === null || of === undefined ? undefined : Reflect.get(Object(of), name);
}

function leadsTo(
  layers: readonly unknown[],
  isWanted: (handler: unknown) => boolean,
  path: string | undefined,
  depth: number,
): boolean {
  if (depth > MAX_DEPTH) return false;
  return layers.some((layer) => {
    const rest = path === undefined ? undefined : pathBehind(layer, path);
    if (path !== undefined && rest === undefined) return false;
    const handle = field(layer, 'handle');
    if (isWanted(handle) || handlersOf(field(layer, 'route')).some(isWanted)) return true;
    return leadsTo(stackOf(handle), isWanted, rest, depth + 1);
  });
}

/** The rest of the path after a layer that matches it; undefined for a layer that does not. */
function pathBehind(layer: unknown, path: string): string | undefined {
  const match: unknown = field(layer, 'match');
  if (typeof match !== 'function') return undefined;
  // Express 4 and early versions of 5 set the matched part on the layer, later ones return it.
  const matched: unknown = match.call(layer, path);
  const part = matched && field(matched === true ? layer : matched, 'path');
  return typeof part === 'string' ? path.slice(part.length) || '/' : undefined;
}

function stackOf(router: unknown): readonly unknown[] {
  const stack = field(router, 'stack');
  return Array.isArray(stack) ? stack : [];
}
