/** What the process provides to each of its servers. */
import type { HostEnvironment } from '../core.js';
import { createNeighbours, type Settle } from '../http/mounts/neighbours.js';

/** All servers of this process, of either kind: servers on one origin share its root. */
export const processNeighbours: Settle = createNeighbours();

export function hostEnvironment(): HostEnvironment {
  return { now: unixTime };
}

/** Seconds since 1970, as in a JWT. */
function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
