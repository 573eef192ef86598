/** OpenID Connect Back-Channel Logout 1.0 §2.5: Auth0 reports that a session, or all of a user's, have ended. */
import type { RequestHandler } from 'express';

import type { Context } from '../app/context.js';
import { readForm } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import { InvalidRequestError, OAuthError } from '../oauth/errors.js';
import { requiredParameter } from '../oauth/parameters.js';

/** Request body limit in bytes: several times a logout token. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Handlers of `POST /backchannel-logout`. Responds once every grant concerned is revoked.
 *
 * @throws InvalidRequestError the token is invalid or was used before, or the logout failed (§2.8): then the token may
 *   be sent again
 */
export function backchannelLogoutEndpoint({ auth0, logOut, limits }: Context): RequestHandler[] {
  return [
    limits.token,
    noStore,
    async function carryOutLogout(req, res) {
      const form = await readForm(req, res, MAX_BODY_BYTES);
      const token = requiredParameter(form, 'logout_token');
      try {
        await logOut(await auth0.verifyLogout(token));
      } catch (cause) {
        if (cause instanceof OAuthError) throw cause;
        throw new InvalidRequestError('The logout was not carried out', { cause });
      }
      res.status(200).end();
    },
  ];
}
