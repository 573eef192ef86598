/**
 * `auth0McpResource(options)`: the MCP endpoint as a protected resource, where Auth0 itself is the
 * authorization server. Resolve, wire, mount, as in `auth0-mcp.ts`.
 *
 * @module
 */
import { currentEnvironment } from './config/env.js';
import { resolveResourceConfig } from './config/resolve.js';
import type { Auth0McpResourceOptions } from './config/resource-options.js';
import { hostEnvironment, processNeighbours } from './wiring/host-environment.js';
import { type ProtectedResource, protectedResource } from './wiring/protected-resource.js';
import { wireResource } from './wiring/resource.js';

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
  return protectedResource(wireResource(config, hostEnvironment(), processNeighbours));
}
