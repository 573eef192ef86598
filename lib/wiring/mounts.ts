/**
 * Puts together what knows where in the app, and beside whom, this server stands.
 *
 * @module
 */
import type { Config } from '../config/config.js';
import { createMountWatch, type MountWatch } from '../http/mounts/mount-watch.js';
import { createNeighbours, type Settle } from '../http/mounts/neighbours.js';
import { createStrippedPrefix, type StrippedPrefixOf } from '../http/mounts/stripped-prefix.js';
import { endpointsOf, pathsOf } from '../routes/paths.js';

/** The server's place. */
export interface Mounts {
  readonly strippedPrefixOf: StrippedPrefixOf;
  readonly watch: MountWatch;
  /** Whether no other server of this process shares the origin. */
  readonly isAlone: () => boolean;
  /** Whether another server on the origin guards this path. */
  readonly isClaimed: (path: string) => boolean;
  leave(): void;
}

interface MountsDeps {
  readonly config: Config;
  /** Unix seconds. */
  readonly now: () => number;
  /** The servers of this process; left out: there are no others. */
  readonly settle: Settle | undefined;
  readonly resourceMetadataUrl: string;
}

export function wireMounts(deps: MountsDeps): Mounts {
  const { config, now, settle = createNeighbours(), resourceMetadataUrl } = deps;
  const { others, leave } = settle(config);
  if (others().some(({ baseUrl }) => baseUrl === config.baseUrl)) {
    config.logger.warn(
      { baseUrl: config.baseUrl },
      'auth0Mcp() is called twice with this baseUrl, so that only the server mounted first gets requests. Give each one a baseUrl of its own, such as a path for each, or close() the one before',
    );
  }
  const paths = pathsOf(config);
  return {
    strippedPrefixOf: createStrippedPrefix(config),
    watch: createMountWatch({
      config,
      endpoints: endpointsOf(paths, config),
      guarded: new Set([paths.resource, ...paths.bareResources]),
      resourceMetadataUrl,
      now,
    }),
    isAlone: () => others().length === 0,
    isClaimed: (path) => others().some(({ resource }) => new URL(resource).pathname === path),
    leave,
  };
}
