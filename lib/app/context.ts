/** The context of one server that issues tokens: every service, built in one place. */

import type { Auth0 } from '../auth0/auth0.js';
import { createTokenVault, reportingRotation } from '../auth0/connected-accounts.js';
import { createAuth0 } from '../auth0/create-auth0.js';
import type { AccessToken } from '../bearer/caller.js';
import { type CallerCache, createCallerCache } from '../bearer/caller-cache.js';
import { createConnectionTokenOf } from '../bearer/connection-token.js';
import { createVerification, type VerifyBearer } from '../bearer/verification.js';
import { createClientAssertions, type StoreJti } from '../clients/client-assertion.js';
import {
  type AuthenticateClient,
  createClientAuthentication,
} from '../clients/client-authentication.js';
import { type ClientDirectory, createClientDirectory } from '../clients/client-directory.js';
import { createMetadataDocuments } from '../clients/metadata-documents/metadata-documents.js';
import { createRegisteredClients, type RegisteredClients } from '../clients/registered-clients.js';
import type { Config } from '../config/config.js';
import { requestContext } from '../config/request-context.js';
import { type Core, createCore, type HostEnvironment } from '../core.js';
import {
  type AccessTokens,
  createAccessTokens,
  SIGNING_KEY_MATERIAL_BYTES,
} from '../grants/access-token.js';
import { type AccountSessions, createAccountSessions } from '../grants/account-sessions.js';
import { type Approvals, createApprovals } from '../grants/approvals.js';
import { createBackchannelLogout, type LogOut } from '../grants/backchannel-logout.js';
import {
  createClientCredentialsGrant,
  type IssueToMachine,
} from '../grants/client-credentials-grant.js';
import { createIdJagGrant, type IdJagGrant } from '../grants/enterprise/id-jag-grant.js';
import { createGrants, type Grants } from '../grants/grants.js';
import { createLoginTransactions, type Logins } from '../grants/login-transactions.js';
import { createRefreshTokens } from '../grants/refresh-token.js';
import { type AccountForms, createAccountForms } from '../http/account-forms.js';
import { type AccountSignIns, createAccountSignIns } from '../http/account-sign-ins.js';
import { type BrowserSessions, createBrowserSessions } from '../http/browser-sessions.js';
import {
  type AttemptRefresh,
  createClientRequests,
  createRefreshAttempts,
  type ReadClientRequest,
} from '../http/client-requests.js';
import { type Connections, createConnections } from '../http/connections.js';
import {
  type ConsentForm,
  createConsentPrompt,
  type PromptForConsent,
} from '../http/consent-prompt.js';
import { cookieRules } from '../http/cookies.js';
import { createErrorLog, type ErrorLog } from '../http/error-responses.js';
import { createLoginFlows, type LoginFlows } from '../http/login-cookies.js';
import { createPageContextOf, type ErrorPages, type PageContextOf } from '../http/pages.js';
import { createRateLimits, type RateLimits } from '../http/rate-limits.js';
import { createRedirectToAuth0, type RedirectToAuth0 } from '../http/redirect-to-auth0.js';
import { createSealedForms, type SealedForms } from '../http/sealed-forms.js';
import { mac } from '../keys/key-ring.js';
import { isClientsOwnChoice } from '../oauth/redirect-uri.js';
import { matchesRedirectUriPattern } from '../oauth/redirect-uri-pattern.js';
import { authenticatedScopes } from '../oauth/user-authentication.js';
import { openCollection } from '../storage/collection.js';
import type { AssertionRecord } from '../storage/records.js';
import {
  type ConnectedAppsUrls,
  challengeOf,
  connectedAccountsUrlsOf,
  connectedAppsUrlsOf,
  type Paths,
  pathsOf,
} from './paths.js';

/** What the endpoints and the guard of one server work with. */
export interface Context extends Core, ClientServices {
  readonly paths: Paths;
  readonly logError: ErrorLog;
  readonly limits: RateLimits;

