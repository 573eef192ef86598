/**
 * The departure to Auth0: everything an approved request needs before the browser leaves.
 *
 * @module
 */
import type { Request, Response } from 'express';

import type { Auth0 } from '../auth0/auth0.js';
import { clientFingerprint } from '../clients/fingerprint.js';
import type { EventListener } from '../config/events.js';
import type { ApprovedRequest } from '../grants/code-grant.js';

/**
 * Sends the browser to Auth0 and remembers what for. Answers the request.
 *
 * @param browser the browser that approved, from its session
 */
export type DepartToAuth0 = (
  req: Request,
  res: Response,
  request: ApprovedRequest,
  browser: string,
) => Promise<void>;

interface DepartureDeps {
  readonly auth0: Pick<Auth0, 'startLogin'>;
  readonly emit: EventListener;
}

export function createDeparture({ auth0, emit }: DepartureDeps): DepartToAuth0 {
  return async function departToAuth0(req, res, request, browser) {
    await auth0.startLogin(req, res, {
      browser,
      pending: request,
      scopes: request.scopes,
      hints: request.hints,
    });
    emit({ type: 'login_started', client: clientFingerprint(request.clientId) });
  };
}
