/**
 * Puts together what answers requests: documents, sessions, forms, surfaces, endpoints.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import type { Auth0 } from '../auth0/auth0.js';
import { AUTH0_SCOPES } from '../auth0/authorization-request.js';
import type { CreateGuard } from '../bearer/guard.js';
import { CLIENT_ASSERTION_ALGORITHMS } from '../clients/client-assertion.js';
import type { Config } from '../config/config.js';
import type { CallbackDeps } from '../endpoints/callback.js';
import { APPROVAL_TTL_SECONDS, type Approvals, createApprovals } from '../grants/approvals.js';
import type { Grants } from '../grants/grants.js';
import { createRefreshTokens } from '../grants/refresh-token.js';
import { baseHeaders, pageHeaders } from '../http/answer-headers.js';
import { type BrowserSessions, createBrowserSessions } from '../http/browser-sessions.js';
import { createClientRequests } from '../http/client-requests.js';
import { createConsentForms } from '../http/consent-form.js';
import { cookieRules } from '../http/cookies.js';
import type { ErrorLog } from '../http/error-log.js';
import { jsonErrors } from '../http/json-errors.js';
import { createDeparture } from '../http/login-departure.js';
import { createLookFor, pageErrors } from '../http/pages.js';
import { createRateLimits, type RateLimits } from '../http/rate-limits.js';
import { RecordSessionStore, sessionSealer } from '../http/session-store.js';
import { mac } from '../keys/key-ring.js';
import { createSealer } from '../keys/seal.js';
import {
  authorizationServerMetadata,
  openidConfiguration,
  protectedResourceMetadata,
  type ServerCapabilities,
} from '../oauth/metadata.js';
import { contentSecurityPolicy } from '../pages/layout.js';
import { type Paths, pathsOf } from '../routes/paths.js';
import { createRoutes, type Documents, type Routes } from '../routes.js';
import { openCollection } from '../storage/collection.js';
import type { SessionRecord } from '../storage/records.js';
import type { Clients } from './clients.js';
import type { Ground } from './ground.js';
import type { Mounts } from './mounts.js';

/** Seconds a browser's session lives for a login alone: a little longer than that may take. */
const SESSION_TTL_SECONDS = 15 * 60;

interface RoutesWiring extends Ground {
  readonly clients: Clients;
  readonly auth0: Auth0;
  readonly grants: Grants;
  readonly jwks: unknown;
  readonly knownScopes: ReadonlySet<string>;
  readonly createGuard: CreateGuard;
  readonly limits: RateLimits;
  readonly mounts: Mounts;
  readonly logError: ErrorLog;
  readonly correlate: RequestHandler;
}

export function wireRoutes(deps: RoutesWiring): { routes: Routes; close(): void } {
  const { config, clients, grants, auth0, emit, limits, logError, now } = deps;
  const { issuer, resource, baseUrl, isHttps, brand } = config;
  const paths = pathsOf(config);
  const cookies = cookieRules(isHttps);
  const sessions = wireSessions(deps, cookies, limits);
  const approvals = createApprovals(deps.collections);
  const forms = createConsentForms({
    issuer,
    sealer: createSealer(deps.signingKeys.derive('consent-form')),
    cookies,
    origin: new URL(baseUrl).origin,
    now,
  });
  const depart = createDeparture({ auth0, emit });
  const lookFor = createLookFor(brand, config.catalogue);
  const { isAllowedRedirectUri } = clients;
  const openRequest = createClientRequests({
    authenticateClient: clients.authenticate,
    refreshTokens: createRefreshTokens(deps.signingKeys.derive('refresh-token'), issuer),
    limits,
  });
  const routes = createRoutes({
    paths,
    documents: documentsOf(deps, paths),
    registration: config.clientRegistration
      ? { registered: clients.registered, isAllowedRedirectUri, emit, now }
      : undefined,
    authorization: {
      config,
      clients: clients.directory,
      isAllowedRedirectUri,
      knownScopes: deps.knownScopes,
      auth0Scopes: AUTH0_SCOPES,
      approvals,
      sessions,
      forms,
      depart,
      lookFor,
      consentUrl: `${baseUrl}/consent`,
    },
    consent: { issuer, sessions, forms, depart, emit },
    callback: {
      issuer,
      auth0,
      grants,
      sessions,
      remember: rememberIn(approvals, config.consent),
      depart,
      logError,
      emit,
    },
    token: { resource, openRequest, grants },
    revocation: { openRequest, grants },
    backchannelLogout: { auth0, grants },
    limits,
    createGuard: deps.createGuard,
    mounts: deps.mounts,
    correlate: deps.correlate,
    baseHeaders: baseHeaders(config),
    pageHeaders: pageHeaders(contentSecurityPolicy(brand)),
    jsonErrors: jsonErrors(logError, issuer),
    pageErrors: pageErrors(logError, lookFor),
  });
  return { routes, close: limits.close };
}

function rememberIn(approvals: Approvals, consent: Config['consent']): CallbackDeps['remember'] {
  if (consent !== 'remember') return async () => {};
  return async function remember(session, request) {
    const { browser } = session;
    if (browser === undefined) return;
    await approvals.remember({ ...request, browser });
    await session.keep();
  };
}

/** Made before the guard, which counts as well. */
export function wireLimits({ config, storage, signingKeys, collections }: Ground): RateLimits {
  const [key = new Uint8Array()] = signingKeys.derive('rate-limit');
  return createRateLimits({
    log: config.logger,
    store: (prefix) => storage.rateLimitStore?.(`${collections.namespace}:${prefix}`),
    hash: (name) => mac(key, name).toString('base64url'),
  });
}

function wireSessions(
  { storage, signingKeys, collections, now }: RoutesWiring,
  cookies: ReturnType<typeof cookieRules>,
  limits: RateLimits,
): BrowserSessions {
  const ttlSeconds = SESSION_TTL_SECONDS;
  const sealer = sessionSealer(collections, createSealer(signingKeys.derive('session-seal')));
  const store =
    storage.sessionStore?.(sealer, `${collections.namespace}:session:`) ??
    new RecordSessionStore(openCollection<SessionRecord>(collections, 'session'), ttlSeconds);
  const secrets = signingKeys
    .derive('session-cookie')
    .map((key) => Buffer.from(key).toString('base64url'));
  return createBrowserSessions({
    cookies,
    secrets,
    store,
    ttlSeconds,
    keepSeconds: APPROVAL_TTL_SECONDS,
    now,
    async countLogin(req, browser) {
      if (browser !== undefined) await limits.count('browser', browser);
      await limits.count('visitor', limits.addressOf(req));
      await limits.count('everybody', 'everybody');
    },
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
    documentClients: config.clientIdMetadataDocuments
      ? { assertionAlgorithms: CLIENT_ASSERTION_ALGORITHMS }
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
