/** `auth0McpResource(options)`: the MCP endpoint as a protected resource of Auth0, the authorization server. */
import { mount, type ProtectedResource } from './app/mount.js';
import { type OtherServers, processServers, type Server } from './app/other-servers.js';
import { createResourceContext, type ResourceContext } from './app/resource-context.js';
import { type Route, resourceRoutesOf } from './app/routes.js';
import { currentEnvironment } from './config/env.js';
import { withCallersStack } from './config/errors.js';
import { resolveResourceConfig } from './config/resolve.js';
import type { Auth0McpResourceOptions } from './config/resource-options.js';
import { hostEnvironment } from './core.js';

/**
 * The guard, and the metadata that sends clients to the tenant: mount it with `app.use(auth)` before the MCP route.
 * Apps that mount the parts one by one use `metadata` and `bearer()`.
 */
export interface Auth0McpResource extends ProtectedResource {
  /** Resolves once the tenant's metadata and signing keys are fetched; rejects with what to repair. */
  ready(): Promise<void>;
  /** Stops timers. Other servers of this process may then serve the root of the origin. */
  close(): Promise<void>;
}

/**
 * Accepts access tokens that the Auth0 tenant issued for this MCP endpoint. Clients register and log in at Auth0
 * itself ("Auth for MCP"); this server stores nothing.
 *
 * @param options take precedence over the environment. Default: the environment alone
 * @throws Auth0McpConfigError a wrong, missing or unknown option, or one that `auth0Mcp()` alone takes;
 *   the message has the remedy
 */
export function auth0McpResource(options?: Auth0McpResourceOptions): Auth0McpResource {
  const config = withCallersStack(auth0McpResource, () =>
    resolveResourceConfig(options, currentEnvironment()),
  );
  return assembleResource(createResourceContext(config, hostEnvironment()), processServers);
}

/** Specs call it with a context of their own. @param servers of the process */
export function assembleResource(
  context: ResourceContext,
  servers: Set<Server> = new Set(),
): Auth0McpResource {
  const routes = (others: OtherServers): readonly Route[] => resourceRoutesOf(context, others);
  return mount(context, 'auth0McpResource()', routes, servers).server;
}
