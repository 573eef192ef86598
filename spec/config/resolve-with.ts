/** Resolves a complete configuration with the options of a spec, and records what was logged. */
import type { Config } from '../../lib/config/config.js';
import type { Environment } from '../../lib/config/env.js';
import { Auth0McpConfigError } from '../../lib/config/errors.js';
import type { Logger } from '../../lib/config/logger.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';

export const REQUIRED = {
  configUrl: 'https://tenant.us.auth0.com/.well-known/openid-configuration',
  clientId: 'tv2ObNgaZAWWhhycr7Bz1LU2mxlnsmsB',
  clientSecret: 'a-secret-that-nobody-may-ever-see-in-a-message',
  audience: 'https://api.example.com',
  baseUrl: 'https://mcp.example.com',
};

/** Like the embedded storage: keeps a signing secret of its own. */
export const localStorage: Storage = {
  ...memoryStorage(),
  localSecret: () => new Uint8Array(32).fill(7),
  description: 'embedded',
};

/** Options as JavaScript code without a type checker passes them. */
export type LooseOptions = Readonly<Record<string, unknown>>;

export interface Resolved {
  config: Config;
  warnings: string[];
}

export function resolveExactly(options: unknown, environment: Environment = {}): Config {
  return resolveConfig(options as Parameters<typeof resolveConfig>[0], environment, {
    embeddedStorage: () => localStorage,
    redisStorage: ({ url }) => ({ ...memoryStorage(), description: url }),
  });
}

export function resolveWith(options: LooseOptions = {}, environment: Environment = {}): Resolved {
  const warnings: string[] = [];
  const quiet = (): void => {};
  const logger: Logger = {
    debug: quiet,
    info: quiet,
    warn: (_fields, message) => void warnings.push(message),
    error: quiet,
  };
  return { config: resolveExactly({ logger, ...REQUIRED, ...options }, environment), warnings };
}

/** The error that resolving throws; fails the spec if it throws none or another kind. */
export function refusal(resolve: () => unknown): Auth0McpConfigError {
  try {
    resolve();
  } catch (error) {
    if (error instanceof Auth0McpConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** {@link refusal} of options added to complete ones. */
export function refusalOf(
  options: LooseOptions,
  environment: Environment = {},
): Auth0McpConfigError {
  return refusal(() => resolveWith(options, environment));
}
