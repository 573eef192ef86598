/** The context of one server that issues tokens: every service, built in one place. */
import type { Store as SessionStore } from 'express-session';

import type { Auth0 } from '../auth0/auth0.js';
import { AUTH0_SCOPES } from '../auth0/authorization-request.js';
import { createAuth0 } from '../auth0/create-auth0.js';
import type { AccessToken } from '../bearer/access-token.js';
import { createCallerCache } from '../bearer/caller-cache.js';
import { createVerification, observed, type VerifyBearer } from '../bearer/verification.js';
import { createClientAssertions, type StoreJti } from '../clients/client-assertion.js';
import {
  type AuthenticateClient,
  createClientAuthentication,
} from '../clients/client-authentication.js';
import { type ClientDirectory, createClientDirectory } from '../clients/client-directory.js';
import { createMetadataDocuments } from '../clients/metadata-documents/metadata-documents.js';
import { createRegisteredClients, type RegisteredClients } from '../clients/registered-clients.js';
import type { Config } from '../config/config.js';
import { type Core, createCore, type HostEnvironment } from '../core.js';
import {
  type AccessTokens,
  createAccessTokens,
  SIGNING_KEY_MATERIAL_BYTES,
} from '../grants/access-token.js';
import { type AccountSessions, createAccountSessions } from '../grants/account-sessions.js';
import { APPROVAL_TTL_SECONDS, type Approvals, createApprovals } from '../grants/approvals.js';
import { createBackchannelLogout, type LogOut } from '../grants/backchannel-logout.js';
import { createGrants, type Grants } from '../grants/grants.js';
import { createLoginTransactions, type Logins } from '../grants/login-transactions.js';
import { createRefreshTokens, type RefreshTokens } from '../grants/refresh-token.js';
import { type AccountForms, createAccountForms } from '../http/account-forms.js';
import { type AccountSignIns, createAccountSignIns } from '../http/account-sign-ins.js';
import { type BrowserSessions, createBrowserSessions } from '../http/browser-sessions.js';
import { createClientRequests, type OpenClientRequest } from '../http/client-requests.js';
import {
  type AskForConsent,
  type ConsentForm,
  createConsentPrompt,
} from '../http/consent-prompt.js';
import { type CookieRules, cookieRules } from '../http/cookies.js';
import { createErrorLog, type ErrorLog } from '../http/error-log.js';
import { createLoginFlows, type LoginFlows } from '../http/login-flows.js';
import { createLookFor, type ErrorPlace, type LookFor } from '../http/pages.js';
import { createRateLimits, type RateLimits } from '../http/rate-limits.js';
import { type AttemptRefresh, createRefreshAttempts } from '../http/refresh-attempts.js';
import { createSealedForms, type SealedForms } from '../http/sealed-form.js';
import { recordSessionStore, sessionSealer } from '../http/session-store.js';
import { createUpstreamLogin, type RedirectToAuth0 } from '../http/upstream-login.js';
import { type KeyLabel, mac } from '../keys/key-ring.js';
import { createSealer, type Sealer } from '../keys/seal.js';
import { isClientsOwnChoice } from '../oauth/redirect-uri.js';
import { matchesRedirectUriPattern } from '../oauth/redirect-uri-pattern.js';
import { openCollection } from '../storage/collection.js';
import type { AssertionRecord, SessionRecord } from '../storage/records.js';
import { type ConnectedAppsPaths, challengeOf, type Paths, pathsOf } from './paths.js';

/** What the endpoints and the guard of one server work with. */
export interface Context extends Core, ClientServices, GrantServices, BrowserServices {
  readonly paths: Paths;
  readonly logError: ErrorLog;
  readonly limits: RateLimits;
  readonly verifyBearer: VerifyBearer;
  /** The scopes of a token that its client requested: what a challenge for more scopes repeats. */
  readonly askedScopes: (caller: AccessToken) => readonly string[];
  /** Scopes that a client may request. Each `auth.bearer({ scopes })` adds its own. */
  readonly knownScopes: Set<string>;
  readonly openClientRequest: OpenClientRequest;
  readonly attemptRefresh: AttemptRefresh;
  /** Resolves once Auth0 and the storage have responded; rejects with what to repair. */
  ready(): Promise<void>;
  /** Stops timers and connections, after pending writes. */
  close(): Promise<void>;
}

interface ClientServices {
  readonly clients: ClientDirectory;
  readonly registeredClients: RegisteredClients;
  readonly isAllowedRedirectUri: (uri: string) => boolean;
}

interface GrantServices {
  readonly auth0: Auth0;
  readonly logins: Logins;
  readonly accessTokens: AccessTokens;
  readonly accountSessions: AccountSessions;
  readonly grants: Grants;
  readonly logOut: LogOut;
}

