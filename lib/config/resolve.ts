/**
 * From what people wrote to what the library uses: options over environment over defaults, checked.
 *
 * The first thing `auth0Mcp()` does. Everything that can be known to be wrong is thrown here, before
 * a request is served; what only Auth0 can know comes with discovery.
 *
 * @module
 */
import type { Config } from './config.js';
import { deepFreeze } from './deep-freeze.js';
import type { Environment } from './env.js';
import { ALL_OPTIONS, readOptions } from './given-options.js';
import type { Logger } from './logger.js';
import type { RawOptions } from './option-table.js';
import type { Auth0McpOptions } from './options.js';
import {
  resolveAllowedOrigins,
  resolveAnonymous,
  resolveConsent,
  resolveMaxMessageBytes,
} from './rules/access.js';
import { resolveAppearance } from './rules/appearance.js';
import { resolveClients } from './rules/clients.js';
import { resolveKeys } from './rules/keys.js';
import { resolveLifetimes } from './rules/lifetimes.js';
import { resolveEventListener, resolveStorage, type StorageFactories } from './rules/ports.js';
import { REQUIRED_OPTIONS, requireOptions } from './rules/required.js';
import { resolveScopes } from './rules/scopes.js';
import { resolveAuth0 } from './rules/tenant.js';
import { resolveUrls } from './rules/urls.js';

/**
 * @param options as given to `auth0Mcp()`; undefined means: all from the environment
 * @param environment `currentEnvironment()`, or a record of one's own
 * @param deps makes the storage that is not passed in; called last, when all else is right
 * @returns deeply frozen, but for the storage, logger and listener that the caller brought
 * @throws Auth0McpConfigError an unknown option, all that are missing, or the first wrong one
 */
export function resolveConfig(
  options: Auth0McpOptions | undefined,
  environment: Environment,
  deps: StorageFactories,
): Config {
  const given = readOptions(options, environment, ALL_OPTIONS);
  const { raw, logger } = given;
  requireOptions(raw, REQUIRED_OPTIONS);
  const rules = resolveRules(raw, logger);
  const onEvent = resolveEventListener(raw);
  const choice = {
    given: given.code.storage,
    redisUrl: given.environment.storage,
    hasSigningKey: rules.jwtSigningKeys.length > 0,
  };
  const storage = resolveStorage(choice, deps);
  return Object.freeze({ ...deepFreeze(rules), storage, logger, onEvent });
}

function resolveRules(
  raw: RawOptions,
  logger: Logger,
): Omit<Config, 'storage' | 'logger' | 'onEvent'> {
  const auth0 = resolveAuth0(raw, logger);
  const urls = resolveUrls(raw);
  const scopes = resolveScopes(raw, logger);
  return {
    auth0,
    ...urls,
    scopes,
    ...resolveClients(raw, logger),
    consent: resolveConsent(raw, logger),
    anonymous: resolveAnonymous(raw, scopes.byTool),
    allowedOrigins: resolveAllowedOrigins(raw),
    maxMessageBytes: resolveMaxMessageBytes(raw),
    ...resolveAppearance(raw, urls.resource),
    lifetimes: resolveLifetimes(raw),
    jwtSigningKeys: resolveKeys(raw, 'jwtSigningKey'),
    storageEncryptionKeys: resolveKeys(raw, 'storageEncryptionKey'),
  };
}
