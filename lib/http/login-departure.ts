/**
 * The departure to Auth0: everything a login needs before the browser leaves.
 *
 * @module
 */
import type { Request, Response } from 'express';

import type { Auth0, LoginStart } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import type { PendingLogin } from '../grants/pending-login.js';

/**
 * Sends the browser to Auth0 and remembers what for. Answers the request.
 *
 * @param browser the browser that approved, from its session
 */
export type DepartToAuth0 = (
  req: Request,
  res: Response,
  pending: PendingLogin,
  browser: string,
) => Promise<void>;

interface DepartureDeps {
  readonly auth0: Pick<Auth0, 'startLogin'>;
  readonly emit: EventListener;
}

export function createDeparture({ auth0, emit }: DepartureDeps): DepartToAuth0 {
  return async function departToAuth0(req, res, pending, browser) {
    await auth0.startLogin(req, res, { browser, pending, ...wanted(pending) });
    if (pending.purpose === 'client') {
      emit({ type: 'login_started', client: clientFingerprint(pending.request.clientId) });
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
