/**
 * Notices that the parts stand in the wrong place of the app, and says what to change. Once.
 *
 * A wrong mount looks like a 404, or like an endpoint open to everybody: nothing in it points here.
 * Nothing is changed by looking, and no request is answered here.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

import type { Request, RequestHandler } from 'express';

import type { ResourceConfig } from '../../config/config.js';
import { createMissedRequests, MOUNT_PATH, type PartName, pathname } from './missed-requests.js';
import { createOpenEndpointWatch } from './open-endpoint.js';
import { isServed } from './presence.js';
import { hasRouteBefore } from './route-before.js';

/** A client fetches the metadata within this time after its challenge, in seconds. */
const METADATA_PATIENCE_SECONDS = 2;

export interface MountWatchDeps {
  /** What the app called to get this server: `auth0Mcp()`. */
  readonly madeBy: string;
  readonly config: Pick<
    ResourceConfig,
    'baseUrl' | 'basePath' | 'resource' | 'resourcePath' | 'anonymous' | 'logger'
  >;
  /** Where Auth0 sends browsers back, absolute; undefined where it does not. */
  readonly callbackPath: string | undefined;
  /** Absolute path → the part that answers there. */
  readonly endpoints: ReadonlyMap<string, PartName>;
  /** Absolute paths at which the MCP endpoint may rightly be met. */
  readonly guarded: ReadonlySet<string>;
  /** Whether no other server of this process shares the origin. */
  readonly isAlone: () => boolean;
  readonly resourceMetadataUrl: string;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Looks on while requests pass. */
export interface MountWatch {
  /** The part, watched. */
  part(name: PartName, part: RequestHandler): RequestHandler;
  /** Stands first in the bundle, which is what the app mounts. */
  bundle(bundle: () => RequestHandler): RequestHandler;
  /** A caller was sent to the metadata. */
  challenged(req: Request): void;
}

export function createMountWatch(deps: MountWatchDeps): MountWatch {
  const { config } = deps;
  const told = new Set<string>();
  const tell = (topic: string, request: string, message: string): void => {
    // Below a wrong path nothing is where it belongs: one explanation of that is enough.
    if (told.has(topic) || told.has(MOUNT_PATH)) return;
    told.add(topic);
    config.logger.warn({ request }, message);
  };
  const missed = createMissedRequests({ ...deps, ...config, tell });
  const watchEndpoint = createOpenEndpointWatch(deps);
  const documents = watchMetadata(deps, tell);
  return {
    part: (name, part) =>
      missed(name, watchEndpoint(name === 'metadata' ? documents.noteMount(part) : part)),
    bundle: (bundle) => watchBundle(bundle, deps, tell),
    challenged: documents.noteChallenge,
  };
}

type Tell = (topic: string, request: string, message: string) => void;

/** R-PR-5: the documents are at the root of the origin, wherever the rest is mounted. */
function watchMetadata(
  { config: { resource }, resourceMetadataUrl, now }: MountWatchDeps,
  tell: Tell,
): { noteMount(part: RequestHandler): RequestHandler; noteChallenge(req: Request): void } {
  const documentPath = new URL(resourceMetadataUrl).pathname;
  let isAtRoot = false;
  /** The first one: as it was written by whoever sent the request, so that there is no end of them. */
  let below: string | undefined;
  let firstChallengeAt: number | undefined;
  return {
    noteMount: (part) =>
      function noteMount(req, res, next) {
        if (req.baseUrl === '') isAtRoot = true;
        else below ??= req.baseUrl;
        part(req, res, next);
      },
    noteChallenge(req) {
      firstChallengeAt ??= now();
      const isEarly = now() - firstChallengeAt < METADATA_PATIENCE_SECONDS;
      // At the root, but behind what has answered so far: then the documents were never asked for.
      if (isEarly || isAtRoot || isServed(req.app, resource, documentPath)) return;
      const where = below === undefined ? 'nowhere' : `below ${below} only`;
      tell(
        'metadata',
        `${req.method} ${pathname(req.originalUrl)}`,
        `clients are sent to ${resourceMetadataUrl} and get a 404 there, because the metadata is mounted ${where}. Add app.use(auth.metadata) at the root of the app`,
      );
    },
  };
}

function watchBundle(
  bundle: () => RequestHandler,
  deps: MountWatchDeps,
  tell: Tell,
): RequestHandler {
  const { madeBy, config, guarded, resourceMetadataUrl } = deps;
  const { resource, resourcePath, logger } = config;
  const documentPath = new URL(resourceMetadataUrl).pathname;
  const passed = new WeakSet<IncomingMessage>();
  let isFirst = true;

  function watchFirst(req: Request): void {
    if (hasRouteBefore(req.app, bundle(), resourcePath)) {
      logger.error(
        { route: resourcePath },
        `the route ${resourcePath} comes before ${madeBy} in the app and is open to everybody. Move app.use(auth) in front of it`,
      );
    }
    const { app, baseUrl } = req;
    const place = baseUrl === '' ? pathname(req.url) : baseUrl;
    if (!guarded.has(place) || !isServed(app, resource) || isServed(app, resource, documentPath)) {
      return;
    }
    tell(
      MOUNT_PATH,
      `${req.method} ${pathname(req.originalUrl)}`,
      `auth is mounted at ${place} alone, so that clients get a 404 for ${resourceMetadataUrl} and for everything else that they need to log in. The remedy is to mount auth at the root of the app, with app.use(auth) before the route ${place}`,
    );
  }

  return function watchMount(req, _res, next) {
    if (isFirst) watchFirst(req);
    isFirst = false;
    if (passed.has(req)) {
      const request = `${req.method} ${pathname(req.originalUrl)}`;
      tell('twice', request, 'auth is mounted twice. Remove one app.use(auth)');
    }
    passed.add(req);
    next();
  };
}
