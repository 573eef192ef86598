/**
 * Puts together a login: from a client's request to the way back.
 *
 * @module
 */
import type { Auth0 } from '../auth0/auth0.js';
import { AUTH0_SCOPES } from '../auth0/authorization-request.js';
import type { Config } from '../config/config.js';
import type { Core } from '../core.js';
import type { CallbackDeps } from '../endpoints/callback.js';
import { type Approvals, createApprovals, mayBeRemembered } from '../grants/approvals.js';
import type { Grants } from '../grants/grants.js';
import type { Logins } from '../grants/login-transactions.js';
import type { BrowserSessions } from '../http/browser-sessions.js';
import { type ConsentForm, createConsentPrompt, MIN_READING_MS } from '../http/consent-prompt.js';
import type { CookieRules } from '../http/cookies.js';
import type { ErrorLog } from '../http/error-log.js';
import type { LoginFlows } from '../http/login-flows.js';
import type { LookFor } from '../http/pages.js';
import type { RateLimits } from '../http/rate-limits.js';
import { createSealedForms } from '../http/sealed-form.js';
import { createSealer } from '../keys/seal.js';
import type { RoutesDeps } from '../routes.js';
import type { Clients } from './clients.js';
import type { ConnectedApps } from './connected-apps.js';
import { wireSessions } from './sessions.js';

/** What a login is made of. */
export interface LoginWiring extends Core {
  readonly clients: Clients;
  readonly auth0: Auth0;
  readonly logins: Logins;
  readonly grants: Grants;
  readonly knownScopes: ReadonlySet<string>;
  readonly logError: ErrorLog;
}

/** What it shares with the page of connected apps, into which people log in too. */
export interface LoginParts extends Pick<CallbackDeps, 'depart'> {
  readonly cookies: CookieRules;
  readonly flows: LoginFlows;
  readonly limits: RateLimits;
  readonly lookFor: LookFor;
  readonly signingIn: ConnectedApps['signingIn'];
}

export function wireLogin(
  deps: LoginWiring,
  { cookies, flows, depart, limits, lookFor, signingIn }: LoginParts,
): Pick<RoutesDeps, 'authorization' | 'consent' | 'callback'> {
  const { config, clients, auth0, logins, grants, logError, emit, now } = deps;
  const { nowMs = Date.now, minReadingMs = MIN_READING_MS } = deps;
  const { issuer, baseUrl } = config;
  const approvals = createApprovals(deps.collections);
  const sessions = wireSessions(deps, cookies);
  const { origin } = new URL(baseUrl);
  const sealer = createSealer(deps.signingKeys.derive('consent-form'));
  const forms = createSealedForms<ConsentForm>(
    { issuer, sealer, flows, origin, now },
    'other_browser',
  );
  const ask = createConsentPrompt({
    config,
    auth0Scopes: AUTH0_SCOPES,
    forms,
    lookFor,
    consentUrl: `${baseUrl}/consent`,
    nowMs,
  });
  return {
    authorization: {
      config,
      clients: clients.directory,
      isAllowedRedirectUri: clients.isAllowedRedirectUri,
      knownScopes: deps.knownScopes,
      approvals,
      sessions,
      flows,
      ask,
      depart,
    },
    consent: { issuer, logins, limits, forms, ask, depart, emit, minReadingMs, nowMs },
    callback: {
      issuer,
      auth0,
      grants,
      flows,
      remember: rememberIn(sessions, approvals, clients.registered, config.consent),
      depart,
      logError,
      emit,
      ...signingIn,
    },
  };
}

function rememberIn(
  sessions: BrowserSessions,
  approvals: Approvals,
  registered: Clients['registered'],
  consent: Config['consent'],
): CallbackDeps['remember'] {
  if (consent !== 'remember') return async () => {};
  return async function remember(req, res, request) {
    if (!mayBeRemembered(request) || registered.find(request.clientId) === undefined) return;
    const session = await sessions.open(req, res);
    await approvals.save({ ...request, browser: await session.keep() });
  };
}
