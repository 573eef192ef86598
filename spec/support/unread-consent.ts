/** `auth0Mcp()` as an app calls it, but for the time to read the consent page, which no spec needs. */
import { type Auth0Mcp, assemble } from '../../lib/auth0-mcp.js';
import { currentEnvironment } from '../../lib/config/env.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import { hostEnvironment, processNeighbours } from '../../lib/wiring/host-environment.js';
import { wire } from '../../lib/wiring/wiring.js';

export function auth0McpUnread(options: Auth0McpOptions): Auth0Mcp {
  const config = resolveConfig(options, currentEnvironment(), { embeddedStorage, redisStorage });
  return assemble(wire(config, { ...hostEnvironment(), minReadingMs: 0 }, processNeighbours));
}
