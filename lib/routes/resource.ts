/**
 * The URLs of a protected resource: its documents, and the guarded endpoint itself.
 *
 * Paths are absolute, so it does not matter where in the app the routers are mounted.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

import { type Request, type RequestHandler, Router } from 'express';

import type { CreateGuard } from '../bearer/guard.js';
import type { PartName } from '../http/mounts/missed-requests.js';
import type { MountWatch } from '../http/mounts/mount-watch.js';
import type { StrippedPrefixOf } from '../http/mounts/stripped-prefix.js';
import { notFound } from '../http/not-found.js';
import { routerAtOrigin } from '../http/router-at-origin.js';
import type { ShortCutDeps } from '../http/short-cut.js';
import type { DocumentPaths, ResourcePaths } from './paths.js';
import { createMachineSurface, type MachineSurfaceDeps } from './surfaces.js';

/** A document and where it is. */
export type PlacedDocument = readonly [DocumentPaths, readonly RequestHandler[]];

/** What a server knows about its place in the app. */
export interface MountedPlaces {
  readonly watch: Pick<MountWatch, 'part'>;
  readonly strippedPrefixOf: StrippedPrefixOf;
  readonly isAlone: () => boolean;
  /** Whether a path is the resource of another server. */
  readonly isClaimed: (path: string) => boolean;
  /** The guard of another server whose resource it is, if that server is in the app of the request. */
  readonly guardAt: (path: string, req: Request) => RequestHandler | undefined;
  readonly lendGuard: (guard: RequestHandler) => void;
  /** Notes a handler as part of this server. */
  readonly claim: <Handler extends RequestHandler>(handler: Handler) => Handler;
  /** Notes a handler as one that serves its documents. */
  readonly claimDocuments: <Handler extends RequestHandler>(handler: Handler) => Handler;
}

/** What the table puts together. */
export interface ResourceRoutesDeps extends MachineSurfaceDeps {
  readonly paths: Pick<ResourcePaths, 'absentDocuments' | 'resource' | 'bareResources'>;
  /** Everything below `/.well-known`. */
  readonly documents: readonly PlacedDocument[];
  readonly createGuard: CreateGuard;
  readonly mounts: MountedPlaces;
}

/** The parts, each mountable by itself. */
export interface ResourceRoutes {
  readonly metadata: RequestHandler;
  readonly guard: RequestHandler;
  /** What programs call often, by its path. */
  readonly shortCuts: Omit<ShortCutDeps, 'longWay'>;
}

export function createResourceRoutes(deps: ResourceRoutesDeps): ResourceRoutes {
  const { mounts, paths } = deps;
  const { guard, lent } = lendable(deps.createGuard());
  mounts.lendGuard(lent);
  return {
    metadata: mounts.claimDocuments(mountedPart('metadata', metadataRouter(deps), mounts)),
    guard: mountedPart('guard', guardRouter(deps, guard), mounts),
    shortCuts: {
      straight: new Map([[paths.resource, guard]]),
      strippedPrefixOf: mounts.strippedPrefixOf,
    },
  };
}

/** The guard, and one for neighbours to put in front of it: who has passed that is not asked twice. */
function lendable(guard: RequestHandler): Record<'guard' | 'lent', RequestHandler> {
  const passed = new WeakSet<IncomingMessage>();
  let isLent = false;
  return {
    guard(req, res, next) {
      if (isLent && passed.has(req)) next();
      else guard(req, res, next);
    },
    lent(req, res, next) {
      isLent = true;
      guard(req, res, (error?: unknown) => {
        if (error === undefined) passed.add(req);
        next(error);
      });
    },
  };
}

/** A part of the server: found wherever it is mounted, and watched. */
export function mountedPart(
  name: PartName,
  router: Router,
  { watch, strippedPrefixOf, claim }: MountedPlaces,
): RequestHandler {
  const isGuard = name === 'guard';
  return claim(watch.part(name, routerAtOrigin(router, strippedPrefixOf, { isGuard })));
}

function metadataRouter(deps: ResourceRoutesDeps): Router {
  const { documents, paths, mounts } = deps;
  const { machine } = createMachineSurface(deps);
  const metadata = Router({ caseSensitive: true });
  for (const [{ own, ifAlone }, endpoint] of documents) {
    const alone = Router({ caseSensitive: true });
    for (const path of own) machine(metadata, 'GET', path, endpoint);
    for (const path of ifAlone) machine(alone, 'GET', path, endpoint);
    metadata.use(onlyWhile(mounts.isAlone, alone));
  }
  for (const path of paths.absentDocuments) {
    const absent = Router({ caseSensitive: true });
    machine(absent, 'GET', path, [notFound]);
    metadata.use(onlyWhile(() => !mounts.isClaimed(path), absent));
  }
  return metadata;
}

/** The guard wherever the MCP endpoint may be met. */
function guardRouter(
  { paths, mounts, correlate }: ResourceRoutesDeps,
  guard: RequestHandler,
): Router {
  const router = Router();
  protect(paths.resource, guard);
  for (const path of paths.bareResources) {
    // A neighbour's tokens are for the neighbour to judge, in the app that it is in. In another one this
    // is our endpoint, behind a proxy that cuts our prefix off. Nowhere is it left without a guard.
    protect(path, (req, res, next) => (mounts.guardAt(path, req) ?? guard)(req, res, next));
  }
  return router;

  function protect(path: string, handler: RequestHandler): void {
    // Like `app.use`: every way of writing the path that Express would route, and all below it. An
    // endpoint at the root is guarded alone, or the host app's other pages would be closed too.
    if (path === '/') router.all('/', correlate, handler);
    else router.use(path, correlate, handler);
  }
}

/** Steps aside while the condition does not hold. */
function onlyWhile(condition: () => boolean, work: RequestHandler): RequestHandler {
  return function workWhile(req, res, next) {
    if (condition()) work(req, res, next);
    else next();
  };
}
