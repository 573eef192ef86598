/**
 * From what people wrote to what the library uses: options over environment over defaults, checked.
 *
 * The first thing `auth0Mcp()` does. Everything that can be known to be wrong is thrown here, before
 * a request is served; what only Auth0 can know comes with discovery.
 *
 * @module
 */
import { deeplyFrozen } from '../storage/deeply-frozen.js';
import type { Config } from './config.js';
import { type Environment, readEnvironment } from './env.js';
import { Auth0McpConfigError, unknownName, wrongOption } from './errors.js';
import type { Logger } from './logger.js';
import { isOptionName, OPTION_NAMES, type OptionName, type RawOptions } from './option-table.js';
import type { Auth0McpOptions } from './options.js';
import { resolveAllowedOrigins, resolveAnonymous, resolveConsent } from './rules/access.js';
import { resolveAppearance } from './rules/appearance.js';
import { resolveClients } from './rules/clients.js';
import { resolveKeys } from './rules/keys.js';
import { resolveLifetimes } from './rules/lifetimes.js';
import {
  resolveEventListener,
  resolveLogger,
  resolveStorage,
  type StorageFactories,
} from './rules/ports.js';
import { resolveScopes } from './rules/scopes.js';
import { resolveAuth0 } from './rules/tenant.js';
import { resolveUrls } from './rules/urls.js';

/**
 * @param options as given to `auth0Mcp()`; undefined means: all from the environment
 * @param environment `currentEnvironment()`, or a record of one's own
 * @param deps makes the storage that is not passed in; called last, when all else is right
 * @returns deeply frozen, but for the storage, logger and listener that the caller brought
 * @throws Auth0McpConfigError the first wrong, missing or unknown option
 */
export function resolveConfig(
  options: Auth0McpOptions | undefined,
  environment: Environment,
  deps: StorageFactories,
): Config {
  const code = checkedNames(options);
  const logger = resolveLogger(code);
  const found = readEnvironment(environment);
  for (const remark of found.remarks) logger.warn({}, remark);
  const raw = merged(code, found.options);

  const rules = resolveRules(raw, logger);
  const onEvent = resolveEventListener(raw);
  const choice = {
    given: code.storage,
    redisUrl: found.options.storage,
    hasSigningKey: rules.jwtSigningKeys.length > 0,
  };
  const storage = resolveStorage(choice, deps);
  return Object.freeze({ ...deeplyFrozen(rules), storage, logger, onEvent });
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
    ...resolveAppearance(raw, urls.resource),
    lifetimes: resolveLifetimes(raw),
    jwtSigningKeys: resolveKeys(raw, 'jwtSigningKey'),
    storageEncryptionKeys: resolveKeys(raw, 'storageEncryptionKey'),
  };
}

function checkedNames(options: unknown): RawOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongOption('options', options, 'auth0Mcp() takes one object, or nothing.');
  }
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name);
    values[name] = value;
  }
  return values;
}

/** What FastMCP's Auth0Provider calls those of its parameters that have another name here. */
const FASTMCP_NAMES: ReadonlyMap<string, OptionName> = new Map([
  ['client_storage', 'storage'],
  ['timeout_seconds', 'upstreamTimeoutSeconds'],
  ['require_authorization_consent', 'consent'],
  ['fallback_refresh_token_expiry_seconds', 'refreshTokenTtlSeconds'],
  ['fastmcp_access_token_expiry_seconds', 'accessTokenTtlSeconds'],
  ['enable_cimd', 'clientIdMetadataDocuments'],
  ['valid_scopes', 'scopesSupported'],
  ['extra_authorize_params', 'authorizeParams'],
]);

function unknownOption(name: string): Auth0McpConfigError {
  const ours = FASTMCP_NAMES.get(name);
  if (ours === undefined) return unknownName('option', name, OPTION_NAMES);
  return new Auth0McpConfigError(name, `Unknown option "${name}". Its name here is ${ours}.`);
}

/** Code wins option by option; two ways to say one thing are one option in this. */
function merged(code: RawOptions, environment: RawOptions): RawOptions {
  const values: Partial<Record<OptionName, unknown>> = {};
  const namesTenant = code.configUrl !== undefined || code.domain !== undefined;
  for (const option of OPTION_NAMES) {
    const isSettled = namesTenant && (option === 'configUrl' || option === 'domain');
    const fallback = isSettled ? undefined : environment[option];
    values[option] = laidOver(code[option], fallback);
  }
  return values;
}

/** An object in the environment is one whose fields are set one by one: code wins by field. */
function laidOver(code: unknown, fallback: unknown): unknown {
  if (code === undefined) return fallback;
  if (!isPlainObject(code) || !isPlainObject(fallback)) return code;
  const given = Object.entries(code).filter(([, value]) => value !== undefined);
  return { ...fallback, ...Object.fromEntries(given) };
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
