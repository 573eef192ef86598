/**
 * Puts the rooms together for one configuration: keys and records, then clients, Auth0 and grants,
 * then what answers requests.
 *
 * @module
 */
import { createCallerCache } from '../bearer/caller-cache.js';
import { createVerification, observed } from '../bearer/verification.js';
import type { Config } from '../config/config.js';
import { type Core, createCore, type HostEnvironment } from '../core.js';
import type { Grants } from '../grants/grants.js';
import { createLoginTransactions } from '../grants/login-transactions.js';
import { createErrorLog } from '../http/error-log.js';
import type { Settle } from '../http/mounts/neighbours.js';
import type { ChallengeBase } from '../oauth/challenge.js';
import { endpointsOf, pathsOf } from '../routes/paths.js';
import type { Routes } from '../routes.js';
import { wireClients } from './clients.js';
import { wireAccessTokens, wireAuth0, wireGrants } from './grants.js';
import { challengeOf, correlating, wireGuard } from './guard.js';
import { type Mounts, wireMounts } from './mounts.js';
import type { ResourceWiring } from './protected-resource.js';
import { wireLimits, wireRoutes } from './routes.js';

/** Everything that works, ready to be mounted. */
export interface Wiring extends ResourceWiring {
  readonly config: Config;
  readonly routes: Routes;
  readonly grants: Grants;
  /** Scopes a client may ask for; guards made later add theirs. */
  readonly knownScopes: Set<string>;
}

/** Opens the storage; touches neither the network nor Auth0. */
export function wire(config: Config, host: HostEnvironment, settle?: Settle): Wiring {
  const ground = createCore(config, host);
  logStart(ground);
  const { storage, collections, now } = ground;
  const limits = wireLimits(ground);
  const clients = wireClients(ground, limits);
  const logins = createLoginTransactions(collections, now, config.auth0.timeoutMs);
  const auth0 = wireAuth0(ground, logins);
  const accessTokens = wireAccessTokens(ground);
  const knownScopes = new Set(
    [...config.scopes.supported, ...config.scopes.byTool.values()].flat(),
  );
  const callers = createCallerCache();
  const { grants, accountSessions } = wireGrants(ground, auth0, accessTokens, knownScopes, callers);
  const challenge = challengeOf(config);
  const mounts = mountsOf(ground, challenge, settle);
  const verifyBearer = observed(createVerification(accessTokens, grants, callers, challenge));
  const logError = createErrorLog(config.logger, ground.correlation.id);
  const createGuard = wireGuard({
    ...ground,
    verifyBearer,
    askedScopes: ({ scopes }) => scopes,
    challenge,
    watch: mounts.watch,
    limits,
    paths: pathsOf(config),
    logError,
  });
  const correlate = correlating(ground);
  const http = wireRoutes({
    ...ground,
    correlate,
    clients,
    auth0,
    logins,
    grants,
    accountSessions,
    jwks: accessTokens.jwks,
    knownScopes,
    createGuard,
    limits,
    mounts,
    logError,
  });
  return {
    config,
    routes: http.routes,
    mountWatch: mounts.watch,
    correlate,
    createGuard,
    verifyBearer,
    grants,
    knownScopes,
    async ready() {
      await Promise.all([auth0.ready(), storage.ready?.()]);
    },
    async close() {
      mounts.leave();
      http.close();
      await clients.close();
      await grants.close();
      await storage.close?.();
    },
  };
}

function mountsOf(
  { config, now }: Core,
  challenge: ChallengeBase,
  settle: Settle | undefined,
): Mounts {
  const paths = pathsOf(config);
  return wireMounts({
    config,
    madeBy: 'auth0Mcp()',
    paths: pathsOf(config),
    callbackPath: paths.callback,
    endpoints: endpointsOf(paths, config),
    now,
    settle,
    ...challenge,
  });
}

/** Once, for whoever sets it up: what to enter in the dashboard, and where the data is. */
export function logStart({ config, storage }: Core): void {
  const { auth0, issuer, resource, callbackUrl, consent, logger } = config;
  const where = storage.description ?? 'the storage given';
  const { backchannelLogout } = pathsOf(config);
  logger.info(
    {
      issuer,
      resource,
      auth0: auth0.expectedIssuer,
      audience: auth0.audience,
      callbackUrl,
      backchannelLogoutUrl: new URL(backchannelLogout, config.baseUrl).href,
      consent,
      storage: where,
    },
    'ready to start. At Auth0, Applications > your application > Settings: enter callbackUrl under Allowed Callback URLs and, where the tenant has it, backchannelLogoutUrl under Back-Channel Logout URI',
  );
  if (storage.warning !== undefined) logger.warn({ storage: where }, storage.warning);
}
