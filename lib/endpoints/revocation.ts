/**
 * Token revocation endpoint: a client hands back a token it no longer needs.
 *
 * Spec: RFC 7009 §2.1 and §2.2; errors as in RFC 6749 §5.2.
 * Flow: route table → noStore → revoke → Grants.end.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { AuthenticatedClient } from '../clients/client-authentication.js';
import { requireProof } from '../grants/code-grant.js';
import type { Grants } from '../grants/grants.js';
import type { OpenClientRequest } from '../http/client-requests.js';
import { handler } from '../http/handler.js';
import { noStore } from '../http/response-headers.js';
import { requiredParameter } from '../oauth/parameters.js';

export interface RevocationDeps {
  openRequest: OpenClientRequest;
  grants: Pick<Grants, 'findByToken' | 'revoke'>;
}

/**
 * Builds the handlers of `POST /revoke`. Answers 200 without a body once the token is dead, whoever
 * ended it and whenever (§2.2). `token_type_hint` is not needed: our tokens say what they are.
 *
 * @throws InvalidRequestError (400) `token` is missing or repeated
 * @throws InvalidClientError (401) client authentication failed
 */
export function revocationEndpoint(deps: RevocationDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function revoke(req, res) {
      const { form, client } = await deps.openRequest(req, res);
      await endGrantBehind(requiredParameter(form, 'token'), client, deps.grants);
      res.status(200).end();
    }),
  ];
}

/**
 * Ends the whole grant, for an access token as for a refresh token: §2.1 allows it, and no
 * half-revoked grant is left to reason about. Another client's token stays as it is, and the
 * answer does not tell (R-RV-1): a public client has proved nothing and may be guessing.
 */
async function endGrantBehind(
  token: string,
  client: AuthenticatedClient,
  grants: RevocationDeps['grants'],
): Promise<void> {
  const found = await grants.findByToken(token, client.id);
  if (found === undefined) return;
  requireProof(found.grant, client);
  await client.useAssertion?.(found.id);
  await grants.revoke(found.id, 'client_request');
}
