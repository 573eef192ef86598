/**
 * Puts together what serves the page of connected apps.
 *
 * @module
 */

import type { Core } from '../core.js';
import type { CallbackDeps } from '../endpoints/callback.js';
import type { AccountSessions } from '../grants/account-sessions.js';
import type { Grants } from '../grants/grants.js';
import { createAccountForms } from '../http/account-forms.js';
import { createAccountSignIns } from '../http/account-sign-ins.js';
import type { CookieRules } from '../http/cookies.js';
import type { LoginFlows } from '../http/login-flows.js';
import type { ErrorPlace, LookFor } from '../http/pages.js';
import { createSealedForms } from '../http/sealed-form.js';
import type { RedirectToAuth0 } from '../http/upstream-login.js';
import { createSealer } from '../keys/seal.js';
import type { ConnectedAppsPaths } from '../routes/paths.js';
import type { RoutesDeps } from '../routes.js';

interface ConnectedAppsWiring {
  readonly ground: Core;
  readonly paths: ConnectedAppsPaths;
  readonly cookies: CookieRules;
  readonly accountSessions: AccountSessions;
  readonly grants: Grants;
  readonly flows: LoginFlows;
  readonly depart: RedirectToAuth0;
  readonly lookFor: LookFor;
}

/** What the rest needs of it. */
export interface ConnectedApps {
  readonly endpoints: Pick<RoutesDeps, 'connectedApps' | 'signIn' | 'disconnect' | 'signOut'>;
  /** For the callback, which signs in. */
  readonly signingIn: Pick<CallbackDeps, 'visits' | 'connectedAppsUrl' | 'connectedAppsErrors'>;
}

export function wireConnectedApps(deps: ConnectedAppsWiring): ConnectedApps {
  const { ground, paths, cookies, flows, accountSessions, grants, lookFor } = deps;
  const { config, signingKeys, emit, now } = ground;
  const { issuer } = config;
  const { origin } = new URL(config.baseUrl);
  const pageUrl = origin + paths.page;
  const visits = createAccountSignIns({
    sessions: accountSessions,
    cookies,
    issuer,
    keys: signingKeys.derive('account-cookie'),
  });
  const forms = createAccountForms({
    sealer: createSealer(signingKeys.derive('account-form')),
    issuer,
    origin,
  });
  const signInForms = createSealedForms<'sign_in'>(
    { sealer: createSealer(signingKeys.derive('sign-in-form')), flows, issuer, origin, now },
    'page_expired',
  );
  const urls = {
    signIn: origin + paths.signIn,
    disconnect: origin + paths.disconnect,
    signOut: origin + paths.signOut,
  };
  return {
    endpoints: {
      connectedApps: { visits, grants, forms, signInForms, lookFor, urls },
      signIn: { forms: signInForms, visits, depart: deps.depart },
      disconnect: { visits, forms, grants, sessions: accountSessions, pageUrl },
      signOut: { visits, forms, lookFor, emit, pageUrl },
    },
    signingIn: {
      visits,
      connectedAppsUrl: pageUrl,
      connectedAppsErrors: errorsOf(pageUrl),
    },
  };
}

/** Whatever it was, the page itself is the place to try again. */
function errorsOf(pageUrl: string): ErrorPlace {
  return {
    kindByCode: {
      access_denied: 'sign_in_denied',
      temporarily_unavailable: 'unavailable',
      too_many_requests: 'too_many_requests',
      server_error: 'server_error',
    },
    otherwise: 'page_expired',
    way: { tryAgain: pageUrl },
  };
}