interface BrowserServices {
  readonly lookFor: LookFor;
  readonly flows: LoginFlows;
  readonly redirectToAuth0: RedirectToAuth0;
  readonly consentForms: SealedForms<ConsentForm>;
  readonly askForConsent: AskForConsent;
  readonly approvals: Approvals;
  readonly browserSessions: BrowserSessions;
  readonly signInForms: SealedForms<'sign_in'>;
  readonly accountForms: AccountForms;
  readonly accountSignIns: AccountSignIns;
  /** Absolute URLs of the page of connected apps and of its forms. */
  readonly connectedAppsUrls: ConnectedAppsPaths;
  readonly connectedAppsErrors: ErrorPlace;
}

/** Opens the storage. Sends no request to Auth0 or anywhere else. */
export function createContext(config: Config, host: HostEnvironment): Context {
  const core = createCore(config, host);
  const { storage } = core;
  const paths = pathsOf(config);
  logStart(core, paths);
  const logError = createErrorLog(config.logger, core.correlation.id);
  const limits = createLimits(core);
  const knownScopes = new Set(
    [...config.scopes.supported, ...config.scopes.byTool.values()].flat(),
  );
  const refreshTokens = createRefreshTokens(
    core.signingKeys.derive('refresh-token'),
    config.issuer,
  );
  const callers = createCallerCache();

  const { authenticateClient, closeClients, ...clients } = createClients(core, limits);
  const grants = createGrantServices(core, knownScopes, refreshTokens, callers.dropGrant);
  const { auth0, accessTokens, accountSessions } = grants;
  const browser = createBrowserServices(core, paths, limits, auth0, accountSessions);
  const challenge = challengeOf(config);

  return {
    ...core,
    ...clients,
    ...grants,
    ...browser,
    paths,
    logError,
    limits,
    knownScopes,
    verifyBearer: observed(createVerification(accessTokens, grants.grants, callers, challenge)),
    askedScopes: ({ scopes }) => scopes,
    openClientRequest: createClientRequests({ authenticateClient, refreshTokens, limits }),
    attemptRefresh: createRefreshAttempts(limits, refreshTokens),
    async ready() {
      await Promise.all([auth0.ready(), storage.ready?.()]);
    },
    async close() {
      limits.close();
      await closeClients();
      await grants.grants.close();
      await storage.close?.();
    },
  };
}

/** Logs what to enter in the Auth0 Dashboard, and where records are stored. */
function logStart({ config, storage }: Core, { backchannelLogout }: Paths): void {
  const { auth0, issuer, resource, callbackUrl, consent, logger } = config;
  const storedIn = storage.description ?? 'the storage given';
  logger.info(
    {
      issuer,
      resource,
      auth0: auth0.expectedIssuer,
      audience: auth0.audience,
      callbackUrl,
      backchannelLogoutUrl: new URL(backchannelLogout, config.baseUrl).href,
      consent,
      storage: storedIn,
    },
    'ready to start. At Auth0, Applications > your application > Settings: enter callbackUrl under Allowed Callback URLs and, where the tenant has it, backchannelLogoutUrl under Back-Channel Logout URI',
  );
  if (storage.warning !== undefined) logger.warn({ storage: storedIn }, storage.warning);
}

function createLimits({ config, storage, signingKeys, collections }: Core): RateLimits {
  const [key = new Uint8Array()] = signingKeys.derive('rate-limit');
  return createRateLimits({
    log: config.logger,
    store: (prefix) => storage.rateLimitStore?.(`${collections.namespace}:${prefix}`),
    hash: (name) => mac(key, name).toString('base64url'),
  });
}

interface CreatedClients extends ClientServices {
  readonly authenticateClient: AuthenticateClient;
  closeClients(): Promise<void>;
}

function createClients(core: Core, limits: RateLimits): CreatedClients {
  const { config, collections, signingKeys, now } = core;
  const documents = createMetadataDocuments(core);
  const registeredClients = createRegisteredClients(
    signingKeys,
    config.issuer,
    config.clientIdMetadataDocuments ? documents.check : undefined,
  );
  const clients = createClientDirectory(
    config.clients,
    config.clientRegistration ? registeredClients : undefined,
    config.clientIdMetadataDocuments ? documents : undefined,
  );
  const assertions = openCollection<AssertionRecord>(collections, 'assertion');
  const storeJti: StoreJti = async ({ key, clientId, grantId, ttlSeconds }) => {
    // The narrowest limit first: what exceeds it counts for no other.
    await limits.count('assertionsOfGrant', grantId);
    await limits.count('assertionsOfHost', hostOf(clientId));
    await limits.count('assertions', 'all');
    return assertions.add(key, true, ttlSeconds);
  };
  const authenticateClient = createClientAuthentication(
    clients,
    createClientAssertions(documents.findKeys, storeJti),
    config.issuer,
    now,
  );
  const isAllowedRedirectUri = redirectUriRule(config);
  const { close } = documents;
  return {
    clients,
    registeredClients,
    isAllowedRedirectUri,
    authenticateClient,
    closeClients: close,
  };
}

