/**
 * What every use of the tenant needs: calls to it, its metadata, its keys, and somebody to tell of
 * problems.
 *
 * @module
 */
import type { TenantConfig } from '../config/config.js';
import type { Logger } from '../config/logger.js';
import type { CachedDocument } from './cached-document.js';
import { type Auth0Metadata, createDiscovery } from './discovery.js';
import { type Auth0Http, createAuth0Http } from './http.js';
import { createProblems, type ProblemListener, type Problems } from './problems.js';
import { createSigningKeys, type SigningKeys } from './signing-keys.js';

/** What {@link connectToTenant} needs. */
export interface TenantConnectionDeps {
  readonly config: Pick<TenantConfig, 'discoveryUrl' | 'expectedIssuer' | 'timeoutMs'>;
  /** Unix seconds. */
  readonly now: () => number;
  readonly log: Logger;
  /** Hears of outages and set-up problems, each time they show. */
  readonly onProblem?: ProblemListener | undefined;
}

/** See {@link connectToTenant}. */
export interface TenantConnection {
  readonly http: Auth0Http;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly keys: SigningKeys;
  readonly problems: Problems;
}

/** Nothing is fetched before the first use: starting up does not need Auth0. */
export function connectToTenant(deps: TenantConnectionDeps): TenantConnection {
  const { config, now } = deps;
  const http = createAuth0Http({ timeoutMs: config.timeoutMs, now });
  const discovery = createDiscovery({ config, http, now });
  const keys = createSigningKeys({ discovery, http, now });
  return { http, discovery, keys, problems: createProblems(deps) };
}
