/** `auth0Mcp()` as an app calls it, but for the time to read the consent page, which no spec needs. */
import { createContext } from '../../lib/app/context.js';
import { processServers } from '../../lib/app/other-servers.js';
import { type Auth0Mcp, assemble } from '../../lib/auth0-mcp.js';
import { currentEnvironment } from '../../lib/config/env.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { type HostEnvironment, hostEnvironment } from '../../lib/core.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';

export function auth0McpUnread(
  options: Auth0McpOptions,
  host: Partial<HostEnvironment> = {},
): Auth0Mcp {
  const config = resolveConfig(options, currentEnvironment(), { embeddedStorage, redisStorage });
  return assemble(
    createContext(config, { ...hostEnvironment(), minReadingMs: 0, ...host }),
    processServers,
  );
}
