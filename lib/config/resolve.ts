/**
 * From options to configuration: values in code over the environment over defaults, checked.
 *
 * Every error that can be known before a request is thrown here; what only Auth0 knows is reported later.
 */
import { IncomingMessage } from 'node:http';

import { JWT_BEARER } from '../oauth/token-request.js';
import type { Config, ResourceServerConfig } from './config.js';
import { deepFreeze } from './deep-freeze.js';
import { type Environment, readEnvironment } from './env.js';
import { Auth0McpConfigError, label, unknownName, wrongOption } from './errors.js';
import type { Logger } from './logger.js';
import { isOptionName, OPTION_NAMES, type OptionName, type RawOptions } from './option-table.js';
import type { Auth0McpOptions } from './options.js';
import { type Auth0McpResourceOptions, RESOURCE_OPTION_NAMES } from './resource-options.js';
import {
  resolveAllowedOrigins,
  resolveAnonymous,
  resolveConsent,
  resolveMaxMessageBytes,
} from './rules/access.js';
import { resolveAppearance } from './rules/appearance.js';
import { resolveClients } from './rules/clients.js';
import { resolveConnections } from './rules/connections.js';
import { resolveEnterprise } from './rules/enterprise.js';
import {
  resolveEventListener,
  resolveLogger,
  resolveStorage,
  type StorageFactories,
} from './rules/integrations.js';
import { resolveOutboundProxies } from './rules/outbound-proxies.js';
import { resolveResourceScopes, resolveScopes } from './rules/scopes.js';
import { resolveAuth0, resolveTenant } from './rules/tenant.js';
import { resolveKeys, resolveLifetimes } from './rules/tokens.js';
import { resolveResourceUrls, resolveUrls } from './rules/urls.js';
import { requireOptions, suspicionAbout, switchOf } from './values.js';

/**
 * The configuration of `auth0Mcp()`.
 *
 * @param options undefined: everything is in the environment
 * @param factories create a storage that is not passed in; called last, since they create directories
 * @returns deeply frozen, except for the caller's storage, logger and listener
 * @throws Auth0McpConfigError an unknown option, all that are missing, or the first wrong one
 */
export function resolveConfig(
  options: Auth0McpOptions | undefined,
  environment: Environment,
  factories: StorageFactories,
): Config {
  const given = readOptions(options, environment, AUTH0_MCP);
  const { raw, logger } = given;
  requireOptions(raw, ['configUrl', 'clientId', 'audience', 'baseUrl']);
  const auth0 = resolveAuth0(raw, logger);
  const urls = resolveUrls(raw);
  const scopes = resolveScopes(raw, logger);
  const clients = resolveClients(raw, scopes, logger);
  const enterprise = resolveEnterprise(raw, clients);
  const grantTypes: Config['grantTypes'] =
    enterprise.length > 0 ? [...clients.grantTypes, JWT_BEARER] : clients.grantTypes;
  const resolved = {
    auth0,
    outboundProxies: resolveOutboundProxies(environment),
    ...urls,
    scopes,
    ...clients,
    connections: resolveConnections(raw, auth0),
    enterprise,
    grantTypes,
    consent: resolveConsent(raw, logger),
    offerToolScopes: switchOf(raw, 'offerToolScopes', true),
    anonymous: resolveAnonymous(raw, scopes.byTool),
    allowedOrigins: resolveAllowedOrigins(raw),
    maxMessageBytes: resolveMaxMessageBytes(raw),
    ...resolveAppearance(raw, urls.resource),
    lifetimes: resolveLifetimes(raw),
    jwtSigningKeys: resolveKeys(raw, 'jwtSigningKey'),
    storageEncryptionKeys: resolveKeys(raw, 'storageEncryptionKey'),
  };
  const onEvent = resolveEventListener(raw);
  const hasSigningKey = resolved.jwtSigningKeys.length > 0;
  const { code, fromEnvironment } = given;
  const storage = resolveStorage(code.storage, fromEnvironment.storage, hasSigningKey, factories);
  return Object.freeze({ ...deepFreeze(resolved), storage, logger, onEvent });
}

/**
 * The configuration of `auth0McpResource()`.
 *
 * @param options undefined: everything is in the environment
 * @returns deeply frozen, except for the caller's logger and listener
 * @throws Auth0McpConfigError an unknown option or one of `auth0Mcp()` alone, all that are missing, or
 *   the first wrong one
 */
