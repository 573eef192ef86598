/**
 * Puts together what answers requests: documents, sessions, forms, surfaces, endpoints.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import type { Auth0 } from './auth0/auth0.js';
import { AUTH0_SCOPES } from './auth0/authorization-request.js';
import type { CreateGuard } from './bearer/guard.js';
import { CLIENT_ASSERTION_ALGORITHMS } from './clients/client-assertion.js';
import { APPROVAL_TTL_SECONDS, createApprovals } from './grants/approvals.js';
import type { Grants } from './grants/grants.js';
import { baseHeaders, pageHeaders } from './http/answer-headers.js';
import { type BrowserSessions, createBrowserSessions } from './http/browser-sessions.js';
import { createConsentForms } from './http/consent-form.js';
import { cookieRules } from './http/cookies.js';
import type { ErrorLog } from './http/error-log.js';
import { jsonErrors } from './http/json-errors.js';
import { createDeparture } from './http/login-departure.js';
import { createLookFor, pageErrors } from './http/pages.js';
import { createRateLimits } from './http/rate-limits.js';
import { RecordSessionStore } from './http/session-store.js';
import { createSealer, type Sealer } from './keys/seal.js';
import {
  authorizationServerMetadata,
  openidConfiguration,
  protectedResourceMetadata,
  type ServerCapabilities,
} from './oauth/metadata.js';
import { contentSecurityPolicy } from './pages/layout.js';
import { type Paths, pathsOf } from './routes/paths.js';
import { createRoutes, type Documents, type Routes } from './routes.js';
import { type CollectionDeps, openCollection } from './storage/collection.js';
import type { SessionRecord } from './storage/records.js';
import type { SessionSealer } from './storage/storage.js';
import type { Clients } from './wire-clients.js';
import type { Mounts } from './wire-mounts.js';
import type { Ground } from './wiring.js';

/** Seconds a browser's session lives where approvals are not remembered: the length of a login. */
const SESSION_TTL_SECONDS = 60 * 60;

interface RoutesWiring extends Ground {
  readonly clients: Clients;
  readonly auth0: Auth0;
  readonly grants: Grants;
  readonly jwks: unknown;
  readonly knownScopes: ReadonlySet<string>;
  readonly createGuard: CreateGuard;
  readonly mounts: Mounts;
  readonly logError: ErrorLog;
  readonly correlate: RequestHandler;
}

export function wireRoutes(deps: RoutesWiring): { routes: Routes; close(): void } {
  const { config, clients, grants, auth0, emit, storage, logError, now } = deps;
  const { issuer, resource, baseUrl, isHttps, brand } = config;
  const paths = pathsOf(config);
  const cookies = cookieRules(isHttps);
  const sessions = wireSessions(deps, cookies);
  const approvals = createApprovals(deps.collections);
  const forms = createConsentForms({
    sealer: createSealer(deps.signingKeys.derive('consent-form')),
    cookies,
    origin: new URL(baseUrl).origin,
    now,
  });
  const depart = createDeparture({ auth0, emit });
  const lookFor = createLookFor(brand, config.catalogue);
  const limits = createRateLimits({
    log: config.logger,
    store: storage.rateLimitStore?.bind(storage),
  });
  const { isAllowedRedirectUri, authenticate: authenticateClient } = clients;
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
    consent: {
      issuer,
      remembers: config.consent === 'remember',
      approvals,
      sessions,
      forms,
      depart,
      emit,
    },
    callback: { issuer, auth0, grants, sessions, depart, logError, emit },
    token: { resource, authenticateClient, grants },
    revocation: { authenticateClient, grants },
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

function wireSessions(
  { config, storage, signingKeys, collections }: RoutesWiring,
  cookies: ReturnType<typeof cookieRules>,
): BrowserSessions {
  const ttlSeconds = config.consent === 'remember' ? APPROVAL_TTL_SECONDS : SESSION_TTL_SECONDS;
  const sealer = sessionSealer(collections, createSealer(signingKeys.derive('session-seal')));
  const store =
    storage.sessionStore?.(sealer, `${collections.namespace}:session:`) ??
    new RecordSessionStore(openCollection<SessionRecord>(collections, 'session'), ttlSeconds);
  const secrets = signingKeys
    .derive('session-cookie')
    .map((key) => Buffer.from(key).toString('base64url'));
  return createBrowserSessions({ cookies, secrets, store, ttlSeconds });
}

/** Seals what a driver's own session store keeps, each session for its own id. */
function sessionSealer(
  { onUnreadable }: Pick<CollectionDeps, 'onUnreadable'>,
  sealer: Sealer,
): SessionSealer {
  return {
    seal: (text, id) => sealer.seal(Buffer.from(text), `session ${id}`).toString('base64url'),
    open(sealed, id) {
      const opened = sealer.open(Buffer.from(sealed, 'base64url'), `session ${id}`);
      if (opened === undefined) onUnreadable('session');
      return opened?.toString();
    },
  };
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
  const { required } = config.scopes;
  return {
    protectedResource: protectedResourceMetadata(
      server,
      required.length > 0 ? required : ['openid'],
    ),
    authorizationServer: authorizationServerMetadata(server),
    openidConfiguration: openidConfiguration(server),
    jwks,
  };
}
