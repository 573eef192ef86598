/**
 * From a bearer token to the caller, where the token is Auth0's own.
 *
 * Spec: RFC 6750 §3.1, RFC 9068 §4; MCP authorization, "Token Handling".
 *
 * @module
 */
import { Auth0Error } from '../auth0/auth0.js';
import type { PresentedToken, PresentedTokens } from '../auth0/presented-token.js';
import { TokenExpiredError } from '../auth0/signed-token.js';
import { InvalidTokenError } from '../oauth/errors.js';
import type { AccessToken } from './auth-info.js';
import { TokenPassthroughError } from './token-passthrough-refused.js';
import type { VerifyBearer } from './verification.js';

/** What is thrown for an outage of Auth0 stays what it is: 503, never 401 (R-RS-7). */
export function createAuth0Verification(tokens: PresentedTokens): VerifyBearer {
  return function verifyBearer(token) {
    try {
      const presented = tokens.verify(token);
      if (!(presented instanceof Promise)) return callerOf(token, presented);
      return presented.then(
        (found) => callerOf(token, found),
        (error) => Promise.reject(refusal(error)),
      );
    } catch (error) {
      throw refusal(error);
    }
  };
}

function callerOf(token: string, presented: PresentedToken): AccessToken {
  const { clientId, scopes, expiresAt, subject, claims } = presented;
  return {
    token,
    clientId,
    scopes: [...scopes],
    expiresAt,
    subject,
    claims,
    user: NOBODY_ASKED,
    auth0Token,
  };
}

/** There is no ID token here. */
const NOBODY_ASKED: Record<string, unknown> = Object.freeze({});

const auth0Token = Object.freeze(async (): Promise<string> => {
  throw new TokenPassthroughError();
});

/** In one wording, whatever is wrong; the log has the reason, and the remedy where there is one. */
function refusal(error: unknown): unknown {
  if (error instanceof TokenExpiredError)
    return new InvalidTokenError('The access token has expired');
  if (!(error instanceof Auth0Error) || error.kind === 'unavailable') return error;
  const { message, remedy } = error;
  return new InvalidTokenError('The access token is not valid here', {
    detail: remedy === undefined ? message : `${message}. ${remedy}`,
  });
}
