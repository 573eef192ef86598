/**
 * Rate limits by express-rate-limit, in the counters that all instances share where the storage has them.
 *
 * The limits are high: hosted clients serve all their users from a few addresses. A user who is logged in has limits
 * of their own: requests with a refresh token count for the grant and not for the address; access tokens do not count.
 */
import type { Request, RequestHandler } from 'express';
import type { ClientRateLimitInfo, MemoryStore, Options, Store } from 'express-rate-limit';

import { type Logger, logInBackground } from '../config/logger.js';
import { noteCaller } from '../config/request-context.js';
import { withTimeLimit } from '../deadline.js';
import { TooManyRequestsError } from '../oauth/errors.js';
import { once } from '../once.js';
import { StorageUnavailableError } from '../storage/storage.js';
import { type AddressOf, createAddressOf, IPV6_SITE } from './caller-address.js';

const MINUTE_MS = 60_000;

/** Longest wait for a shared counter of `passOnStoreError`: two of them and a storage deadline are a second. */
const PASS_DEADLINE_MS = 125;

/** Longest wait for any other shared counter: a store that hangs is an outage too. */
const COUNTER_DEADLINE_MS = 1_000;

/** Of a hashed address: enough to distinguish the callers of one grant. */
const CALLER_CHARACTERS = 12;

interface Limit {
  readonly limit: number;
  readonly windowMs: number;
  /**
   * Whether requests pass uncounted while the store fails. Otherwise they fail with 503, which costs time, but no
   * login: the client tries again.
   */
  readonly passOnStoreError: boolean;
}

type LimitName =
  | 'login'
  | 'calls'
  | 'secrets'
  | 'applications'
  | 'refusedTokens'
  | 'records'
  | 'siteRecords'
  | 'allRecords';

const LIMITS: Readonly<Record<LimitName, Limit>> = {
  /** Pages, forms and callbacks of one address: 80 logins a minute. */
  login: { limit: 240, windowMs: MINUTE_MS, passOnStoreError: true },
  /**
   * Requests of one address without a token of this server, apart for registrations, token requests and anonymous
   * MCP requests; token requests of one grant.
   */
  calls: { limit: 1200, windowMs: MINUTE_MS, passOnStoreError: true },
  /** Wrong secrets for one client from one address. */
  secrets: { limit: 30, windowMs: MINUTE_MS, passOnStoreError: false },
  /** Requests to Auth0 for one of its applications, caused from one address: they count for the tenant's limits. */
  applications: { limit: 60, windowMs: MINUTE_MS, passOnStoreError: false },
  /** Rejected refresh tokens from one address, a genuine one apart for its grant. More than logins can follow. */
  refusedTokens: { limit: 100, windowMs: MINUTE_MS, passOnStoreError: false },
  /** Records that one address (by logins) or one grant (by client assertions) can add to the store. */
  records: { limit: 300, windowMs: 10 * MINUTE_MS, passOnStoreError: false },
  /** Records of all addresses in an IPv6 /48: 256 homes, or one customer who could use up what is for all. */
  siteRecords: { limit: 900, windowMs: 10 * MINUTE_MS, passOnStoreError: false },
  /** Records that all of them can add: bounds the store. Two windows can overlap the lifetime of one login. */
  allRecords: { limit: 50_000, windowMs: 10 * MINUTE_MS, passOnStoreError: false },
};

export interface RateLimits {
  /** Count by address: page views, registrations, and token requests that have no grant. */
  readonly login: RequestHandler;
  readonly registration: RequestHandler;
  readonly token: RequestHandler;
  readonly addressOf: AddressOf;
  /** Keyed hash of the caller's address. */
  callerOf(req: Request): string;
  /** @throws TooManyRequestsError */
  count(name: LimitName, key: string, times?: number): Promise<void>;
  /** Reads without counting. @throws TooManyRequestsError the next one would exceed the limit */
  check(name: LimitName, key: string): Promise<void>;
  /** Counts a login that is about to be stored, or a denial. @throws TooManyRequestsError */
  countLogin(req: Request): Promise<void>;
  /** Counts a client assertion that is about to be stored. @throws TooManyRequestsError */
  countAssertion(grantId: string): Promise<void>;
  /**
   * Counts an identity assertion that is about to be stored. Each issuer has a limit of its own, so that one of them
   * cannot use up what other issuers and clients need. @throws TooManyRequestsError
   */
  countIdentityAssertion(issuer: string, subject: string): Promise<void>;
  /** Loads what the first request would load. */
  ready(): Promise<void>;
  /** Stops the timers of the counters in this process. */
  close(): void;
}

/**
 * @param hash keeps addresses and ids out of the store
 * @param sharedStore counters of all instances. Default: counters in this process
 */
