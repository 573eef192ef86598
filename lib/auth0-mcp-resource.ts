/** `auth0McpResource(options)`: the MCP endpoint as a protected resource of Auth0, the authorization server. */
import { mount, type ProtectedResource } from './app/mount.js';
import { type Neighbours, processServers, type Server } from './app/neighbours.js';
import { createResourceContext, type ResourceContext } from './app/resource-context.js';
import { resourceRoutesOf } from './app/routes.js';
import { currentEnvironment } from './config/env.js';
import { resolveResourceConfig } from './config/resolve.js';
import type { Auth0McpResourceOptions } from './config/resource-options.js';
import { hostEnvironment } from './core.js';

/**
 * The guard, and the metadata that sends clients to the tenant. Mount it with `app.use(auth)` before
 * the MCP route; `metadata` and `bearer()` are for apps that want to place them one by one.
 */
export interface Auth0McpResource extends ProtectedResource {
  /** Resolves once the tenant's metadata and signing keys are at hand; rejects with what to repair. */
  ready(): Promise<void>;
  /** Stops its timers, and leaves the origin to the other servers of this process. */
  close(): Promise<void>;
}

/**
 * Lets in whoever has an access token of the Auth0 tenant for this MCP endpoint. Clients register and
 * log in at Auth0 itself ("Auth for MCP"); here nothing is stored.
 *
 * @param options code wins over the environment; left out, the environment is the configuration
 * @throws Auth0McpConfigError a wrong, missing or unknown option, or one that `auth0Mcp()` alone takes;
 *   the message has the remedy
 */
export function auth0McpResource(options?: Auth0McpResourceOptions): Auth0McpResource {
  const config = resolveResourceConfig(options, currentEnvironment());
  return assembleResource(createResourceContext(config, hostEnvironment()), processServers);
}

/** Specs call it with a context of their own. @param servers of the process */
export function assembleResource(
  context: ResourceContext,
  servers: Set<Server> = new Set(),
): Auth0McpResource {
  const routes = (neighbours: Neighbours) => resourceRoutesOf(context, neighbours);
  return mount(context, 'auth0McpResource()', routes, servers).server;
}
