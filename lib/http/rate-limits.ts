/**
 * Rate limits on what works for callers without a token: registration, logins, tokens, open calls.
 *
 * Generous on purpose: hosted clients serve all their users from a few addresses, and a limit that
 * stops them logs everyone out. They stop floods, not people.
 *
 * Whoever is logged in has a budget of their own, which nobody else can use up: a call with a refresh
 * token of ours counts for its grant and not for an address, and the guard counts nothing at all.
 *
 * @module
 */
import type { Request, RequestHandler } from 'express';
import type { RateLimitRequestHandler, Store } from 'express-rate-limit';

import type { Logger } from '../config/logger.js';
import { noteCaller } from '../config/request-context.js';
import { TooManyRequestsError } from '../oauth/errors.js';
import { type AddressOf, createAddressOf, IPV6_SITE } from './caller-address.js';
import { expressRateLimit } from './express-rate-limit.js';
import { createSteadyCounters } from './steady-counters.js';

const MINUTE_MS = 60_000;

/** Of a hashed address: enough to tell the callers of one grant apart. */
const CALLER_CHARACTERS = 12;

/** So many calls in a window. */
interface Limit {
  readonly limit: number;
  readonly windowMs: number;
}

type LimitName =
  | 'registration'
  | 'login'
  | 'token'
  | 'grant'
  | 'secret'
  | 'refresh_token'
  | 'assertionsOfGrant'
  | 'assertionsOfHost'
  | 'assertions'
  | 'anonymous'
  | 'visitor'
  | 'site'
  | 'everybody';

/** What is counted together: so many in a window. */
const LIMITS: Readonly<Record<LimitName, Limit>> = {
  /** Registrations of one address. They cost no storage, and hosted clients repeat them (CLI-22). */
  registration: { limit: 600, windowMs: MINUTE_MS },
  /** Page views, answers and callbacks of one address: 80 logins a minute. */
  login: { limit: 240, windowMs: MINUTE_MS },
  /** Codes and everything unproven, of one address. */
  token: { limit: 1200, windowMs: MINUTE_MS },
  /** Calls with the refresh tokens of one grant: with a proof, without one, and by address before the proof is verified. */
  grant: { limit: 600, windowMs: MINUTE_MS },
  /** Wrong client secrets for one client from one address (R-TK-15). */
  secret: { limit: 30, windowMs: MINUTE_MS },
  /**
   * Refresh tokens that are refused, of one address; more than the logins of one address that can follow.
   * A genuine token counts for its grant there, so that clients behind one address share nothing.
   */
  refresh_token: { limit: 100, windowMs: MINUTE_MS },
  /**
   * Client assertions stored for one grant, for the clients of one host, and for all. Each is stored for eight
   * minutes at the most, so that this bounds the store.
   */
  assertionsOfGrant: { limit: 60, windowMs: MINUTE_MS },
  assertionsOfHost: { limit: 1200, windowMs: MINUTE_MS },
  assertions: { limit: 6000, windowMs: MINUTE_MS },
  /** Calls of one address to what is open without a token (`anonymous`). */
  anonymous: { limit: 1200, windowMs: MINUTE_MS },
  /** Logins begun from one address, so that a few addresses cannot use up what is for everybody. */
  visitor: { limit: 300, windowMs: 10 * MINUTE_MS },
  /** The same from 256 neighbouring homes, which somebody may have to themselves. */
  site: { limit: 900, windowMs: 10 * MINUTE_MS },
  /** Logins begun by everybody: bounds the store. Two windows may meet in one login's life. */
  everybody: { limit: 50_000, windowMs: 10 * MINUTE_MS },
};