function redirectUriRule({
  allowedClientRedirectUris: patterns,
  clients,
}: Config): ClientServices['isAllowedRedirectUri'] {
  const preRegistered = new Set(clients.flatMap(({ redirectUris }) => redirectUris));
  return (uri) =>
    patterns === undefined
      ? isClientsOwnChoice(uri) || preRegistered.has(uri)
      : matchesRedirectUriPattern(uri, patterns);
}

/** The rate-limit key that the assertions of a client share. */
function hostOf(clientId: string): string {
  return URL.canParse(clientId) ? `host ${new URL(clientId).hostname}` : `client ${clientId}`;
}

function createGrantServices(
  core: Core,
  knownScopes: ReadonlySet<string>,
  refreshTokens: RefreshTokens,
  onGrantChange: (grantId: string) => void,
): GrantServices {
  const { config, signingKeys, now } = core;
  const logins = createLoginTransactions(core);
  const auth0 = createAuth0(core, logins);
  const accessTokens = createAccessTokens(
    signingKeys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES),
    config.issuer,
    config.resource,
    now,
  );
  const grants = createGrants(core, auth0, accessTokens, refreshTokens, knownScopes, onGrantChange);
  const accountSessions = createAccountSessions(core);
  const logOut = createBackchannelLogout(core, grants, accountSessions);
  return { auth0, logins, accessTokens, accountSessions, grants, logOut };
}

function createBrowserServices(
  core: Core,
  paths: Paths,
  limits: RateLimits,
  auth0: Auth0,
  accountSessions: AccountSessions,
): BrowserServices {
  const { config, signingKeys, collections, emit, now, nowMs = Date.now } = core;
  const { issuer, baseUrl } = config;
  const { origin } = new URL(baseUrl);
  const sealerOf = (purpose: KeyLabel): Sealer => createSealer(signingKeys.derive(purpose));
  const lookFor = createLookFor(config.brand, config.catalogue);
  const cookies = cookieRules(config.isHttps, collections.namespace);
  const flows = createLoginFlows(cookies, now);
  const form = { flows, issuer, origin, now };
  const consentForms = createSealedForms<ConsentForm>(
    { ...form, sealer: sealerOf('consent-form') },
    'other_browser',
  );
  const connectedAppsUrl = origin + paths.connectedApps.page;
  return {
    lookFor,
    flows,
    redirectToAuth0: createUpstreamLogin({ auth0, flows, limits, emit }),
    consentForms,
    askForConsent: createConsentPrompt({
      config,
      auth0Scopes: AUTH0_SCOPES,
      forms: consentForms,
      lookFor,
      consentUrl: origin + paths.consent,
      nowMs,
    }),
    approvals: createApprovals(collections),
    browserSessions: createSessions(core, cookies),
    signInForms: createSealedForms<'sign_in'>(
      { ...form, sealer: sealerOf('sign-in-form') },
      'page_expired',
    ),
    accountForms: createAccountForms({ sealer: sealerOf('account-form'), issuer, origin }),
    accountSignIns: createAccountSignIns({
      sessions: accountSessions,
      cookies,
      issuer,
      keys: signingKeys.derive('account-cookie'),
    }),
    connectedAppsUrls: {
      page: connectedAppsUrl,
      signIn: origin + paths.connectedApps.signIn,
      disconnect: origin + paths.connectedApps.disconnect,
      signOut: origin + paths.connectedApps.signOut,
    },
    connectedAppsErrors: {
      kindByCode: {
        access_denied: 'sign_in_denied',
        temporarily_unavailable: 'unavailable',
        too_many_requests: 'too_many_requests',
        server_error: 'server_error',
      },
      otherwise: 'page_expired',
      way: { tryAgain: connectedAppsUrl },
    },
  };
}

/** Sessions of browsers, in which an approval is remembered. */
function createSessions(core: Core, cookies: CookieRules): BrowserSessions {
  const { storage, signingKeys, collections, now } = core;
  const ttlSeconds = APPROVAL_TTL_SECONDS;
  const sealer = sessionSealer(collections, createSealer(signingKeys.derive('session-seal')));
  const store = (): SessionStore =>
    storage.sessionStore?.(sealer, `${collections.namespace}:session:`) ??
    recordSessionStore(openCollection<SessionRecord>(collections, 'session'), ttlSeconds);
  const secrets = signingKeys
    .derive('session-cookie')
    .map((key) => Buffer.from(key).toString('base64url'));
  return createBrowserSessions({ cookies, secrets, store, ttlSeconds, now });
}
