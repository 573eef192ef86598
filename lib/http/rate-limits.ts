/**
 * Rate limits on everything that can be called without a token.
 *
 * Generous on purpose: hosted clients serve all their users from a few addresses, and a limit that
 * stops them logs everyone out. They stop floods, not people.
 *
 * @module
 */
import type { Request, RequestHandler } from 'express';
import {
  ipKeyGenerator,
  MemoryStore,
  type Options,
  rateLimit,
  type Store,
} from 'express-rate-limit';

import type { Logger } from '../config/logger.js';
import { TooManyRequests } from '../oauth/errors.js';

/** What is counted together, with the calls a minute that one address may make. */
const CALLS_PER_MINUTE = { registration: 120, login: 240, token: 1200 } as const;

const WINDOW_MS = 60_000;
/** One customer usually has a /56 (RFC 6177). */
const IPV6_SUBNET = 56;

/** A limiter per kind of call. */
export type RateLimits = Readonly<Record<keyof typeof CALLS_PER_MINUTE, RequestHandler>> & {
  /** Stops the counters' timers. */
  close(): void;
};

interface RateLimitsDeps {
  readonly log: Logger;
  /** Counters all instances share; undefined: each counts for itself. */
  readonly store: ((prefix: string) => Store) | undefined;
}

export function createRateLimits({ log, store }: RateLimitsDeps): RateLimits {
  const keyOf = createKeyOf(log);
  const stores: Store[] = [];
  function limiter(name: keyof typeof CALLS_PER_MINUTE): RequestHandler {
    const counters = store?.(`limit:${name}:`) ?? new MemoryStore();
    stores.push(counters);
    const options: Partial<Options> = {
      windowMs: WINDOW_MS,
      limit: CALLS_PER_MINUTE[name],
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: name,
      keyGenerator: keyOf,
      ipv6Subnet: IPV6_SUBNET,
      // Without the counters' store the endpoint itself says what is wrong, if it needs the store.
      passOnStoreError: true,
      // Its checks log to the console; the one that matters is made below, through our logger.
      validate: false,
      handler(_req, _res, next) {
        next(
          new TooManyRequests('Too many requests from this address', {
            retryAfterSeconds: WINDOW_MS / 1000,
          }),
        );
      },
      store: counters,
    };
    return rateLimit(options);
  }
  return {
    registration: limiter('registration'),
    login: limiter('login'),
    token: limiter('token'),
    close() {
      for (const one of stores) void one.shutdown?.();
    },
  };
}

/** The caller's address; says once if a proxy hides it, since then everyone shares one limit. */
function createKeyOf(log: Logger): (req: Request) => string {
  let isTold = false;
  return function keyOf(req) {
    if (!isTold && req.headers['x-forwarded-for'] !== undefined && !req.app.get('trust proxy')) {
      isTold = true;
      log.warn(
        { setting: 'trust proxy' },
        'requests come through a proxy but Express does not trust it, so that all callers share one rate limit: set app.set("trust proxy", …) to the number of proxies in front',
      );
    }
    return req.ip === undefined ? 'unknown' : ipKeyGenerator(req.ip, IPV6_SUBNET);
  };
}
