/**
 * What this process gives to each of its servers.
 *
 * @module
 */
import { createNeighbours } from '../http/mounts/neighbours.js';
import type { HostEnvironment } from './context.js';

/** All servers of this process, of either kind: those that share an origin have to share its root. */
const settle = createNeighbours();

/** The clock, and the other servers of the process. */
export function hostEnvironment(): HostEnvironment {
  return { now: unixTime, settle };
}

/** Seconds since 1970, as JWTs count. */
function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
