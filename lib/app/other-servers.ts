/** Servers of this process that share an origin: none serves the paths of another. */
import type { Application, RequestHandler } from 'express';

import type { Logger } from '../config/logger.js';
import { processWide } from '../process-wide.js';
import { hasHandler } from './express-stack.js';

/** A handler that an app can mount; a `guard` is one of `auth.bearer()`. */
export type HandlerKind = 'bundle' | 'guard' | PartName;

/** The parts that an app can mount one by one, besides the guard. */
export type PartName = 'metadata' | 'registration' | 'login' | 'tokens' | 'connectedApps';

/** One server, as the others see it. */
export interface Server {
  /** What the app called: `auth0Mcp()`. */
  readonly createdBy: 'auth0Mcp()' | 'auth0McpResource()';
  readonly baseUrl: string;
  readonly resource: string;
  readonly handlers: WeakMap<object, HandlerKind>;
  /** Guards `resource`, for others to run. */
  readonly guard: RequestHandler;
}

/** The other servers of this process on the origin of one, at present. */
export interface OtherServers {
  isEmpty(): boolean;
  hasResourceAt(path: string): boolean;
  /** The guard of the server whose resource the path is, if that server is mounted in the app. */
  guardAt(path: string, app: Application): RequestHandler | undefined;
  leave(): void;
}

/** All servers of this process. */
export const processServers: Set<Server> = processWide('servers', () => new Set());

/** Adds a server to the others. Warns where only the one that is mounted first would get requests. */
export function joinServers(servers: Set<Server>, own: Server, log: Logger): OtherServers {
  const others = (): readonly Server[] =>
    [...servers].filter((other) => other !== own && sharesOrigin(own, other));
  const ownerOf = (path: string): Server | undefined =>
    others().find(({ resource }) => {
      const { origin, pathname } = new URL(resource);
      return pathname === path && origin === new URL(own.resource).origin;
    });
  servers.add(own);
  warnOfDuplicates(others(), own, log);
  return {
    isEmpty: () => others().length === 0,
    hasResourceAt: (path) => ownerOf(path) !== undefined,
    guardAt(path, app) {
      const owner = ownerOf(path);
      return owner !== undefined && isMounted(owner, app) ? owner.guard : undefined;
    },
    leave: () => void servers.delete(own),
  };
}

function sharesOrigin(one: Server, other: Server): boolean {
  const [ours, theirs] = [one, other].map(({ baseUrl, resource }) => [
    new URL(baseUrl).origin,
    new URL(resource).origin,
  ]);
  return ours?.some((origin) => theirs?.includes(origin)) === true;
}

function warnOfDuplicates(others: readonly Server[], own: Server, log: Logger): void {
  const isDuplicate = (other: Server): boolean =>
    other.resource === own.resource ||
    (hasLogin(own) && hasLogin(other) && own.baseUrl === other.baseUrl);
  if (!others.some(isDuplicate)) return;
  const { createdBy, baseUrl, resource } = own;
  const [same, another] = hasLogin(own)
    ? ['baseUrl', 'a baseUrl']
    : ['MCP endpoint', 'an MCP endpoint'];
  log.warn(
    { baseUrl, resource },
    `${createdBy} is called twice with this ${same}, so that only the server mounted first gets requests. Give each one ${another} of its own, such as a path for each, or close() the one before`,
  );
}

function hasLogin({ createdBy }: Server): boolean {
  return createdBy === 'auth0Mcp()';
}

function isMounted({ handlers }: Server, app: Application): boolean {
  return hasHandler(app, (handler) => handlers.has(handler));
}
