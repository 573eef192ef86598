/** The redirect to Auth0 that a login begins with. */
import type { Request, Response } from 'express';

import type { Auth0, LoginStart } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/client.js';
import type { EventListener } from '../config/events.js';
import type { PendingLogin } from '../grants/login-transactions.js';
import type { LoginFlow, LoginFlows } from './login-flows.js';
import type { RateLimits } from './rate-limits.js';
import { alreadySubmitted } from './sealed-form.js';

/**
 * Stores the login and redirects the browser to Auth0. Sends the response.
 *
 * @throws PageError the form of this flow was submitted before
 * @throws TooManyRequestsError too many logins were begun
 */
export type RedirectToAuth0 = (
  req: Request,
  res: Response,
  pending: PendingLogin,
  flow: LoginFlow,
) => Promise<void>;

interface DepartureDeps {
  readonly auth0: Pick<Auth0, 'startLogin'>;
  readonly flows: Pick<LoginFlows, 'holdLogin'>;
  readonly limits: Pick<RateLimits, 'countLogin'>;
  readonly emit: EventListener;
}

export function createUpstreamLogin({
  auth0,
  flows,
  limits,
  emit,
}: DepartureDeps): RedirectToAuth0 {
  return async function departToAuth0(req, res, pending, flow) {
    await limits.countLogin(req);
    // The cookie goes out with the redirect itself, and has its whole time from now on.
    flows.holdLogin(res, flow);
    const { secret: browser, state, formExpiresAt } = flow;
    const start = { browser, state, formExpiresAt, pending, ...wanted(pending) };
    const begunBefore = await auth0.startLogin(req, res, start);
    if (begunBefore !== undefined) throw alreadySubmitted(begunBefore.location);
    if (pending.purpose === 'client') {
      const client = clientFingerprint(pending.request.clientId);
      if (formExpiresAt !== undefined) emit({ type: 'consent_given', client });
      emit({ type: 'login_started', client });
    } else {
      emit({ type: 'sign_in_started' });
    }
  };
}

/** What to ask Auth0 for. */
function wanted(pending: PendingLogin): Pick<LoginStart, 'scopes' | 'hints' | 'identityOnly'> {
  if (pending.purpose === 'client') {
    const { scopes, hints } = pending.request;
    return { scopes, hints };
  }
  // OpenID Connect Core §3.1.2.1
  const hints: LoginStart['hints'] = pending.reauthenticate ? { prompt: 'login' } : {};
  return { scopes: [], hints, identityOnly: true };
}
