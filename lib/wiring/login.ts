/**
 * Puts together a login: from a client's request to the way back.
 *
 * @module
 */
import type { Auth0 } from '../auth0/auth0.js';
import { AUTH0_SCOPES } from '../auth0/authorization-request.js';
import type { Config } from '../config/config.js';
import type { CallbackDeps } from '../endpoints/callback.js';
import { type Approvals, createApprovals } from '../grants/approvals.js';
import type { Grants } from '../grants/grants.js';
import { type ConsentForm, createConsentPrompt, MIN_READING_MS } from '../http/consent-prompt.js';
import type { CookieRules } from '../http/cookies.js';
import type { ErrorLog } from '../http/error-log.js';
import type { LookFor } from '../http/pages.js';
import { createSealedForms } from '../http/sealed-form.js';
import { createSealer } from '../keys/seal.js';
import type { RoutesDeps } from '../routes.js';
import type { Clients } from './clients.js';
import type { ConnectedApps } from './connected-apps.js';
import type { Ground } from './ground.js';

/** What a login is made of. */
export interface LoginWiring extends Ground {
  readonly clients: Clients;
  readonly auth0: Auth0;
  readonly grants: Grants;
  readonly knownScopes: ReadonlySet<string>;
  readonly logError: ErrorLog;
}

/** What it shares with the page of connected apps, into which people log in too. */
export interface LoginParts extends Pick<CallbackDeps, 'sessions' | 'depart'> {
  readonly cookies: CookieRules;
  readonly lookFor: LookFor;
  readonly signingIn: ConnectedApps['signingIn'];
}

export function wireLogin(
  deps: LoginWiring,
  { cookies, sessions, depart, lookFor, signingIn }: LoginParts,
): Pick<RoutesDeps, 'authorization' | 'consent' | 'callback'> {
  const { config, clients, auth0, grants, logError, emit, now } = deps;
  const { nowMs = Date.now, minReadingMs = MIN_READING_MS } = deps;
  const { issuer, baseUrl } = config;
  const approvals = createApprovals(deps.collections);
  const { origin } = new URL(baseUrl);
  const sealer = createSealer(deps.signingKeys.derive('consent-form'));
  const forms = createSealedForms<ConsentForm>(
    { issuer, sealer, cookies, origin, now },
    { foreign: 'other_browser', expired: 'login_expired' },
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
      ask,
      depart,
    },
    consent: { issuer, sessions, forms, ask, depart, emit, minReadingMs, nowMs },
    callback: {
      issuer,
      auth0,
      grants,
      sessions,
      remember: rememberIn(approvals, config.consent),
      depart,
      logError,
      emit,
      ...signingIn,
    },
  };
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
