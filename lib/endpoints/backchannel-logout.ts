/**
 * Back-channel logout endpoint: Auth0 tells that a session, or all of a person's, have ended.
 *
 * Enter its URL at Auth0 under Applications > your application > Settings > Back-Channel Logout URI
 * (Enterprise plans). Auth0 waits five seconds and does not repeat.
 *
 * Spec: OpenID Connect Back-Channel Logout 1.0 §2.5 (request), §2.6 (validation), §2.8 (response).
 * Flow: route table → noStore → logOut → Auth0.verifyLogout → Grants.logOut.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { Auth0 } from '../auth0/auth0.js';
import type { Grants } from '../grants/grants.js';
import { handler } from '../http/handler.js';
import { readForm } from '../http/request-body.js';
import { noStore } from '../http/response-headers.js';
import { InvalidRequestError, OAuthError } from '../oauth/errors.js';
import { requiredParameter } from '../oauth/parameters.js';

/** Largest body accepted, in bytes: several times a logout token. */
const MAX_BODY_BYTES = 16 * 1024;

export interface BackchannelLogoutDeps {
  auth0: Pick<Auth0, 'verifyLogout'>;
  grants: Pick<Grants, 'logOut'>;
}

/**
 * Builds the handlers. Answers 200 without a body once every grant concerned has ended.
 *
 * @throws InvalidRequestError (400) the token does not verify, was used before, or (§2.8) could not be
 *   acted upon: then nothing is remembered of it
 */
export function backchannelLogoutEndpoint(deps: BackchannelLogoutDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function logOut(req, res) {
      const form = await readForm(req, res, MAX_BODY_BYTES);
      const token = requiredParameter(form, 'logout_token');
      await deps.auth0
        .verifyLogout(token)
        .then((logout) => deps.grants.logOut(logout))
        .catch((cause: unknown) => {
          if (cause instanceof OAuthError) throw cause;
          throw new InvalidRequestError('The logout was not carried out', { cause });
        });
      res.status(200).end();
    }),
  ];
}
