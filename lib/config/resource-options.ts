/**
 * What a user may write: the options of `auth0McpResource()`. All but two mean what they mean for
 * `auth0Mcp()` and are documented there; `resolve-resource.ts` turns them into a `ResourceConfig`.
 *
 * @module
 */
import type { Auth0McpOptions } from './options.js';

/** Those that both servers take, with one meaning. */
type CommonOptions = Pick<
  Auth0McpOptions,
  | 'configUrl'
  | 'domain'
  | 'baseUrl'
  | 'resourcePath'
  | 'resourceBaseUrl'
  | 'strippedPrefix'
  | 'defaultScopes'
  | 'toolScopes'
  | 'impliedScopes'
  | 'anonymous'
  | 'allowedOrigins'
  | 'maxMessageBytes'
  | 'upstreamTimeoutSeconds'
  | 'logger'
  | 'onEvent'
>;

/**
 * Options of `auth0McpResource()`. Unknown names throw, and so do those that only `auth0Mcp()` takes;
 * in the environment the latter are passed over.
 */
export interface Auth0McpResourceOptions extends CommonOptions {
  /**
   * Identifier of the Auth0 API that access tokens have to be for, to the character. MCP clients ask
   * Auth0 for tokens for the URL of the MCP endpoint, so the API has to have that URL as its identifier;
   * another one works only where the tenant ignores what clients ask for, and is warned of.
   *
   * Default: the URL of the MCP endpoint, `baseUrl` + `resourcePath`.
   * Environment: `AUTH0_MCP_AUDIENCE`, `FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE`.
   */
  readonly audience?: string | undefined;

  /**
   * Scopes that every token must have; permissions of Auth0's RBAC count. Name permissions of your API.
   * `openid` and its like are given to no third-party application, which is what every client is that
   * registers itself or is imported.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_REQUIRED_SCOPES`, `FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES`.
   */
  readonly requiredScopes?: string | readonly string[] | undefined;
}
