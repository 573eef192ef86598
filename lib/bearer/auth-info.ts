/**
 * What the guard leaves on the request: the shape the MCP SDK hands to tools.
 *
 * The SDK is not imported: `AuthInfo` is stated here, and a compile-only spec proves it the same.
 *
 * @module
 */

/** Who is calling. Same shape as `AuthInfo` of the MCP SDK. */
export interface AuthInfo {
  /** The access token as it was presented: ours, with `auth0McpResource()` Auth0's. */
  token: string;
  /** The OAuth client that acts for the person. */
  clientId: string;
  /** What the token was granted. */
  scopes: string[];
  /** Unix seconds. */
  expiresAt?: number;
  /** The resource the token is for (RFC 8707). */
  resource?: URL;
  /** `subject`, `claims`, `user` and `auth0Token` of {@link AccessToken}. */
  extra?: Record<string, unknown>;
}

/** The person and client behind the current call. */
export interface AccessToken {
  /**
   * The access token that was presented: ours, with `auth0McpResource()` Auth0's. It is for this
   * server, which must not send it on.
   */
  readonly token: string;
  /** The MCP client that acts; with `auth0McpResource()` the application at Auth0. */
  readonly clientId: string;
  /** What the token was granted; with `auth0McpResource()` permissions of Auth0's RBAC too. */
  readonly scopes: string[];
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Auth0's `sub`: stable for the person; key anything you keep for them by it. */
  readonly subject: string;
  /** Verified claims of Auth0's access token: `iss`, `aud`, `scope`, `permissions` … Frozen. */
  readonly claims: Record<string, unknown>;
  /**
   * Verified claims of Auth0's ID token: `name`, `email`, `picture` … Frozen. Empty with
   * `auth0McpResource()`, where an ID token, if there is one, goes to the client.
   */
  readonly user: Record<string, unknown>;
  /**
   * A live Auth0 access token for a call to the API behind `audience`: good for a minute at least,
   * renewed when due, once however many calls ask at the same time.
   *
   * @throws Auth0SessionEndedError the session at Auth0 is over, the person has to log in again
   * @throws TokenPassthroughError always with `auth0McpResource()`, which has no token but the
   *   client's
   * @throws an error with `code` `temporarily_unavailable` when Auth0 cannot be asked now and the
   *   token at hand has run out
   */
  auth0Token(): Promise<string>;
}

declare module 'express-serve-static-core' {
  interface Request {
    /** Set by the guard: who is calling. */
    auth?: AuthInfo;
  }
}
