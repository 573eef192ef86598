/**
 * Auth0 as the authorization server that clients talk to by themselves: its metadata to pass on, its
 * tokens to check.
 *
 * Spec: RFC 8414 §3, RFC 9068 §4.
 *
 * @module
 */
import type { TenantConfig } from '../config/config.js';
import type { Auth0Error } from './auth0.js';
import { createPresentedTokens, type PresentedTokens } from './presented-token.js';
import type { ProblemListener } from './problems.js';
import { connectToTenant, type TenantConnectionDeps } from './tenant-connection.js';

/** See {@link createAuthorizationServer}. */
export interface AuthorizationServer extends PresentedTokens {
  /** Metadata and keys are at hand; rejects with an Auth0Error that names the remedy. */
  ready(): Promise<void>;
  /** The tenant's metadata as it came, checked as far as we use it. @throws Auth0Error */
  metadata(): Promise<Readonly<Record<string, unknown>>>;
}

/** Nothing is fetched before the first use: starting up does not need Auth0. */
export function createAuthorizationServer(
  deps: TenantConnectionDeps & { readonly config: TenantConfig },
): AuthorizationServer {
  const { config, now, onProblem = () => {} } = deps;
  const connection = connectToTenant({ ...deps, onProblem: onceEach(onProblem) });
  const { discovery, keys, problems } = connection;
  return {
    ...createPresentedTokens({ config, keys, problems, now }),
    ready: () => problems.watch(keys.ready),
    metadata: async () => (await problems.watch(discovery.get)).document,
  };
}

/** All requests that meet the same failed attempt have one problem, not one each. */
function onceEach(listener: ProblemListener): ProblemListener {
  const known = new WeakSet<Auth0Error>();
  return function tellOnce(problem) {
    if (known.has(problem)) return;
    known.add(problem);
    listener(problem);
  };
}