  // Auth0, grants, tokens
  readonly auth0: Auth0;
  readonly logins: Logins;
  readonly accessTokens: AccessTokens;
  readonly grants: Grants;
  readonly issueToMachine: IssueToMachine;
  readonly idJagGrant: IdJagGrant;
  readonly accountSessions: AccountSessions;
  readonly logOut: LogOut;
  readonly verifyBearer: VerifyBearer;
  /** The scopes that the client requested at login: a challenge for more scopes repeats them. */
  readonly requestedScopes: (caller: AccessToken) => Promise<readonly string[]>;
  /** Called before the 403 is sent. */
  readonly onInsufficientScope: (caller: AccessToken) => Promise<void>;
  /** Scopes that a client may request. Each `auth.bearer({ scopes })` adds its own. */
  readonly knownScopes: Set<string>;
  readonly readClientRequest: ReadClientRequest;
  readonly attemptRefresh: AttemptRefresh;

  // Logins in a browser
  readonly pageContextOf: PageContextOf;
  readonly flows: LoginFlows;
  readonly redirectToAuth0: RedirectToAuth0;
  readonly consentForms: SealedForms<ConsentForm>;
  readonly promptForConsent: PromptForConsent;
  readonly approvals: Approvals;
  readonly browserSessions: BrowserSessions;

  // The page of connected apps
  readonly connectedAppsUrls: ConnectedAppsUrls;
  readonly connectedAppsErrors: ErrorPages;
  readonly signInForms: SealedForms<'sign_in'>;
  readonly accountForms: AccountForms;
  readonly accountSignIns: AccountSignIns;

  /** Undefined without the option. */
  readonly connections: Connections | undefined;

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

/** Opens the storage. Sends no request to Auth0 or anywhere else. */
export function createContext(config: Config, host: HostEnvironment): Context {
  const core = createCore(config, host);
  const { storage, signingKeys, collections, now } = core;
  const { issuer, resource, scopes } = config;
  const paths = pathsOf(config);
  logStart(core, paths);

  const limits = createLimits(core);

  const logins = createLoginTransactions(core);
  const vault = config.connections.size > 0 ? createTokenVault(core) : undefined;
  const auth0 = reportingRotation(createAuth0(core, logins), vault);
  const { authenticateClient, closeClients, ...clients } = createClients(core, auth0, limits);
  const accessTokenKeys = signingKeys.derive('access-token', SIGNING_KEY_MATERIAL_BYTES);
  const accessTokens = createAccessTokens(accessTokenKeys, issuer, resource, now);
  const refreshTokens = createRefreshTokens(signingKeys.derive('refresh-token'), issuer);
  const knownScopes = new Set([...scopes.supported, ...scopes.byTool.values()].flat());
  const callers = createCallerCache();
  const grants = createGrants(
    core,
    auth0,
    accessTokens,
    refreshTokens,
    knownScopes,
    callers.dropGrant,
  );
  const accountSessions = createAccountSessions(core);
  const { countIdentityAssertion: countUse } = limits;
  const idJagGrant = createIdJagGrant(core, clients.clients, grants, knownScopes, countUse);

  const pageContextOf = createPageContextOf(config.brand, config.catalogue);
  const cookies = cookieRules(config.isHttps, collections.namespace);
  const flows = createLoginFlows(cookies, now);
  const browserSessions = createBrowserSessions(core, cookies);
  const consentForms = createSealedForms<ConsentForm>(core, flows, 'consent-form', 'other_browser');
  const consentUrl = new URL(paths.consent, config.baseUrl).href;
  const connectedAppsUrls = connectedAppsUrlsOf(config, paths);
  const connections =
    vault && createConnections(core, vault, grants, flows, connectedAccountsUrlsOf(config, paths));

  return {
    ...core,
    ...clients,
    paths,
    logError: createErrorLog(config.logger),
    limits,
    auth0,
    logins,
    accessTokens,
    grants,
    issueToMachine: createClientCredentialsGrant(config, grants, knownScopes),
    idJagGrant,
    accountSessions,
    logOut: createBackchannelLogout(core, grants, accountSessions),
    verifyBearer: createBearerVerification(core, accessTokens, grants, callers, connections),
    requestedScopes: async ({ token }) => (await accessTokens.verify(token)).scopes,
    onInsufficientScope: async ({ token }) =>
      grants.noteChallenge(await accessTokens.verify(token)),
    knownScopes,
    readClientRequest: createClientRequests(authenticateClient, refreshTokens, limits),
    attemptRefresh: createRefreshAttempts(limits, refreshTokens),
    pageContextOf,
    flows,
    redirectToAuth0: createRedirectToAuth0(core, auth0, flows, limits),
    consentForms,
    promptForConsent: createConsentPrompt(core, consentForms, pageContextOf, consentUrl),
    approvals: createApprovals(collections),
    browserSessions,
    connectedAppsUrls,
    connectedAppsErrors: connectedAppsErrors(connectedAppsUrls.page),
    signInForms: createSealedForms<'sign_in'>(core, flows, 'sign-in-form', 'page_expired'),
    accountForms: createAccountForms(core),
    accountSignIns: createAccountSignIns(core, accountSessions, cookies),
    connections,
    async ready() {
      // Packages as well: Node 20 remembers a failed import, such as for lack of file descriptors, until a restart.
      const sessionsReady = config.consent === 'remember' ? browserSessions.ready() : undefined;
      await Promise.all([auth0.ready(), storage.ready?.(), limits.ready(), sessionsReady]);
    },
    async close() {
      limits.close();
      await Promise.all([closeClients(), idJagGrant.close()]);
      await grants.close();
      await storage.close?.();
    },
  };
}

function createBearerVerification(
  core: Core,
  accessTokens: AccessTokens,
  grants: Grants,
  callers: CallerCache,
  connections: Connections | undefined,
): VerifyBearer {
  const { config, now } = core;
  const challenge = challengeOf(config);
  return createVerification(
    accessTokens,
    grants,
    callers,
    challenge,
    ({ scopes }, { user }) =>
      authenticatedScopes(scopes, user, config.scopes.authentication, now()),
    createConnectionTokenOf(core, connections, challenge),
  );
}

/** Logs what to enter in the Auth0 Dashboard, and where records are stored. */
function logStart({ config, storage }: Core, { backchannelLogout }: Paths): void {
  const { auth0, issuer, resource, callbackUrl, consent, logger, outboundProxies } = config;
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
      outboundProxy: (outboundProxies.https ?? outboundProxies.http)?.url,
    },
    'configured. In the Auth0 Dashboard, Applications > your application > Settings: enter callbackUrl under Allowed Callback URLs and, where the tenant has it, backchannelLogoutUrl under Back-Channel Logout URI',
  );
  if (storage.warning !== undefined) logger.warn({ storage: storedIn }, storage.warning);
}

