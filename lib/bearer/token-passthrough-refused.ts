/**
 * The error for a tool that wants a token of Auth0's where there is only the client's.
 *
 * Spec: MCP authorization, "Access Token Privilege Restriction"; security best practices, "Token
 * Passthrough"; RS-18.
 *
 * @module
 */

/**
 * With `auth0McpResource()` the one token there is was issued to the client, for this server. The MCP
 * specification forbids sending it on: the API behind would take this server for the client, and whoever
 * obtains a token there could use it here. For an API behind this server, exchange it at Auth0
 * (On-Behalf-Of Token Exchange, RFC 8693) with an application of the server's own.
 */
export class TokenPassthroughError extends Error {
  /** For where `instanceof` cannot tell. */
  override readonly name = 'TokenPassthroughError';
  /** The same, in Node's manner. */
  readonly code = 'ERR_AUTH0_MCP_TOKEN_PASSTHROUGH';

  constructor() {
    super(
      'auth0Token() has no token to give with auth0McpResource(): the one presented is for this server, and the MCP specification forbids passing it on. Exchange it at Auth0 for one of the API behind (On-Behalf-Of Token Exchange), or use auth0Mcp(), which keeps tokens of its own.',
    );
  }
}
