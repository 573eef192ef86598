/** The caller of a guarded request, as the app sees it: `req.auth`, `getAccessToken()` and its errors. */
import type { Auth0TokenRequest } from '../auth0/auth0.js';
import { requestContext, runInContext } from '../config/request-context.js';
import { type ChallengeBase, errorChallenge } from '../oauth/challenge.js';
import { InvalidTokenError } from '../oauth/errors.js';
import { shareInstances } from '../process-wide.js';

/** The caller, in the shape of the MCP SDK's `AuthInfo`. The SDK itself is not imported. */
export interface AuthInfo {
  /** The access token of the request: issued by this server, with `auth0McpResource()` by Auth0. */
  token: string;
  /** The OAuth client that acts for the user. */
  clientId: string;
  /** Granted scopes. */
  scopes: string[];
  /** Unix seconds. */
  expiresAt?: number;
  /** The resource that the token is for (RFC 8707). */
  resource?: URL;
  /** `subject`, `isMachine`, `claims`, `user`, `enterprise`, `auth0Token` and `connectionToken` of {@link AccessToken}. */
  extra?: Record<string, unknown>;
}

/** The client of the current request, and its user if there is one. */
export interface AccessToken {
  /**
   * The access token of the request: issued by this server, with `auth0McpResource()` by Auth0. Its audience is this
   * server, which must not pass it on.
   */
  readonly token: string;
  /** The MCP client; with `auth0McpResource()` the application at Auth0. */
  readonly clientId: string;
  /** Granted scopes; with `auth0McpResource()` permissions of Auth0's RBAC as well. Frozen. */
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Auth0's `sub`: the stable id of the user. Without a user the `clientId`; with `auth0McpResource()` `CLIENT@clients`. */
  readonly subject: string;
  /** Whether the client acts without a user, with a token by the grant `client_credentials`. */
  readonly isMachine: boolean;
  /** Verified claims of Auth0's access token: `iss`, `aud`, `scope`, `permissions` … Frozen. Empty without one. */
  readonly claims: Record<string, unknown>;
  /**
   * Verified claims of Auth0's ID token: `name`, `email`, `picture` … Frozen. Empty without a user, and with
   * `auth0McpResource()`, where the client receives the ID token.
   */
  readonly user: Record<string, unknown>;
  /**
   * For an employee whom an issuer of the option `enterprise` has authenticated: the issuer, and the verified claims of its
   * assertion. Frozen. `user` then has `sub` alone, and `claims` is empty.
   */
  readonly enterprise?: { readonly issuer: string; readonly claims: Record<string, unknown> };
  /**
   * An Auth0 access token for an API of the tenant, valid for at least another minute. It is cached, and requested or
   * refreshed when necessary, once for parallel calls. It is for this API, this user and these scopes: a token that
   * is not is refused.
   *
   * For another API than that of the option `audience`, Auth0 has to allow it to the application: with `auth0Mcp()` by
   * a policy of its Multi-Resource Refresh Token, with `auth0McpResource()` by On-Behalf-Of Token Exchange.
   *
   * @param request default: the API of the option `audience`, with the scopes of the login
   * @throws Auth0SessionEndedError the Auth0 session has ended, or Auth0 requires a new login for this API
   * @throws Auth0ApiAccessError the tenant allows the application no such token
   * @throws NoAuth0TokenError Auth0 issued no token for this caller: an employee (`enterprise`), or a client without a
   *   user, unless it is an application of Auth0
   * @throws TokenPassthroughError with `auth0McpResource()`, for the API of this server
   * @throws Auth0McpConfigError with `auth0McpResource()`, without `clientId` and a secret or key
   * @throws TypeError `request` is malformed
   * @throws an error with `code` `temporarily_unavailable` when no token is cached and Auth0 cannot be reached
   */
  auth0Token(request?: Auth0TokenRequest): Promise<string>;
  /**
   * **Experimental**, not yet used with a live tenant. An access token of the user's account at another provider, from
   * Auth0's Token Vault. It is cached, and requested when necessary, once for parallel calls. Only the provider can
   * verify it.
   *
   * @param connection a name in the option `connections`, such as `google-oauth2`
   * @throws ConnectionRequiredError the user has to connect an account first, at its `url`
   * @throws Auth0SessionEndedError the Auth0 session has ended and the user has to log in again
   * @throws Auth0ApiAccessError the tenant does not allow it to the application
   * @throws Auth0McpConfigError the connection is not in the option, or with `auth0McpResource()`
   * @throws an error with `code` `temporarily_unavailable` when no token is cached and Auth0 cannot be reached
   */
  connectionToken(connection: string, request?: ConnectionTokenRequest): Promise<string>;
}

