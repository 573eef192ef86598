/**
 * Mistakes in a mount that are logged, once each: an MCP endpoint without a guard before it, or at a path that has no
 * guard, and metadata that no client can reach. `express-auth0-mcp doctor` finds the others.
 */
import type { IncomingMessage } from 'node:http';

import type { Request, RequestHandler, Response } from 'express';

import { logInBackground } from '../config/logger.js';
import { field, handlersOf, hasHandler, layersOf } from './express-stack.js';
import type { HandlerKind, OtherServers, PartName, Server } from './other-servers.js';
import { resourceMetadataUrlOf } from './paths.js';
import type { ResourceContext } from './resource-context.js';

/** A client fetches the metadata within this time after its challenge, in seconds. */
const METADATA_FETCH_SECONDS = 2;

const GUARD_REMEDY = 'Add auth.bearer() to the route, or mount the bundle before it: app.use(auth)';

const PATH_REMEDY =
  'set resourcePath (environment: AUTH0_MCP_RESOURCE_PATH), or add auth.bearer() to the route';

interface MountWarnings {
  /** The bundle got a request: a route before it has no guard. */
  onBundle(req: Request, bundle: RequestHandler): void;
  /** The bundle leaves a request to the app: it may be for an MCP endpoint that `resourcePath` does not name. */
  onRest(req: Request, res: Response): void;
  /** A part got a request, apart from the guard: a caller without a token must get no 2xx. */
  onPart(name: PartName, req: Request, res: Response): void;
  /** A guard sent a challenge, which names the URL of the metadata. */
  onChallenge(req: Request): void;
}

export function createMountWarnings(
  { config, paths, now }: Pick<ResourceContext, 'config' | 'paths' | 'now'>,
  { createdBy, handlers }: Server,
  others: OtherServers,
): MountWarnings {
  const { logger, anonymous } = config;
  const { resource: path, bareResources } = paths;
  const documentUrl = resourceMetadataUrlOf(config);
  const kindOf = (handler: object): HandlerKind | undefined => handlers.get(handler);
  const servesMetadata = (handler: object): boolean =>
    ['bundle', 'metadata'].includes(kindOf(handler) ?? '');
  const watched = new WeakSet<IncomingMessage>();
  let isBundleChecked = false;
  let isOpenEndpointLogged = false;
  let isMetadataChecked = false;
  let isMetadataAtRoot = false;
  let firstChallengeAt: number | undefined;

  function isMcpEndpoint(requested: string): boolean {
    if (requested === path) return true;
    return bareResources.includes(requested) && !others.hasResourceAt(requested);
  }

  function watchOpenEndpoint(req: Request, res: Response, remedy: string): void {
    const isAnonymous = req.method === 'POST' && req.headers.authorization === undefined;
    if (isOpenEndpointLogged || anonymous !== undefined || !isAnonymous || watched.has(req)) return;
    watched.add(req);
    const requested = requestedPath(req);
    res.once('finish', () => {
      if (isOpenEndpointLogged || res.statusCode < 200 || res.statusCode > 299) return;
      isOpenEndpointLogged = true;
      const message = `a caller without a token got a ${res.statusCode} response: no guard protects the route ${requested}. ${remedy}`;
      logInBackground(() => logger.error({ request: `POST ${requested}` }, message));
    });
  }

  return {
    onBundle(req, bundle) {
      if (req.baseUrl === '') isMetadataAtRoot = true;
      if (isBundleChecked) return;
      isBundleChecked = true;
      const layers = layersOf(req.app);
      const index = layers.findIndex((layer) => field(layer, 'handle') === bundle);
      const isOpenRoute = layers.slice(0, Math.max(0, index)).some((layer) => {
        const isAtPath = [field(field(layer, 'route'), 'path')].flat().includes(path);
        return isAtPath && !handlersOf(layer).some((handler) => kindOf(handler) === 'guard');
      });
      if (!isOpenRoute) return;
      logger.error(
        { route: path },
        `the route ${path} comes before ${createdBy} in the app, so that the guard does not protect it. Move app.use(auth) before it`,
      );
    },

    onRest(req, res) {
      if (!isMcpClient(req) || others.hasResourceAt(requestedPath(req))) return;
      watchOpenEndpoint(req, res, `The guard is at ${path}: ${PATH_REMEDY}`);
    },

    onPart(name, req, res) {
      if (name === 'metadata' && req.baseUrl === '') isMetadataAtRoot = true;
      if (isMcpEndpoint(requestedPath(req))) watchOpenEndpoint(req, res, GUARD_REMEDY);
    },

    onChallenge(req) {
      if (isMetadataChecked) return;
      firstChallengeAt ??= now();
      const isReached = hasHandler(req.app, servesMetadata, new URL(documentUrl).pathname);
      const isElsewhere = !isReached && hasHandler(req.app, servesMetadata);
      // Handlers that the app wraps in functions of its own are not found, but requests reach them.
      const isWrapped = isMetadataAtRoot && !isElsewhere;
      isMetadataChecked =
        isReached || isElsewhere || now() - firstChallengeAt >= METADATA_FETCH_SECONDS;
      if (isReached || isWrapped || !isMetadataChecked) return;
      logger.warn(
        { request: `${req.method} ${pathOf(req.originalUrl)}` },
        `clients are sent to ${documentUrl} and get a 404 there, because the metadata is ${isElsewhere ? 'mounted at another path' : 'not mounted'}. Mount auth at the root of the app: app.use(auth). If the rest has to be below a path, add app.use(auth.metadata) at the root`,
      );
    },
  };
}

/** Clients of Streamable HTTP have to accept both types, which other callers rarely do. */
function isMcpClient({ headers: { accept = '' } }: Request): boolean {
  return accept.includes('application/json') && accept.includes('text/event-stream');
}

function requestedPath(req: Request): string {
  return req.baseUrl + pathOf(req.url);
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
