/**
 * Puts the rooms together for a resource server whose authorization server is Auth0 itself: nothing is
 * stored, so there are no keys, no records and no logins.
 *
 * @module
 */
import {
  type AuthorizationServer,
  createAuthorizationServer,
} from '../auth0/authorization-server.js';
import { scopesOf } from '../auth0/granted-scopes.js';
import { emitProblem } from '../auth0/problems.js';
import { createAuth0Verification, observed } from '../bearer/verification.js';
import type { ResourceConfig } from '../config/config.js';
import { createResourceCore, type HostEnvironment, type ResourceCore } from '../core.js';
import { metadataDocumentEndpoint } from '../endpoints/metadata-document.js';
import { upstreamMetadataEndpoint } from '../endpoints/upstream-metadata.js';
import { createErrorLog } from '../http/error-log.js';
import { jsonErrors } from '../http/json-errors.js';
import type { Settle } from '../http/mounts/neighbours.js';
import { createRateLimits } from '../http/rate-limits.js';
import { baseHeaders } from '../http/response-headers.js';
import { protectedResourceMetadata } from '../oauth/metadata.js';
import { documentsOf, resourcePathsOf } from '../routes/paths.js';
import { createResourceRoutes, type PlacedDocument } from '../routes/resource.js';
import { challengeOf, correlating, wireGuard } from './guard.js';
import { wireMounts } from './mounts.js';
import type { ResourceWiring } from './protected-resource.js';

/** Touches neither the network nor Auth0. */
export function wireResource(
  config: ResourceConfig,
  host: HostEnvironment,
  settle?: Settle,
): ResourceWiring {
  const { now } = host;
  const ground = createResourceCore(config, host);
  announceResource(config);
  const server = wireAuthorizationServer(ground);
  const challenge = challengeOf(config);
  const paths = resourcePathsOf(config);
  const endpoints = documentsOf(paths);
  const madeBy = 'auth0McpResource()';
  const mounts = wireMounts({
    config,
    madeBy,
    paths,
    callbackPath: undefined,
    endpoints,
    now,
    settle,
    ...challenge,
  });
  const logError = createErrorLog(config.logger, ground.correlation.id);
  // Counted in this process only: so names need no hash.
  const limits = createRateLimits({
    log: config.logger,
    store: () => undefined,
    hash: (name) => name,
  });
  const verifyBearer = observed(createAuth0Verification(server));
  const createGuard = wireGuard({
    ...ground,
    verifyBearer,
    askedScopes: ({ claims }) => scopesOf(claims).filter((scope) => scope !== 'offline_access'),
    challenge,
    watch: mounts.watch,
    limits,
    paths,
    logError,
  });
  const correlate = correlating(ground);
  const documents: readonly PlacedDocument[] = [
    [paths.protectedResource, metadataDocumentEndpoint(resourceMetadata(config))],
    [paths.authorizationServer, upstreamMetadataEndpoint(server)],
  ];
  const routes = createResourceRoutes({
    paths,
    documents,
    createGuard,
    mounts,
    correlate,
    baseHeaders: baseHeaders(config),
    jsonErrors: jsonErrors(logError, config.auth0.expectedIssuer),
  });
  return {
    config,
    routes,
    mountWatch: mounts.watch,
    correlate,
    createGuard,
    verifyBearer,
    ready: server.ready,
    async close() {
      mounts.leave();
      limits.close();
    },
  };
}

function wireAuthorizationServer({ config, emit, now }: ResourceCore): AuthorizationServer {
  return createAuthorizationServer({
    config: config.auth0,
    now,
    log: config.logger,
    onProblem: emitProblem(emit),
  });
}

/** RFC 8414 §3.3: the tenant's issuer to the byte, slash included, or clients refuse its metadata. */
function resourceMetadata({ auth0, resource, scopes }: ResourceConfig): unknown {
  return protectedResourceMetadata({ issuer: auth0.expectedIssuer, resource }, scopes.initial);
}

/** Once, for whoever sets it up: what to enter in the dashboard. */
function announceResource({ auth0, resource, scopes, logger }: ResourceConfig): void {
  logger.info(
    { resource, audience: auth0.audience, auth0: auth0.expectedIssuer, scopes: scopes.initial },
    'ready to start. At Auth0, Applications > APIs: an API whose Identifier is audience, Signing Algorithm RS256, and scopes under Permissions; its Settings > Default Permissions for Third Party Apps let clients in. Settings > Advanced: Resource Parameter Compatibility Profile on',
  );
}
