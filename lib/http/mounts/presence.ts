/**
 * Whether a server has a part in an app: given to `app.use`, in a router, or on a route.
 *
 * Read from the app's list of middleware: whatever looks otherwise means "not found", which has to be the
 * safe answer.
 *
 * @module
 */
import type { Application, RequestHandler } from 'express';

import { field, layersOf, pathBehind, stackOf } from './layers.js';

const SERVER = Symbol('server');
const DOCUMENTS = Symbol('documents');

/** Routers within routers that are looked through. */
const MAX_DEPTH = 8;

/** Lets a handler count as part of the server that guards `resource`. @returns the same */
export function markAsPartOf<Handler extends RequestHandler>(
  resource: string,
  handler: Handler,
): Handler {
  return Object.defineProperty(handler, SERVER, { value: resource });
}

/** Lets a handler count as one that serves the documents of the server that guards `resource`. */
export function markAsDocuments<Handler extends RequestHandler>(
  resource: string,
  handler: Handler,
): Handler {
  return Object.defineProperty(handler, DOCUMENTS, { value: resource });
}

/**
 * Whether a handler that serves the documents is to be found in the app or those that it is mounted in, at any
 * path, or where a request for the given one comes to it. Sub-apps are not looked into.
 */
export function isServed(app: Application, resource: string, path?: string): boolean {
  const outer = field(app, 'parent');
  const isWithin = path === undefined || /^\/*$/.test(app.path());
  if (isWithin && leadsToDocuments(layersOf(app), resource, path, 0)) return true;
  return isApp(outer) && isServed(outer, resource, path);
}

function leadsToDocuments(
  layers: readonly unknown[],
  resource: string,
  path: string | undefined,
  depth: number,
): boolean {
  if (depth > MAX_DEPTH) return false;
  return layers.some((layer) => {
    const rest = path === undefined ? undefined : pathBehind(layer, path);
    if (path !== undefined && rest === undefined) return false;
    const handle = field(layer, 'handle');
    const ofRoute = stackOf(field(layer, 'route')).map((inner) => field(inner, 'handle'));
    if ([handle, ...ofRoute].some((one) => field(one, DOCUMENTS) === resource)) return true;
    return leadsToDocuments(stackOf(handle), resource, rest, depth + 1);
  });
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