/** Which account of the connection. */
export interface ConnectionTokenRequest {
  /** The user's id at the provider. Default: the only account. */
  readonly loginHint?: string | undefined;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** The verified caller, set by the guard. */
    auth?: AuthInfo;
  }
}

/** Runs `work`, and everything it awaits, with `accessToken` as the result of {@link getAccessToken}. */
export function runWithAccessToken<T>(accessToken: AccessToken, work: () => T): T {
  // A new context: one request may be dispatched inside another, and must not change its caller.
  return runInContext({ accessToken }, work);
}

/**
 * The user and client of the current request. For tools, and for all code that a guarded route runs.
 *
 * @throws Error outside of a guarded request
 */
export function getAccessToken(): AccessToken {
  // Only runWithAccessToken() sets it.
  const accessToken = requestContext()?.accessToken as AccessToken | undefined;
  if (accessToken === undefined) {
    throw new Error(
      'getAccessToken() was called outside of a guarded request: call it inside a tool or a route behind auth0Mcp(), auth0McpResource() or auth.bearer(), not at start-up and not in a timer; app.use(auth) has to come before the route',
    );
  }
  return accessToken;
}

/**
 * The Auth0 session has ended: it was revoked, has expired, or Auth0 requires multi-factor authentication.
 * The access token of this server is revoked with it, so its next request is a 401 and the client starts a new login.
 *
 * `code`, `status` and `headers` make it a 401 with a Bearer challenge: in an Express route, pass it to `next`,
 * and Express's error handler sends that response. An error handler of the app can use
 * `res.status(error.status).set(error.headers)`. In an MCP tool it becomes a tool error, since the response has
 * started.
 */
export class Auth0SessionEndedError extends InvalidTokenError {
  /** The challenge that starts a new login; Express's error handler sends it. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(challenge: ChallengeBase, cause: unknown) {
    super('The login has ended: log in again', { cause });
    this.headers = {
      'WWW-Authenticate': errorChallenge(challenge, this),
      'Cache-Control': 'no-store',
    };
  }
}
shareInstances(Auth0SessionEndedError, 'Auth0SessionEndedError');

/**
 * Auth0 issued no token for this caller, which got its access token by the grant `client_credentials` or by an identity
 * assertion. A tool that calls an API as the user is for users who logged in at Auth0; `isMachine` and `enterprise` tell
 * them apart.
 */
export class NoAuth0TokenError extends Error {
  /** For code that cannot use `instanceof`. */
  override readonly name = 'NoAuth0TokenError';
  /** Stable error code, as in Node. */
  readonly code = 'ERR_AUTH0_MCP_NO_AUTH0_TOKEN';

  constructor() {
    super(
      'auth0Token() has no token to return: this caller has no login at Auth0. Check isMachine and enterprise first, require a scope that only users have, or give the client auth0Application: true in clients, so that Auth0 issues a token for it.',
    );
  }
}
shareInstances(NoAuth0TokenError, 'NoAuth0TokenError');

/**
 * With `auth0McpResource()` the only token is the client's, with this server as its audience. MCP forbids passing
 * it on ("Access Token Privilege Restriction", "Token Passthrough"). `auth0Token({ audience })` exchanges it at Auth0
 * for a token of another API (On-Behalf-Of Token Exchange, RFC 8693).
 */
export class TokenPassthroughError extends Error {
  /** For code that cannot use `instanceof`. */
  override readonly name = 'TokenPassthroughError';
  /** Stable error code, as in Node. */
  readonly code = 'ERR_AUTH0_MCP_TOKEN_PASSTHROUGH';

  constructor() {
    super(
      "auth0Token() has no token for this server's own API with auth0McpResource(): the client's token is for this server, and MCP forbids passing it on. auth0Token({ audience }) exchanges it for a token of another API (On-Behalf-Of Token Exchange); auth0Mcp() holds Auth0 tokens of its own.",
    );
  }
}
shareInstances(TokenPassthroughError, 'TokenPassthroughError');
