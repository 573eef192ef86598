/**
 * From what people wrote to what a resource server uses, where Auth0 itself is the authorization server.
 *
 * The first thing `auth0McpResource()` does. The rules are those of `auth0Mcp()`, fewer of them.
 *
 * @module
 */
import type { ResourceConfig } from './config.js';
import { deepFreeze } from './deep-freeze.js';
import type { Environment } from './env.js';
import { Auth0McpConfigError } from './errors.js';
import { type OptionReader, readOptions } from './given-options.js';
import { type OptionName, RESOURCE_OPTION_NAMES } from './option-table.js';
import type { Auth0McpResourceOptions } from './resource-options.js';
import { resolveAllowedOrigins, resolveAnonymous, resolveMaxMessageBytes } from './rules/access.js';
import { resolveEventListener } from './rules/ports.js';
import { requireOptions } from './rules/required.js';
import { resolveResourceScopes } from './rules/scopes.js';
import { resolveTenant } from './rules/tenant.js';
import { resolveResourcePlace } from './rules/urls.js';

/** Advice for those options whose purpose has another way here. */
const INSTEAD: Readonly<Partial<Record<OptionName, string>>> = {
  scopesSupported: 'What a first login is to ask for goes into defaultScopes',
  clients: 'Clients are applications of the tenant',
  issuerUrl: 'The issuer is the tenant',
};

const RESOURCE_SERVER: OptionReader = {
  name: 'auth0McpResource()',
  options: RESOURCE_OPTION_NAMES,
  refuse(option) {
    const instead = INSTEAD[option] ?? 'Clients register and log in at Auth0 itself';
    return new Auth0McpConfigError(
      option,
      `${option} is an option of auth0Mcp(), not of auth0McpResource(). ${instead}: leave it out, or use auth0Mcp().`,
    );
  },
};

/**
 * @param options as given to `auth0McpResource()`; undefined means: all from the environment
 * @param environment `currentEnvironment()`, or a record of one's own
 * @returns deeply frozen, but for the logger and listener that the caller brought
 * @throws Auth0McpConfigError an unknown option or one of `auth0Mcp()` alone, all that are missing, or
 *   the first wrong one
 */
export function resolveResourceConfig(
  options: Auth0McpResourceOptions | undefined,
  environment: Environment,
): ResourceConfig {
  const { raw, logger } = readOptions(options, environment, RESOURCE_SERVER);
  requireOptions(raw, ['configUrl', 'baseUrl']);
  const place = resolveResourcePlace(raw);
  const scopes = resolveResourceScopes(raw, logger);
  const rules = {
    ...place,
    auth0: resolveTenant(raw, place.resource, logger),
    scopes,
    anonymous: resolveAnonymous(raw, scopes.byTool),
    allowedOrigins: resolveAllowedOrigins(raw),
    maxMessageBytes: resolveMaxMessageBytes(raw),
  };
  return Object.freeze({ ...deepFreeze(rules), logger, onEvent: resolveEventListener(raw) });
}
