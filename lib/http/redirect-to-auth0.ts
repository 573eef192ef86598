/** The redirect of a browser to Auth0, for the login of a client or for the page of connected apps. */
import type { Request, Response } from 'express';

import type { Auth0, LoginStart } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/client.js';
import type { Core } from '../core.js';
import type { PendingLogin } from '../grants/login-transactions.js';
import { authenticationFor, type ScopeAuthentications } from '../oauth/user-authentication.js';
import type { LoginFlow, LoginFlows } from './login-cookies.js';
import { alreadySubmitted } from './pages.js';
import type { RateLimits } from './rate-limits.js';

/**
 * Stores the login and redirects the browser to Auth0. Sends the response.
 *
 * @throws PageError the form of this flow was submitted before
 * @throws TooManyRequestsError too many logins were started
 */
export type RedirectToAuth0 = (
  req: Request,
  res: Response,
  pending: PendingLogin,
  flow: LoginFlow,
) => Promise<void>;

export function createRedirectToAuth0(
  { config, emit }: Core,
  auth0: Auth0,
  flows: LoginFlows,
  limits: RateLimits,
): RedirectToAuth0 {
  return async function redirectToAuth0(req, res, pending, flow) {
    await limits.countLogin(req);
    flows.setLoginCookie(res, flow);
    const { secret: browser, state, formExpiresAt } = flow;
    const parameters = parametersOf(pending, config.scopes.authentication);
    const previous = await auth0.startLogin(req, res, {
      browser,
      state,
      formExpiresAt,
      pending,
      ...parameters,
    });
    if (previous !== undefined) throw alreadySubmitted(previous.location);
    if (pending.purpose === 'client') {
      const client = clientFingerprint(pending.request.clientId);
      if (formExpiresAt !== undefined) emit({ type: 'consent_given', client });
      const { acrValues = [], maxAgeSeconds } = parameters.authentication ?? {};
      emit({
        type: 'login_started',
        client,
        ...(acrValues.length > 0 && { acrValues }),
        ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
      });
    } else {
      emit({ type: 'sign_in_started' });
    }
  };
}

/** Parameters of the authorization request to Auth0. */
function parametersOf(
  pending: PendingLogin,
  rules: ScopeAuthentications,
): Pick<LoginStart, 'scopes' | 'hints' | 'identityOnly' | 'authentication'> {
  if (pending.purpose === 'client') {
    const { scopes, hints } = pending.request;
    const authentication = authenticationFor(scopes, rules);
    if (authentication === undefined || !pending.reauthenticate) {
      return { scopes, hints, authentication };
    }
    return { scopes, hints, authentication: { ...authentication, maxAgeSeconds: 0 } };
  }
  // OpenID Connect Core §3.1.2.1
  const hints: LoginStart['hints'] = pending.reauthenticate ? { prompt: 'login' } : {};
  return { scopes: [], hints, identityOnly: true };
}
