/**
 * Token endpoint: a code, or a refresh token, for our tokens.
 *
 * Spec: RFC 6749 §3.2, §4.1.3, §5 and §6; OAuth 2.1 §3.2.
 * Flow: route table → noStore → exchange → Grants.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import type { Grants } from '../grants/grants.js';
import type { TokenSet } from '../grants/token-set.js';
import { noStore } from '../http/answer-headers.js';
import type { OpenClientRequest } from '../http/client-requests.js';
import { handler } from '../http/handler.js';
import type { AttemptRefresh } from '../http/refresh-attempts.js';
import { sendJson } from '../http/send-json.js';
import { formatScope } from '../oauth/scope.js';
import { parseTokenRequest } from '../oauth/token-request.js';

export interface TokenDeps {
  resource: string;
  openRequest: OpenClientRequest;
  attemptRefresh: AttemptRefresh;
  grants: Pick<Grants, 'redeemCode' | 'refresh'>;
}

/**
 * Builds the handlers of `POST /token`.
 *
 * @throws InvalidClient (401), InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget,
 *   UnsupportedGrantType (400), TooManyRequests (429), TemporarilyUnavailable (503): as R-ERR lists
 *   them
 */
export function tokenEndpoint(deps: TokenDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function exchange(req, res) {
      const { form, client } = await deps.openRequest(req, res);
      const request = parseTokenRequest(form, deps.resource);
      const tokens =
        request.grantType === 'authorization_code'
          ? await deps.grants.redeemCode(request, client)
          : await deps.attemptRefresh(req, request.refreshToken, (caller) =>
              deps.grants.refresh(request, client, caller),
            );
      if (tokens.onSent !== undefined) res.once('finish', tokens.onSent);
      sendJson(res, 200, tokenResponse(tokens));
    }),
  ];
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
