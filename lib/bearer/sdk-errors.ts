/**
 * A refused token, told so that the MCP SDK's own bearer check answers 401 and not 500.
 *
 * SDK v2 recognises its errors by a brand, which anybody may carry; v1 by class, which only its user
 * can give us. The SDK is not imported.
 *
 * @module
 */
import { toOAuthError } from '../http/oauth-error.js';
import { InvalidTokenError } from '../oauth/errors.js';
import type { AuthInfo } from './auth-info.js';

/** What of `@modelcontextprotocol/sdk/server/auth/errors.js` is needed. */
export interface SdkErrors {
  /** The class to which the SDK's own check answers 401. */
  readonly InvalidTokenError: new (
    message: string,
  ) => Error;
}

/** Same shape as `OAuthTokenVerifier` of the SDK. */
export interface TokenVerifier {
  /** Says whose a token is, or throws what the SDK understands. */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}

/** Where SDK v2 looks for the brands of an error, whichever copy of it made the error. */
const BRANDS: unique symbol = Symbol.for('mcp.sdk.errorBrands') as never;

/** {@link InvalidTokenError} that is an `OAuthError` to SDK v2 as well. */
class BrandedInvalidToken extends InvalidTokenError {
  readonly [BRANDS]: ReadonlySet<string> = new Set(['mcp.OAuthError']);

  toResponseObject(): Readonly<Record<string, string>> {
    return { error: this.code, error_description: this.description };
  }
}

/**
 * @param verify throws anything; what is no refusal stays what it is, and becomes a 5xx in the SDK
 * @param errors of SDK v1
 */
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
        // The SDK puts the message on the wire, so the detail stays with the cause.
        if (errors !== undefined) throw new errors.InvalidTokenError(error.description);
        throw new BrandedInvalidToken(error.description, { cause: error });
      }
    },
  };
}
