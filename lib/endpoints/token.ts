/** Token endpoint, RFC 6749 §3.2: the grant types of the configuration. */
import type { Request, RequestHandler } from 'express';

import type { Context } from '../app/context.js';
import type { IdentifiedClient } from '../clients/client-authentication.js';
import type { TokenSet } from '../grants/token-set.js';
import { sendJson } from '../http/handlers.js';
import { noStore } from '../http/response-headers.js';
import { InvalidGrantError, InvalidRequestError } from '../oauth/errors.js';
import type { Parameters } from '../oauth/parameters.js';
import { formatScope } from '../oauth/scope.js';
import { JWT_BEARER, parseTokenRequest } from '../oauth/token-request.js';

/**
 * Handlers of `POST /token`.
 *
 * @throws InvalidClientError, InvalidGrantError, InvalidRequestError, InvalidScopeError, InvalidTargetError,
 *   UnauthorizedClientError, UnsupportedGrantTypeError, TooManyRequestsError, TemporarilyUnavailableError
 */
export function tokenEndpoint(context: Context): RequestHandler[] {
  const { readClientRequest, clients } = context;
  return [
    noStore,
    async function issueTokens(req, res) {
      const { form, client } = await readClientRequest(req, res);
      try {
        const tokens = await tokensFor(req, form, client, context);
        if (tokens.onSent !== undefined) res.once('finish', tokens.onSent);
        sendJson(res, 200, tokenResponse(tokens));
      } catch (error) {
        // A client that can never authenticate gets that error, rather than one about its code.
        if (error instanceof InvalidGrantError || error instanceof InvalidRequestError) {
          await clients.requireCommonMethod(client.id);
        }
        throw error;
      }
    },
  ];
}

async function tokensFor(
  req: Request,
  form: Parameters,
  client: IdentifiedClient,
  { config, grants, attemptRefresh, issueToMachine, idJagGrant }: Context,
): Promise<TokenSet> {
  const request = parseTokenRequest(form, config.resource, config.grantTypes);
  switch (request.grantType) {
    case 'authorization_code':
      return grants.redeemCode(request, client);
    case 'refresh_token': {
      const { refreshToken } = request;
      return attemptRefresh(req, { refreshToken, clientId: client.id }, (caller) =>
        grants.refresh(request, client, caller),
      );
    }
    case 'client_credentials':
      return issueToMachine(request, client);
    case JWT_BEARER:
      return idJagGrant.redeem(request, client);
  }
}

/** RFC 6749 §5.1. Always with `scope`: clients that do not see it forget which scopes they had. */
function tokenResponse(tokens: TokenSet): Readonly<Record<string, unknown>> {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresInSeconds,
    scope: formatScope(tokens.scopes),
    ...(tokens.refreshToken !== undefined && { refresh_token: tokens.refreshToken }),
  };
}
