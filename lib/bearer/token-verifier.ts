/**
 * A token verifier for `requireBearerAuth` of the MCP SDK, whose errors the SDK responds to with 401, not 500.
 *
 * SDK v2 recognizes its errors by a brand; v1 by class, which the app passes in. The SDK is not imported.
 */
import { toOAuthError } from '../http/error-responses.js';
import { InvalidTokenError } from '../oauth/errors.js';
import type { AuthInfo } from './caller.js';

/** The part of `@modelcontextprotocol/sdk/server/auth/errors.js` that {@link TokenVerifier} needs. */
export interface SdkErrors {
  /** The SDK responds with 401 to errors of this class. */
  readonly InvalidTokenError: new (
    message: string,
  ) => Error;
}

/** Same shape as `OAuthTokenVerifier` of the SDK. */
export interface TokenVerifier {
  /**
   * Verifies an access token.
   *
   * @throws an error that the SDK responds to with 401 for an invalid token, with 5xx for an outage
   */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** Where SDK v2 looks for the brands of an error, across several copies of the SDK. */
const BRANDS: unique symbol = Symbol.for('mcp.sdk.errorBrands') as never;

/** {@link InvalidTokenError} that is an `OAuthError` of SDK v2 as well. */
class BrandedInvalidTokenError extends InvalidTokenError {
  readonly [BRANDS]: ReadonlySet<string> = new Set(['mcp.OAuthError']);

  toResponseObject(): Readonly<Record<string, string>> {
    return { error: this.code, error_description: this.description };
  }
}

/** @param errors of SDK v1 */
export function createTokenVerifier(
  verify: (token: string) => Promise<AuthInfo>,
  errors?: SdkErrors,
): TokenVerifier {
  return {
    async verifyAccessToken(token) {
      try {
        return await verify(token);
      } catch (thrown) {
        const error = toOAuthError(thrown);
        if (!(error instanceof InvalidTokenError)) throw error;
        // The SDK sends the message to the client, so the detail stays in the cause.
        if (errors !== undefined) throw new errors.InvalidTokenError(error.description);
        throw new BrandedInvalidTokenError(error.description, { cause: error });
      }
    },
  };
}
