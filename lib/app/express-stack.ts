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
  isWanted: (handler: object) => boolean,
  path?: string,
): boolean {
  const isAtRoot = path === undefined || /^\/*$/.test(app.path());
  if (isAtRoot && leadsTo(layersOf(app), isWanted, path, 0)) return true;
  const outer: unknown = field(app, 'parent');
  return isApp(outer) && hasHandler(outer, isWanted, path);
}

/** In the order in which requests pass. */
export function layersOf(app: Application): readonly unknown[] {
  // The getter `router` throws in Express 4; Express 5 has no `_router`.
  return stackOf(field(app, '_router') ?? field(app, 'router'));
}

/** The handler of a layer, or those of its route. */
export function handlersOf(layer: unknown): readonly object[] {
  const inRoute = stackOf(field(layer, 'route'));
  return [layer, ...inRoute].map((one) => field(one, 'handle')).filter(isFunction);
}

function isApp(value: unknown): value is Application {
  return typeof value === 'function';
}

function isFunction(value: unknown): value is object {
  return typeof value === 'function';
}

/** A member of any value. */
export function field(of: unknown, name: string): unknown {
  return of === null || of === undefined ? undefined : Reflect.get(Object(of), name);
}

function leadsTo(
  layers: readonly unknown[],
  isWanted: (handler: object) => boolean,
  path: string | undefined,
  depth: number,
): boolean {
  if (depth > MAX_DEPTH) return false;
  return layers.some((layer) => {
    const rest = path === undefined ? undefined : pathBehind(layer, path);
    if (path !== undefined && rest === undefined) return false;
    if (handlersOf(layer).some(isWanted)) return true;
    return leadsTo(stackOf(field(layer, 'handle')), isWanted, rest, depth + 1);
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
