/** The context of a server that only checks tokens: Auth0 is the authorization server, nothing is stored. */
import { scopesOf } from '../auth0/access-token.js';
import { type AuthorizationServer, createAuthorizationServer } from '../auth0/create-auth0.js';
import type { AccessToken } from '../bearer/caller.js';
import {
  createAuth0Verification,
  createTokenFor,
  type VerifyBearer,
} from '../bearer/verification.js';
import type { ResourceServerConfig } from '../config/config.js';
import { createResourceCore, type HostEnvironment, type ResourceCore } from '../core.js';
import { createErrorLog, type ErrorLog } from '../http/error-responses.js';
import { createRateLimits, type RateLimits } from '../http/rate-limits.js';
import { challengeOf, type ResourcePaths, resourcePathsOf } from './paths.js';

export interface ResourceContext extends ResourceCore {
  readonly paths: ResourcePaths;
  readonly logError: ErrorLog;
  readonly limits: RateLimits;
  readonly authorizationServer: AuthorizationServer;
  readonly verifyBearer: VerifyBearer;
  /** The scopes that the client requested at login: a challenge for more scopes repeats them. */
  readonly requestedScopes: (caller: AccessToken) => Promise<readonly string[]>;
  /** Called before the 403 is sent. */
  readonly onInsufficientScope: (caller: AccessToken) => Promise<void>;
  /** Resolves once the tenant's metadata and signing keys are fetched; rejects with what to repair. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Sends no request to Auth0 or anywhere else. */
export function createResourceContext(
  config: ResourceServerConfig,
  host: HostEnvironment,
): ResourceContext {
  const core = createResourceCore(config, host);
  logStart(config);
  const authorizationServer = createAuthorizationServer(core);
  // In-process counters: names need no hash.
  const limits = createRateLimits(config.logger, (name) => name);
  return {
    ...core,
    paths: resourcePathsOf(config),
    logError: createErrorLog(config.logger),
    limits,
    authorizationServer,
    verifyBearer: createAuth0Verification(
      authorizationServer,
      createTokenFor(authorizationServer, challengeOf(config), config.auth0.audience, core.now),
    ),
    requestedScopes: async ({ claims }) =>
      scopesOf(claims).filter((scope) => scope !== 'offline_access'),
    // Clients refresh at Auth0.
    onInsufficientScope: async () => {},
    ready: authorizationServer.ready,
    async close() {
      limits.close();
    },
  };
}

/** Logs what to enter in the Auth0 Dashboard. */
function logStart({ auth0, resource, scopes, logger }: ResourceServerConfig): void {
  logger.info(
    { resource, audience: auth0.audience, auth0: auth0.expectedIssuer, scopes: scopes.initial },
    'configured. In the Auth0 Dashboard, Applications > APIs: an API whose Identifier is audience, Signing Algorithm RS256, and scopes under Permissions; its Settings > Default Permissions for Third Party Apps let clients in. Settings > Advanced: Resource Parameter Compatibility Profile on',
  );
}
