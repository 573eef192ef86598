/**
 * Requests for paths of ours that nobody answered, or that only the guard did, and what each of them
 * says about the mount.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

import type { Request, RequestHandler, Response } from 'express';

/** The parts that can be mounted one by one. */
export type PartName = 'metadata' | 'registration' | 'login' | 'tokens' | 'connectedApps' | 'guard';

/** What is said about a mount path that `baseUrl` lacks; said once, whichever request shows it. */
export const MOUNT_PATH = 'below';

export interface MissedRequestsDeps {
  readonly baseUrl: string;
  /** Path of `baseUrl`. */
  readonly basePath: string;
  /** Where Auth0 sends browsers back, absolute; undefined where it does not. */
  readonly callbackPath: string | undefined;
  /** Absolute path → the part that answers there. */
  readonly endpoints: ReadonlyMap<string, PartName>;
  /** Absolute paths at which the MCP endpoint may rightly be met. */
  readonly guarded: ReadonlySet<string>;
  /** Whether no other server of this process shares the origin. */
  readonly isAlone: () => boolean;
  /** Says a thing, if it has not been said yet. */
  readonly tell: (topic: string, request: string, message: string) => void;
}

/** One request on its way through the parts. */
interface Passage {
  readonly req: Request;
  /** Where the part is mounted that saw the request first. */
  readonly mountPath: string;
  readonly parts: Set<PartName>;
}

/**
 * Wraps a part; a 404 for a path of ours is explained in the log once it has been sent, and a 401 of the
 * guard where no client will find the way in.
 */
export function createMissedRequests(
  deps: MissedRequestsDeps,
): (name: PartName, part: RequestHandler) => RequestHandler {
  const { endpoints, basePath } = deps;
  /** The paths as they look when the mount's prefix is gone. */
  const tails = new Map(
    [...endpoints].map(([path, part]) => [withoutPrefix(path, basePath), part]),
  );
  /** Nobody misses the page of connected apps that was not asked for. */
  const isWatchedBy = (name: PartName, owner: PartName | undefined): boolean =>
    owner !== undefined && (owner !== 'connectedApps' || owner === name);
  const passages = new WeakMap<IncomingMessage, Passage>();
  /** Whether a request has arrived with the prefix of baseUrl. */
  let arrivesWhole = false;
  return function watched(name, part) {
    return function watchPart(req, res, next) {
      const { url, baseUrl: mountPath } = req;
      const path = pathname(url);
      if (name === 'guard') watchGuard(req, res, deps);
      if (`${pathname(req.originalUrl)}/`.startsWith(`${basePath}/`)) arrivesWhole = true;
      if (isWatchedBy(name, endpoints.get(mountPath + path) ?? tails.get(path))) {
        const passage = passages.get(req) ?? { req, mountPath, parts: new Set() };
        if (passage.parts.size === 0) {
          passages.set(req, passage);
          res.once('finish', () => {
            if (res.statusCode === 404) explain(passage, arrivesWhole, deps);
          });
        }
        passage.parts.add(name);
      }
      part(req, res, next);
    };
  };
}

/**
 * The guard refuses below any mount. Where only that is right, the client is sent to documents which
 * are not there: its login ends before a path of ours is missed.
 */
function watchGuard(req: Request, res: Response, deps: MissedRequestsDeps): void {
  const { url, baseUrl: mountPath, method } = req;
  const path = pathname(url);
  if (mountPath === '' || !deps.guarded.has(path) || deps.guarded.has(mountPath + path)) return;
  res.once('finish', () => {
    if (res.statusCode === 401)
      explainMountPath(`${method} ${mountPath}${path}`, 401, mountPath, deps);
  });
}

function explain(
  { req, mountPath, parts }: Passage,
  arrivesWhole: boolean,
  deps: MissedRequestsDeps,
): void {
  const { basePath, callbackPath, endpoints, tell } = deps;
  const path = pathname(req.originalUrl);
  const request = `${req.method} ${path}`;
  const part = endpoints.get(path);
  if (part !== undefined) {
    if (parts.has(part)) return;
    const sender =
      path === callbackPath ? 'Auth0 sends browsers back here' : 'the metadata sends clients here';
    tell(
      part,
      request,
      `answered 404: ${sender}, but auth.${part} is not mounted where the request passes. Add app.use(auth.${part})`,
    );
  } else if (mountPath === '') {
    if (!arrivesWhole) explainStrippedPrefix(path, request, deps);
  } else if (!basePath.endsWith(mountPath)) {
    explainMountPath(request, 404, mountPath, deps);
  }
}

/**
 * Only what nothing else explains: clients look for documents at the root of every origin, beside another
 * server the request may be for that one, and where requests arrive with the prefix nothing cuts it off.
 */
function explainStrippedPrefix(path: string, request: string, deps: MissedRequestsDeps): void {
  const { basePath, isAlone, tell } = deps;
  if (path.startsWith('/.well-known/') || !isAlone()) return;
  tell(
    'stripped',
    request,
    `answered 404: baseUrl has the path ${basePath}. If a proxy cuts that off, let it send "X-Forwarded-Prefix: ${basePath}" and set "trust proxy" in Express, or set the option strippedPrefix to '${basePath}'`,
  );
}

function explainMountPath(
  request: string,
  status: number,
  mountPath: string,
  { baseUrl, tell }: MissedRequestsDeps,
): void {
  tell(
    MOUNT_PATH,
    request,
    `answered ${status}: auth is mounted below ${mountPath}, which is not how baseUrl ends, ${baseUrl}, so that clients find no way to log in. The remedy is to mount auth at the root of the app, with app.use(auth). Where clients are to use URLs below ${mountPath}: Add it to baseUrl, and put app.use(auth.metadata) at the root of the app`,
  );
}

/** A URL without its query. */
export function pathname(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}
