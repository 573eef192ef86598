/** The options of `auth0McpResource()`. Most are those of `auth0Mcp()`, documented there. */
import { OPTION_NAMES, type OptionName } from './option-table.js';
import type { Auth0McpOptions } from './options.js';

/** Options of both functions. */
const COMMON_OPTIONS = [
  'configUrl',
  'domain',
  'tokenEndpointAuthMethod',
  'auth0PrivateKey',
  'baseUrl',
  'resourcePath',
  'resourceBaseUrl',
  'strippedPrefix',
  'defaultScopes',
  'toolScopes',
  'impliedScopes',
  'anonymous',
  'allowedOrigins',
  'maxMessageBytes',
  'upstreamTimeoutSeconds',
  'logger',
  'onEvent',
] as const;

type CommonOptions = Pick<Auth0McpOptions, (typeof COMMON_OPTIONS)[number]>;

/**
 * Options of `auth0McpResource()`. Unknown names throw, and so do those of `auth0Mcp()` alone;
 * in the environment the latter are ignored.
 */
export interface Auth0McpResourceOptions extends CommonOptions {
  /**
   * Identifier of the Auth0 API that access tokens have to be for, exactly. MCP clients request
   * tokens for the URL of the MCP endpoint, so the API has to have that URL as its identifier;
   * another one works only if the tenant ignores that request, and is logged as a warning.
   *
   * Default: the URL of the MCP endpoint, `baseUrl` + `resourcePath`.
   * Environment: `AUTH0_MCP_AUDIENCE`, `FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE`.
   */
  readonly audience?: string | undefined;

  /**
   * Scopes that every token must have; permissions of Auth0's RBAC count. Name permissions of your API.
   * Auth0 does not grant OpenID scopes such as `openid` to third-party applications, and every client that
   * registers itself or is imported is one.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_REQUIRED_SCOPES`, `FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES`.
   */
  readonly requiredScopes?: string | readonly string[] | undefined;

  /**
   * Client ID of the application that exchanges tokens of clients for tokens of other APIs, in `auth0Token({ audience })`:
   * a Custom API client of the API that `audience` names, with On-Behalf-Of Token Exchange allowed.
   *
   * Default: none; `auth0Token()` then throws.
   * Environment: `AUTH0_MCP_CLIENT_ID`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID`.
   */
  readonly clientId?: string | undefined;

  /**
   * Client secret of that application, unless it has a private key.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_CLIENT_SECRET`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET`.
   */
  readonly clientSecret?: string | undefined;
}

/** Names of these options, in documentation order. */
export const RESOURCE_OPTION_NAMES: readonly OptionName[] = OPTION_NAMES.filter((name) =>
  [...COMMON_OPTIONS, 'audience', 'requiredScopes', 'clientId', 'clientSecret'].includes(name),
);