/** The limits. Those that are handlers count by address. */
export interface RateLimits
  extends Readonly<Record<'registration' | 'login' | 'token', RequestHandler>> {
  readonly addressOf: AddressOf;
  /** Keyed hash of the caller's address. */
  callerOf(req: Request): string;
  /** Counts one under a key, or as many as there are. @throws TooManyRequestsError */
  count(name: LimitName, key: string, times?: number): Promise<void>;
  /** Counts a decision on a form, or a login that begins without one. @throws TooManyRequestsError */
  countLogin(req: Request): Promise<void>;
  /** Looks without counting. @throws TooManyRequestsError if the next one would be too many */
  check(name: LimitName, key: string): Promise<void>;
  /** Stops the counters' timers. */
  close(): void;
}

interface RateLimitsDeps {
  readonly log: Logger;
  /** Counters all instances share; without them each counts for itself. */
  readonly store: (prefix: string) => Store | undefined;
  /** Keeps addresses and ids out of the counters' store. */
  readonly hash: (key: string) => string;
}

export function createRateLimits({ log, store, hash }: RateLimitsDeps): RateLimits {
  const addressOf = createAddressOf(log);
  const steadily = createSteadyCounters();
  const made = new Map<LimitName, Limiter>();

  /** Made at first use: a server that has just started should not wait for it. */
  function limiterOf(name: LimitName): Limiter {
    const known = made.get(name);
    if (known !== undefined) return known;
    const limiter = makeLimiter(name);
    made.set(name, limiter);
    return limiter;
  }

  function makeLimiter(name: LimitName): Limiter {
    const { MemoryStore, rateLimit } = expressRateLimit();
    const counters = steadily(store(`limit:${name}:`), new MemoryStore());
    const handler = rateLimit({
      ...LIMITS[name],
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      identifier: name,
      keyGenerator: (req) => hash(addressOf(req)),
      // Its checks; the ones that matter are made in `caller-address.ts`.
      validate: false,
      // It has set `Retry-After` to the end of the window.
      handler: (_req, _res, next) => next(tooMany()),
      store: counters,
    });
    return { handler, counters };
  }

  function byAddress(name: LimitName): RequestHandler {
    return function limitByAddress(req, res, next) {
      // What is fetched for this request counts for the same caller.
      noteCaller(addressOf(req, IPV6_SITE));
      // In front of the request: a limiter of the host app keeps its `req.rateLimit`.
      const counted: Request = Object.create(req, {
        rateLimit: { value: undefined, writable: true },
      });
      void limiterOf(name).handler(counted, res, next);
    };
  }

  async function count(name: LimitName, key: string, times = 1): Promise<void> {
    const { limit, windowMs } = LIMITS[name];
    const hashed = hash(key);
    for (let time = 0; time < times; time += 1) {
      const { totalHits, resetTime } = await limiterOf(name).counters.increment(hashed);
      if (totalHits > limit) throw tooMany(secondsUntil(resetTime, windowMs));
    }
  }

  return {
    registration: byAddress('registration'),
    login: byAddress('login'),
    token: byAddress('token'),
    addressOf,
    callerOf: (req) => hash(addressOf(req)).slice(0, CALLER_CHARACTERS),
    count,
    async countLogin(req) {
      await count('visitor', addressOf(req));
      await count('site', addressOf(req, IPV6_SITE));
      await count('everybody', 'everybody');
    },
    async check(name, key) {
      const hits = await limiterOf(name).counters.get?.(hash(key));
      if (hits !== undefined && hits.totalHits >= LIMITS[name].limit) {
        throw tooMany(secondsUntil(hits.resetTime, LIMITS[name].windowMs));
      }
    },
    close() {
      for (const { counters } of made.values()) void counters.shutdown?.();
    },
  };
}

/** A limit as a handler, and its counters for what is counted by another key than the address. */
interface Limiter {
  readonly handler: RateLimitRequestHandler;
  readonly counters: Store;
}

function secondsUntil(end: Date | undefined, windowMs: number): number {
  return (end === undefined ? windowMs : end.getTime() - Date.now()) / 1000;
}

function tooMany(retryAfterSeconds?: number): TooManyRequestsError {
  return new TooManyRequestsError('Too many requests, try again later', { retryAfterSeconds });
}
