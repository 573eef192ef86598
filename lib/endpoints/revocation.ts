/** Token revocation endpoint, RFC 7009. */
import type { RequestHandler } from 'express';

import type { Context } from '../app/context.js';
import { requireClientAuthentication } from '../clients/client-authentication.js';
import { noStore } from '../http/response-headers.js';
import { requiredParameter } from '../oauth/parameters.js';

/**
 * Handlers of `POST /revoke`. `token_type_hint` is not needed: our tokens tell their type.
 *
 * @throws InvalidRequestError `token` is missing or repeated
 * @throws InvalidClientError client authentication failed
 */
export function revocationEndpoint({ readClientRequest, grants }: Context): RequestHandler[] {
  return [
    noStore,
    async function revoke(req, res) {
      const { form, client } = await readClientRequest(req, res);
      // RFC 7009 §2.2: an unknown token is a success. So is another client's, which stays valid: a public client
      // may be guessing.
      const found = await grants.findByToken(requiredParameter(form, 'token'), client.id);
      if (found !== undefined) {
        requireClientAuthentication(found.grant, client);
        await client.useAssertion?.(found.id);
        // §2.1: the whole grant, for either kind of token.
        await grants.revoke(found.id, 'client_request');
      }
      res.status(200).end();
    },
  ];
}
