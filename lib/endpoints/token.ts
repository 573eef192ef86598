/**
 * Token endpoint: a code, or a refresh token, for our tokens.
 *
 * Spec: RFC 6749 §3.2, §4.1.3, §5 and §6; OAuth 2.1 §3.2.
 * Flow: route table → noStore → exchange → Grants.
 *
 * @module
 */
import type { Request, RequestHandler } from 'express';

import type { AuthenticatedClient } from '../clients/client-authentication.js';
import type { ClientDirectory } from '../clients/client-directory.js';
import type { Grants } from '../grants/grants.js';
import type { TokenSet } from '../grants/token-set.js';
import type { OpenClientRequest } from '../http/client-requests.js';
import { handler } from '../http/handler.js';
import type { AttemptRefresh } from '../http/refresh-attempts.js';
import { noStore } from '../http/response-headers.js';
import { sendJson } from '../http/send-json.js';
import { InvalidGrantError, InvalidRequestError } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';
import { formatScope } from '../oauth/scope.js';
import { parseTokenRequest } from '../oauth/token-request.js';

export interface TokenDeps {
  resource: string;
  openRequest: OpenClientRequest;
  attemptRefresh: AttemptRefresh;
  grants: Pick<Grants, 'redeemCode' | 'refresh'>;
  requireCommonMethod: ClientDirectory['requireCommonMethod'];
}

/**
 * Builds the handlers of `POST /token`.
 *
 * @throws InvalidClientError (401), InvalidGrantError, InvalidRequestError, InvalidScopeError, InvalidTargetError,
 *   UnsupportedGrantTypeError (400), TooManyRequestsError (429), TemporarilyUnavailableError (503): as R-ERR lists
 *   them
 */
export function tokenEndpoint(deps: TokenDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function exchange(req, res) {
      const { form, client } = await deps.openRequest(req, res);
      const tokens = await tokensFor(req, form, client, deps).catch(async (error: unknown) => {
        // A client that can never authenticate is told so, rather than what is wrong with its code.
        if (error instanceof InvalidGrantError || error instanceof InvalidRequestError) {
          await deps.requireCommonMethod(client.id);
        }
        throw error;
      });
      if (tokens.onSent !== undefined) res.once('finish', tokens.onSent);
      sendJson(res, 200, tokenResponse(tokens));
    }),
  ];
}

async function tokensFor(
  req: Request,
  form: Parameters,
  client: AuthenticatedClient,
  { grants, resource, attemptRefresh }: TokenDeps,
): Promise<TokenSet> {
  const request = parseTokenRequest(form, resource);
  if (request.grantType === 'authorization_code') return grants.redeemCode(request, client);
  const { refreshToken } = request;
  return attemptRefresh(req, { refreshToken, clientId: client.id }, (caller) =>
    grants.refresh(request, client, caller),
  );
}

/** RFC 6749 §5.1. `scope` always: clients that do not see it forget what they had (CLI-34). */
function tokenResponse(tokens: TokenSet): Readonly<Record<string, unknown>> {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    scope: formatScope(tokens.scopes),
    ...(tokens.refreshToken !== undefined && { refresh_token: tokens.refreshToken }),
  };
}
