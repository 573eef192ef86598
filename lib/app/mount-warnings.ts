/**
 * Two mistakes in a mount that are logged, once each: an MCP endpoint without a guard before it, and metadata that no
 * client can reach. `express-auth0-mcp doctor` finds the others.
 */
import type { IncomingMessage } from 'node:http';

import type { Request, RequestHandler, Response } from 'express';

import { field, handlersOf, hasHandler, layersOf } from './layers.js';
import type { Neighbours } from './neighbours.js';
import { resourceMetadataUrlOf } from './paths.js';
import type { ResourceContext } from './resource-context.js';

/** A client fetches the metadata within this time after its challenge, in seconds. */
const METADATA_FETCH_SECONDS = 2;

export interface MountWarnings {
  /** Call with each request to the bundle: a route before it has no guard. */
  checkBundle(req: Request, bundle: RequestHandler): void;
  /** Call where a part is mounted apart from the guard: a caller without a token must get no 2xx. */
  watchOpenEndpoint(req: Request, res: Response): void;
  /** Call with each request to the metadata part. */
  noteMetadata(req: Request): void;
  /** Call with each request that is challenged: the challenge names the URL of the metadata. */
  checkMetadata(req: Request): void;
}

interface MountedHandlers {
  /** Handlers that serve the metadata. */
  readonly documents: WeakSet<object>;
  /** Guards of routes, from `auth.bearer()`. */
  readonly guards: WeakSet<object>;
}

export function createMountWarnings(
  { config, paths, now }: Pick<ResourceContext, 'config' | 'paths' | 'now'>,
  madeBy: string,
  neighbours: Neighbours,
  { documents, guards }: MountedHandlers,
): MountWarnings {
  const { logger, anonymous } = config;
  const { resource: path, bareResources } = paths;
  const documentUrl = resourceMetadataUrlOf(config);
  const isIn = (handlers: WeakSet<object>) => (handler: unknown) =>
    typeof handler === 'function' && handlers.has(handler);
  let isBundleChecked = false;
  const watched = new WeakSet<IncomingMessage>();
  let isOpenEndpointKnown = anonymous !== undefined;
  let isMetadataKnown = false;
  let isMetadataAtRoot = false;
  let firstChallengeAt: number | undefined;

  function isMcpEndpoint(requested: string): boolean {
    if (requested === path) return true;
    return bareResources.includes(requested) && !neighbours.hasResourceAt(requested);
  }

  function noteMetadata({ baseUrl }: Request): void {
    if (baseUrl === '') isMetadataAtRoot = true;
  }

  return {
    checkBundle(req, bundle) {
      noteMetadata(req);
      if (isBundleChecked) return;
      isBundleChecked = true;
      const layers = layersOf(req.app);
      const own = layers.findIndex((layer) => field(layer, 'handle') === bundle);
      const isOpenRoute = (layer: unknown): boolean => {
        const route = field(layer, 'route');
        const isAtPath = [field(route, 'path')].flat().includes(path);
        return isAtPath && !handlersOf(route).some(isIn(guards));
      };
      if (!layers.slice(0, Math.max(0, own)).some(isOpenRoute)) return;
      logger.error(
        { route: path },
        `the route ${path} comes before ${madeBy} in the app and needs no token. Move app.use(auth) before it`,
      );
    },

    watchOpenEndpoint(req, res) {
      if (isOpenEndpointKnown || req.method !== 'POST' || watched.has(req)) return;
      const requested = req.baseUrl + (req.url.split('?', 1)[0] ?? '');
      if (req.headers.authorization !== undefined || !isMcpEndpoint(requested)) return;
      watched.add(req);
      res.once('finish', () => {
        if (isOpenEndpointKnown || res.statusCode < 200 || res.statusCode > 299) return;
        isOpenEndpointKnown = true;
        logger.error(
          { request: `POST ${requested}` },
          `a caller without a token got a ${res.statusCode} response: no guard runs before the route ${requested}, which needs no token. Add auth.bearer() to the route, or mount the bundle before it: app.use(auth)`,
        );
      });
    },

    noteMetadata,

    checkMetadata(req) {
      if (isMetadataKnown) return;
      const isReached = hasHandler(req.app, isIn(documents), new URL(documentUrl).pathname);
      const isElsewhere = !isReached && hasHandler(req.app, isIn(documents));
      // Handlers that the app wraps in functions of its own are not found; requests that reach them are.
      isMetadataKnown = isReached || isElsewhere || isMetadataAtRoot;
      firstChallengeAt ??= now();
      if (!isMetadataKnown && now() - firstChallengeAt < METADATA_FETCH_SECONDS) return;
      if (isReached || (isMetadataAtRoot && !isElsewhere)) return;
      isMetadataKnown = true;
      logger.warn(
        { request: `${req.method} ${req.originalUrl.split('?', 1)[0]}` },
        `clients are sent to ${documentUrl} and get a 404 there, because the metadata is ${isElsewhere ? 'mounted at another path' : 'not mounted'}. Mount auth at the root of the app: app.use(auth). If the rest has to be below a path, add app.use(auth.metadata) at the root`,
      );
    },
  };
}