function createLimits({ config, storage, signingKeys, collections }: Core): RateLimits {
  const [key] = signingKeys.derive('rate-limit');
  return createRateLimits(
    config.logger,
    (name) => mac(key, name).toString('base64url'),
    (prefix) => storage.rateLimitStore?.(`${collections.namespace}:${prefix}`),
  );
}

interface CreatedClients extends ClientServices {
  readonly authenticateClient: AuthenticateClient;
  closeClients(): Promise<void>;
}

function createClients(core: Core, auth0: Auth0, limits: RateLimits): CreatedClients {
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
  const storeJti: StoreJti = async ({ key, grantId, ttlSeconds }) => {
    await limits.countAssertion(grantId);
    return assertions.add(key, true, ttlSeconds);
  };
  const verifyAssertion = createClientAssertions(documents.findKeys, storeJti, config.issuer, now);
  const authenticateClient = createClientAuthentication(
    clients,
    verifyAssertion,
    async (clientId, clientSecret) => {
      await limits.count('applications', `${requestContext()?.caller} ${clientId}`);
      return auth0.authenticateApplication(clientId, clientSecret);
    },
  );
  const isAllowedRedirectUri = redirectUriRule(config);
  return {
    clients,
    registeredClients,
    isAllowedRedirectUri,
    authenticateClient,
    closeClients: documents.close,
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

/** Each error page of the page of connected apps links back to it. */
function connectedAppsErrors(pageUrl: string): ErrorPages {
  return {
    kindByCode: {
      access_denied: 'sign_in_denied',
      temporarily_unavailable: 'unavailable',
      too_many_requests: 'too_many_requests',
      server_error: 'server_error',
    },
    defaultKind: 'page_expired',
    link: { tryAgain: pageUrl },
  };
}