export function createRateLimits(
  log: Logger,
  hash: (key: string) => string,
  sharedStore: (prefix: string) => Store | Promise<Store> | undefined = () => undefined,
): RateLimits {
  const addressOf = createAddressOf(log);
  const stores = new Map<LimitName, () => Promise<Store>>();
  const ownStores: MemoryStore[] = [];

  async function createOwnStore(): Promise<Store> {
    const { MemoryStore } = await import('express-rate-limit');
    const store = new MemoryStore();
    ownStores.push(store);
    return store;
  }

  /** Created at first use: loading express-rate-limit would delay the start. */
  function storeOf(name: LimitName): Promise<Store> {
    const store = stores.get(name) ?? once(() => createStore(name));
    stores.set(name, store);
    return store();
  }

  async function createStore(name: LimitName): Promise<Store> {
    const shared = await sharedStore(`limit:${name}:`);
    const store = shared ? withDeadline(shared, LIMITS[name]) : await createOwnStore();
    // A store that cannot be initialized fails when it counts.
    initialize(store, LIMITS[name]).catch((error: unknown) =>
      logInBackground(() => reportUncounted(error)),
    );
    return store;
  }

  function reportUncounted(error: unknown): void {
    log.warn({ cause: String(error) }, 'a request was not counted for its rate limit');
  }

  function byAddress(name: LimitName, purpose: string): RequestHandler {
    const limiter = once(async (): Promise<RequestHandler> => {
      const { rateLimit } = await import('express-rate-limit');
      return rateLimit({
        ...LIMITS[name],
        store: await storeOf(name),
        logger: { error: reportUncounted, warn: reportUncounted },
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        identifier: purpose,
        keyGenerator: (req) => hash(`${purpose} ${addressOf(req)}`),
        // Its checks of the set-up: `caller-address.ts` makes the ones that matter.
        validate: false,
        handler: (_req, _res, next) => next(tooMany()),
      });
    });
    return function limitByAddress(req, res, next) {
      // Fetches for this request count for the same caller.
      noteCaller(addressOf(req, IPV6_SITE));
      // On a copy of the request: a limiter of the app keeps its `req.rateLimit`.
      const copy: Request = Object.create(req, {
        rateLimit: { value: undefined, writable: true },
      });
      limiter().then((limit) => void limit(copy, res, next), next);
    };
  }

  async function hits(
    name: LimitName,
    read: (
      store: Store,
    ) => Promise<ClientRateLimitInfo | undefined> | ClientRateLimitInfo | undefined,
  ): Promise<ClientRateLimitInfo | undefined> {
    try {
      return await read(await storeOf(name));
    } catch (error) {
      if (!LIMITS[name].passOnStoreError) throw asUnavailable(error);
      reportUncounted(error);
      return undefined;
    }
  }

  async function count(name: LimitName, key: string, times = 1): Promise<void> {
    const hashed = hash(key);
    for (let time = 0; time < times; time += 1) {
      const info = await hits(name, (store) => store.increment(hashed));
      if (info !== undefined && info.totalHits > LIMITS[name].limit) throw exceeded(name, info);
    }
  }

  return {
    login: byAddress('login', 'login'),
    registration: byAddress('calls', 'registration'),
    token: byAddress('calls', 'token'),
    addressOf,
    callerOf: (req) => hash(addressOf(req)).slice(0, CALLER_CHARACTERS),
    count,
    async check(name, key) {
      const info = await hits(name, (store) => store.get?.(hash(key)));
      if (info !== undefined && info.totalHits >= LIMITS[name].limit) throw exceeded(name, info);
    },
    async countLogin(req) {
      const address = addressOf(req);
      const site = addressOf(req, IPV6_SITE);
      await count('records', `login ${address}`);
      if (site !== address) await count('siteRecords', `login ${site}`);
      await count('allRecords', 'login');
    },
    async countAssertion(grantId) {
      await count('records', `assertion ${grantId}`);
      await count('allRecords', 'assertion');
    },
    async countIdentityAssertion(issuer, subject) {
      await count('records', `identity assertion ${issuer} ${subject}`);
      await count('allRecords', `identity assertion ${issuer}`);
    },
    ready: async () => void (await import('express-rate-limit')),
    close() {
      // Shared ones end with the storage that they belong to.
      for (const store of ownStores) store.shutdown();
    },
  };
}

/** Synchronous unless the store is not. */
async function initialize(store: Store, limit: Limit): Promise<void> {
  await store.init?.(limit as Options);
}

function withDeadline(store: Store, { passOnStoreError }: Limit): Store {
  const deadlineMs = passOnStoreError ? PASS_DEADLINE_MS : COUNTER_DEADLINE_MS;
  const tooLate = (): Error => new Error(`no response within ${deadlineMs} ms`);
  return {
    init: (options) => store.init?.(options),
    get: (key) => withTimeLimit(deadlineMs, async () => store.get?.(key), tooLate),
    increment: (key) => withTimeLimit(deadlineMs, async () => store.increment(key), tooLate),
    decrement: (key) => store.decrement(key),
    resetKey: (key) => store.resetKey(key),
  };
}

function asUnavailable(cause: unknown): StorageUnavailableError {
  if (cause instanceof StorageUnavailableError) return cause;
  return new StorageUnavailableError('the counters of the rate limits failed', { cause });
}

function exceeded(name: LimitName, { resetTime }: ClientRateLimitInfo): TooManyRequestsError {
  return tooMany(resetTime ? resetTime.getTime() - Date.now() : LIMITS[name].windowMs);
}

/** @param waitMs left out where express-rate-limit has set `Retry-After` */
function tooMany(waitMs?: number): TooManyRequestsError {
  const retryAfterSeconds = waitMs === undefined ? undefined : waitMs / 1000;
  return new TooManyRequestsError('Too many requests, try again later', { retryAfterSeconds });
}
