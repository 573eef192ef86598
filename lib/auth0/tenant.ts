/** The connection to an Auth0 tenant: HTTP, discovery, signing keys, and reports about problems with them. */
import { LRUCache } from 'lru-cache';

import type { Auth0Config, OutboundProxies, TenantConfig } from '../config/config.js';
import type { EventListener } from '../config/events.js';
import type { Logger } from '../config/logger.js';
import { Auth0ApiAccessError, Auth0Error } from './auth0.js';
import type { CachedDocument } from './cached-document.js';
import { type Auth0Metadata, createDiscovery } from './discovery.js';
import { type Auth0Http, createAuth0Http } from './http.js';
import { createSigningKeys, type SigningKeys } from './signing-keys.js';

/** What a tenant needs of {@link Core}. */
export interface TenantCore<C extends TenantConfig> {
  readonly config: {
    readonly auth0: C;
    readonly outboundProxies: OutboundProxies;
    readonly logger: Logger;
  };
  /** Unix seconds. */
  readonly now: () => number;
  readonly emit: EventListener;
}

export interface Tenant<C extends TenantConfig = Auth0Config> {
  readonly config: C;
  /** Unix seconds. */
  readonly now: () => number;
  readonly http: Auth0Http;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly keys: SigningKeys;
  readonly problems: Problems;
}

/** Fetches nothing before the first use: the server starts without Auth0. */
export function connectToTenant<C extends TenantConfig>(core: TenantCore<C>): Tenant<C> {
  const { config, now, emit } = core;
  const { auth0, logger, outboundProxies } = config;
  const http = createAuth0Http(auth0.timeoutMs, now, outboundProxies);
  const discovery = createDiscovery(auth0, http, now);
  const keys = createSigningKeys(discovery, http, now);
  const problems = createProblems(logger, emit, now);
  return { config: auth0, now, http, discovery, keys, problems };
}

/** Maximum number of logged problems to remember: their texts come from Auth0. */
const MAX_LOGGED = 100;

/** An outage is logged again after this long, in seconds. */
const OUTAGE_REPEAT_SECONDS = 60;

/** Reports outages and misconfiguration to the operator. */
export interface Problems {
  /** Runs an operation, and reports its error before throwing it. */
  watch<T>(operation: () => Promise<T>): Promise<T>;
  /** Logs, once, a setting that limits what logins can do. */
  advise(message: string, remedy: string): void;
}

function createProblems(log: Logger, emit: EventListener, now: () => number): Problems {
  const loggedAt = new LRUCache<string, number>({ max: MAX_LOGGED });
  /** All requests that meet the same failed attempt share its error. */
  const emitted = new WeakSet<Auth0Error>();

  function report(problem: Auth0Error): void {
    const { kind, message, remedy, retryAfterSeconds } = problem;
    if (kind !== 'unavailable' && kind !== 'misconfigured') return;
    if (!emitted.has(problem)) {
      emitted.add(problem);
      const type = kind === 'unavailable' ? 'auth0_unavailable' : 'configuration_problem';
      emit({ type, reason: message });
    }
    const last = loggedAt.get(message);
    const isDue =
      last === undefined ||
      (kind === 'unavailable' && Math.abs(now() - last) >= OUTAGE_REPEAT_SECONDS);
    if (!isDue) return;
    loggedAt.set(message, now());
    if (kind === 'misconfigured')
      log.error({ reason: message, remedy }, 'Auth0 is not set up correctly');
    else log.warn({ reason: message, remedy, retryAfterSeconds }, 'Auth0 is unavailable');
  }

  function advise(message: string, remedy: string): void {
    if (loggedAt.has(message)) return;
    loggedAt.set(message, now());
    log.warn({ remedy }, message);
  }

  return {
    async watch(operation) {
      try {
        return await operation();
      } catch (error) {
        if (error instanceof Auth0Error) report(error);
        if (error instanceof Auth0ApiAccessError) {
          const { message, remedy } = error;
          // The message ends in the remedy, which is a field of the log line.
          advise(message.slice(0, -remedy.length - 1), remedy);
        }
        throw error;
      }
    },
    advise,
  };
}