export function resolveResourceConfig(
  options: Auth0McpResourceOptions | undefined,
  environment: Environment,
): ResourceServerConfig {
  const { raw, logger } = readOptions(options, environment, AUTH0_MCP_RESOURCE);
  requireOptions(raw, ['configUrl', 'baseUrl']);
  const urls = resolveResourceUrls(raw);
  const scopes = resolveResourceScopes(raw, logger);
  const resolved = {
    ...urls,
    auth0: resolveTenant(raw, urls.resource, logger),
    outboundProxies: resolveOutboundProxies(environment),
    scopes,
    anonymous: resolveAnonymous(raw, scopes.byTool),
    allowedOrigins: resolveAllowedOrigins(raw),
    maxMessageBytes: resolveMaxMessageBytes(raw),
  };
  return Object.freeze({ ...deepFreeze(resolved), logger, onEvent: resolveEventListener(raw) });
}

/** A public function and the options that it has. */
interface OptionOwner {
  readonly name: string;
  readonly options: readonly OptionName[];
}

const AUTH0_MCP: OptionOwner = { name: 'auth0Mcp()', options: OPTION_NAMES };

const AUTH0_MCP_RESOURCE: OptionOwner = {
  name: 'auth0McpResource()',
  options: RESOURCE_OPTION_NAMES,
};

/** The options as they were written. */
interface GivenOptions {
  readonly code: RawOptions;
  readonly fromEnvironment: RawOptions;
  /** Code over environment, option by option. */
  readonly raw: RawOptions;
  readonly logger: Logger;
}

/**
 * Reads both sources and checks the names; the rules check the values. A variable of the other function's option
 * is ignored, so that one `.env` can serve both.
 *
 * @throws Auth0McpConfigError an unknown name
 */
function readOptions(options: unknown, environment: Environment, owner: OptionOwner): GivenOptions {
  const code = withKnownNames(options, owner);
  const logger = resolveLogger(code);
  const { options: fromEnvironment, warnings } = readEnvironment(environment, owner.options);
  for (const message of warnings) logger.warn({}, message);
  const raw = merge(code, fromEnvironment, owner.options);
  // A PEM has line breaks.
  for (const option of owner.options.filter((name) => name !== 'auth0PrivateKey')) {
    for (const value of [raw[option]].flat()) {
      const suspicion = typeof value === 'string' ? suspicionAbout(value) : undefined;
      if (suspicion !== undefined) logger.warn({ option }, `${label(option)}: ${suspicion}.`);
    }
  }
  return { code, fromEnvironment, raw, logger };
}

function withKnownNames(options: unknown, owner: OptionOwner): RawOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongOption('options', options, `${owner.name} takes one object, or nothing.`);
  }
  if (options instanceof IncomingMessage) {
    const remedy = `Call ${owner.name} once: app.use(${owner.name}), with the parentheses.`;
    throw new Auth0McpConfigError('options', `options: received a request. ${remedy}`);
  }
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name, owner);
    if (value !== undefined && !owner.options.includes(name)) throw notOfResource(name);
    values[name] = value;
  }
  return values;
}

/** What replaces an option of `auth0Mcp()` in `auth0McpResource()`. */
const REPLACEMENTS: Readonly<Partial<Record<OptionName, string>>> = {
  scopesSupported: 'Scopes to request at the first login belong in defaultScopes',
  clients: 'Clients are applications of the tenant',
  issuerUrl: 'The issuer is the tenant',
};

/** The error for an option that `auth0McpResource()` lacks; `auth0Mcp()` has all of them. */
function notOfResource(option: OptionName): Auth0McpConfigError {
  const replacement = REPLACEMENTS[option] ?? 'Clients register and log in at Auth0 itself';
  return new Auth0McpConfigError(
    option,
    `${option} is an option of auth0Mcp(), not of auth0McpResource(). ${replacement}: remove it, or use auth0Mcp().`,
  );
}

/** Parameters of FastMCP's Auth0 providers that have another name here. */
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

function unknownOption(name: string, owner: OptionOwner): Auth0McpConfigError {
  const ourName = FASTMCP_NAMES.get(name);
  if (ourName === undefined) return unknownName('option', name, owner.options);
  return new Auth0McpConfigError(name, `Unknown option "${name}". Its name here is ${ourName}.`);
}

/** Code wins option by option. `configUrl` and `domain` count as one option: both name the tenant. */
function merge(
  code: RawOptions,
  environment: RawOptions,
  options: readonly OptionName[],
): RawOptions {
  const values: Partial<Record<OptionName, unknown>> = {};
  const hasTenant = code.configUrl !== undefined || code.domain !== undefined;
  for (const option of options) {
    const isTenant = option === 'configUrl' || option === 'domain';
    const fallback = hasTenant && isTenant ? undefined : environment[option];
    values[option] = mergeValue(code[option], fallback);
  }
  return values;
}

/** An object in the environment has one variable for each field: code wins field by field. */
function mergeValue(code: unknown, fallback: unknown): unknown {
  if (code === undefined) return fallback;
  if (!isPlainObject(code) || !isPlainObject(fallback)) return code;
  const given = Object.entries(code).filter(([, value]) => value !== undefined);
  return { ...fallback, ...Object.fromEntries(given) };
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
