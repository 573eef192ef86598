/**
 * Puts together what knows where in the app, and beside whom, this server stands.
 *
 * @module
 */
import type { ResourceConfig } from '../config/config.js';
import type { PartName } from '../http/mounts/missed-requests.js';
import { createMountWatch, type MountWatch } from '../http/mounts/mount-watch.js';
import {
  createNeighbours,
  isInTheWay,
  type Neighbour,
  type Place,
  type Settle,
} from '../http/mounts/neighbours.js';
import { isInApp, markAsDocuments, markAsPartOf } from '../http/mounts/presence.js';
import { createStrippedPrefix } from '../http/mounts/stripped-prefix.js';
import type { ResourcePaths } from '../routes/paths.js';
import type { MountedPlaces } from '../routes/resource.js';

/** The server's place. */
export interface Mounts extends MountedPlaces {
  readonly watch: MountWatch;
  leave(): void;
}

interface MountsDeps {
  readonly config: ResourceConfig;
  /** What the app called to get this server. */
  readonly madeBy: 'auth0Mcp()' | 'auth0McpResource()';
  readonly paths: ResourcePaths;
  /** Where Auth0 sends browsers back, absolute; undefined where it does not. */
  readonly callbackPath: string | undefined;
  /** Absolute path → the part that answers there. */
  readonly endpoints: ReadonlyMap<string, PartName>;
  /** Unix seconds. */
  readonly now: () => number;
  /** The servers of this process; left out: there are no others. */
  readonly settle: Settle | undefined;
  readonly resourceMetadataUrl: string;
}

export function wireMounts(deps: MountsDeps): Mounts {
  const { config, madeBy, paths, settle = createNeighbours() } = deps;
  const { baseUrl, resource, logger } = config;
  const place: Place = { baseUrl, resource, hasLogin: madeBy === 'auth0Mcp()' };
  const { others, lendGuard, leave } = settle(place);
  const neighbourAt = (path: string): Neighbour | undefined =>
    others().find(({ resource: theirs }) => {
      const { origin, pathname } = new URL(theirs);
      return pathname === path && origin === new URL(resource).origin;
    });
  if (others().some((other) => isInTheWay(place, other))) {
    const same = place.hasLogin ? 'baseUrl' : 'MCP endpoint';
    const another = place.hasLogin ? 'a baseUrl' : 'an MCP endpoint';
    logger.warn(
      { baseUrl, resource },
      `${madeBy} is called twice with this ${same}, so that only the server mounted first gets requests. Give each one ${another} of its own, such as a path for each, or close() the one before`,
    );
  }
  return {
    strippedPrefixOf: createStrippedPrefix(config),
    watch: createMountWatch({
      ...deps,
      guarded: new Set([paths.resource, ...paths.bareResources]),
      isAlone: () => others().length === 0,
    }),
    isAlone: () => others().length === 0,
    isClaimed: (path) => neighbourAt(path) !== undefined,
    guardAt(path, req) {
      const neighbour = neighbourAt(path);
      const isHere = neighbour !== undefined && isInApp(req.app, neighbour.resource);
      return isHere ? neighbour.guard : undefined;
    },
    claim: (handler) => markAsPartOf(resource, handler),
    claimDocuments: (handler) => markAsDocuments(resource, handler),
    lendGuard,
    leave,
  };
}
