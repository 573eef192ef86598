/**
 * Puts together what answers requests: documents, sessions, forms, surfaces, endpoints.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { CreateGuard } from '../bearer/guard.js';
import { CLIENT_ASSERTION_ALGORITHMS } from '../clients/client-assertion.js';
import type { Core } from '../core.js';
import type { AccountSessions } from '../grants/account-sessions.js';
import { createRefreshTokens } from '../grants/refresh-token.js';
import { createClientRequests } from '../http/client-requests.js';
import { cookieRules } from '../http/cookies.js';
import { jsonErrors } from '../http/json-errors.js';
import { createLoginFlows } from '../http/login-flows.js';
import { createLookFor, pageErrors } from '../http/pages.js';
import { createRateLimits, type RateLimits } from '../http/rate-limits.js';
import { createRefreshAttempts } from '../http/refresh-attempts.js';
import { baseHeaders, pageHeaders } from '../http/response-headers.js';
import { createUpstreamLogin } from '../http/upstream-login.js';
import { mac } from '../keys/key-ring.js';
import {
  authorizationServerMetadata,
  openidConfiguration,
  protectedResourceMetadata,
  type ServerCapabilities,
} from '../oauth/metadata.js';
import { contentSecurityPolicy } from '../pages/layout.js';
import { type Paths, pathsOf } from '../routes/paths.js';
import { createRoutes, type Documents, type Routes } from '../routes.js';
import { wireConnectedApps } from './connected-apps.js';
import { type LoginWiring, wireLogin } from './login.js';
import type { Mounts } from './mounts.js';

interface RoutesWiring extends LoginWiring {
  readonly accountSessions: AccountSessions;
  readonly jwks: unknown;
  readonly createGuard: CreateGuard;
  readonly limits: RateLimits;
  readonly mounts: Mounts;
  readonly correlate: RequestHandler;
}

export function wireRoutes(deps: RoutesWiring): { routes: Routes; close(): void } {
  const { config, clients, grants, auth0, emit, limits, logError, now } = deps;
  const { issuer, resource, isHttps, brand } = config;
  const paths = pathsOf(config);
  const lookFor = createLookFor(brand, config.catalogue);
  const cookies = cookieRules(isHttps, deps.collections.namespace);
  const flows = createLoginFlows(cookies, now);
  const depart = createUpstreamLogin({ auth0, flows, limits, emit });
  const { endpoints, signingIn } = wireConnectedApps({
    ground: deps,
    paths: paths.connectedApps,
    accountSessions: deps.accountSessions,
    grants,
    cookies,
    flows,
    depart,
    lookFor,
  });
  const { isAllowedRedirectUri } = clients;
  const refreshTokens = createRefreshTokens(deps.signingKeys.derive('refresh-token'), issuer);
  const openRequest = createClientRequests({
    authenticateClient: clients.authenticate,
    refreshTokens,
    limits,
  });
  const attemptRefresh = createRefreshAttempts(limits, refreshTokens);
  const routes = createRoutes({
    paths,
    documents: documentsOf(deps, paths),
    registration: config.clientRegistration
      ? { registered: clients.registered, isAllowedRedirectUri, emit, now }
      : undefined,
    ...wireLogin(deps, { cookies, flows, depart, limits, lookFor, signingIn }),
    token: {
      resource,
      openRequest,
      attemptRefresh,
      grants,
      requireCommonMethod: clients.directory.requireCommonMethod,
    },
    revocation: { openRequest, grants },
    backchannelLogout: { auth0, grants },
    ...endpoints,
    limits,
    createGuard: deps.createGuard,
    mounts: deps.mounts,
    correlate: deps.correlate,
    baseHeaders: baseHeaders(config),
    pageHeaders: pageHeaders(() => contentSecurityPolicy(brand)),
    jsonErrors: jsonErrors(logError, issuer),
    pageErrors: pageErrors(logError, lookFor),
    accountErrors: pageErrors(logError, lookFor, signingIn.connectedAppsErrors),
  });
  return { routes, close: limits.close };
}

/** Made before the guard, which counts as well. */
export function wireLimits({ config, storage, signingKeys, collections }: Core): RateLimits {
  const [key = new Uint8Array()] = signingKeys.derive('rate-limit');
  return createRateLimits({
    log: config.logger,
    store: (prefix) => storage.rateLimitStore?.(`${collections.namespace}:${prefix}`),
    hash: (name) => mac(key, name).toString('base64url'),
  });
}

function documentsOf({ config, jwks }: RoutesWiring, paths: Paths): Documents {
  const { origin } = new URL(config.baseUrl);
  const server: ServerCapabilities = {
    issuer: config.issuer,
    resource: config.resource,
    endpoints: {
      authorization: origin + paths.authorization,
      token: origin + paths.token,
      revocation: origin + paths.revocation,
      registration: config.clientRegistration ? origin + paths.registration : undefined,
      jwks: origin + paths.jwks,
    },
    scopes: config.scopes.supported,
    hasMetadataDocuments: config.clientIdMetadataDocuments,
    assertionAlgorithms:
      config.clientIdMetadataDocuments || config.clientRegistration
        ? CLIENT_ASSERTION_ALGORITHMS
        : undefined,
  };
  const { initial } = config.scopes;
  return {
    protectedResource: protectedResourceMetadata(server, initial.length > 0 ? initial : ['openid']),
    authorizationServer: authorizationServerMetadata(server),
    openidConfiguration: openidConfiguration(server),
    jwks,
  };
}
