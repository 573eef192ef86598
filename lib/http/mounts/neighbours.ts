/**
 * The servers of this process, so that several on one origin leave each other's paths alone.
 *
 * Documents at the origin's root, and paths without the mount's prefix, are courtesies that only a
 * server without neighbours can offer: beside another one they would speak for somebody else (RS-6).
 *
 * @module
 */
import type { RequestHandler } from 'express';

/** Where one server is. */
export interface Place {
  /** Public URL of the mount. */
  readonly baseUrl: string;
  /** The URL it guards. */
  readonly resource: string;
  /** Whether it has login endpoints below `baseUrl`. */
  readonly hasLogin: boolean;
}

/** Another server. */
export interface Neighbour extends Place {
  /** The guard of its `resource`, once it has one, for others to put in front of that path. */
  readonly guard: RequestHandler | undefined;
}

/** What one server sees of the others, and lets them use. */
export interface Neighbourhood {
  /** Others with which it shares an origin, as they are now. */
  others(): readonly Neighbour[];
  lendGuard(guard: RequestHandler): void;
  /** Gives the place up. */
  leave(): void;
}

/** Whether of two servers only the one mounted first would get requests. */
export function isInTheWay(one: Place, other: Place): boolean {
  const sharesLogin = one.hasLogin && other.hasLogin && one.baseUrl === other.baseUrl;
  return sharesLogin || one.resource === other.resource;
}

/** Takes a place among the servers of this process. */
export type Settle = (place: Place) => Neighbourhood;

export function createNeighbours(): Settle {
  const places = new Set<Neighbour>();
  return function settle(place) {
    const own: { -readonly [Key in keyof Neighbour]: Neighbour[Key] } = {
      ...place,
      guard: undefined,
    };
    const origins = originsOf(own);
    places.add(own);
    return {
      others: () =>
        [...places].filter(
          (other) => other !== own && originsOf(other).some((origin) => origins.includes(origin)),
        ),
      lendGuard(guard) {
        own.guard = guard;
      },
      leave: () => void places.delete(own),
    };
  };
}

function originsOf({ baseUrl, resource }: Place): readonly string[] {
  return [new URL(baseUrl).origin, new URL(resource).origin];
}
