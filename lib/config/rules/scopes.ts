/** Scopes: required, supported, of tools, and implied by others (RFC 6749 §3.3). */
import { isScopeToken, unionOfScopes } from '../../oauth/scope.js';
import type { ScopeAuthentications } from '../../oauth/user-authentication.js';
import type { GuardScopes, ScopeConfig } from '../config.js';
import { wrongOption } from '../errors.js';
import type { Logger } from '../logger.js';
import type { OptionName, RawOptions } from '../option-table.js';
import { asEntries, asList, listOf } from '../values.js';

/** The scope that every Auth0 tenant has, and FastMCP's default. */
const DEFAULT_REQUIRED: readonly string[] = ['openid'];

/** Scopes about the user, not about an API: Auth0 grants none to a third-party application. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'profile', 'email', 'address', 'phone'];

/** @throws Auth0McpConfigError */
export function resolveScopes(raw: RawOptions, logger: Logger): ScopeConfig {
  const scopes = guardScopes(raw, DEFAULT_REQUIRED, logger);
  const further = scopesOf(raw, 'scopesSupported', logger) ?? [];
  // The challenge names a tool's scopes, so clients must be able to request them.
  const ofTools = [...scopes.byTool.values()].flat();
  const supported = unionOfScopes(scopes.initial, [...further, ...ofTools]);
  for (const scope of scopes.authentication.keys()) {
    if (supported.includes(scope)) continue;
    const remedy = 'No client can request this scope: name it in toolScopes or scopesSupported.';
    throw wrongOption(`scopeAuthentication.${scope}`, raw.scopeAuthentication, remedy);
  }
  return {
    ...scopes,
    // A token without a user cannot have `openid`, which is required by default.
    requiredWithoutUser: scopes.required.filter((scope) => scope !== 'openid'),
    supported,
    descriptions: descriptionsOf(raw),
  };
}

/**
 * For tokens of Auth0: none is required by default, since no scope is granted to every application of a
 * tenant.
 *
 * @throws Auth0McpConfigError
 */
export function resolveResourceScopes(raw: RawOptions, logger: Logger): GuardScopes {
  const scopes = guardScopes(raw, [], logger);
  const personal = scopes.required.filter((scope) => OPENID_SCOPES.includes(scope));
  if (personal.length > 0) {
    logger.warn(
      { option: 'requiredScopes', scopes: personal },
      'requiredScopes contains OpenID scopes, which Auth0 does not grant to third-party applications, so clients that registered themselves or were imported have no access. Require permissions of your API instead, or none.',
    );
  }
  return scopes;
}

function guardScopes(
  raw: RawOptions,
  requiredByDefault: readonly string[],
  logger: Logger,
): GuardScopes {
  const required = scopesOf(raw, 'requiredScopes', logger) ?? requiredByDefault;
  const initial = unionOfScopes(required, scopesOf(raw, 'defaultScopes', logger) ?? []);
  const byTool = scopeMap(raw, 'toolScopes');
  const implied = scopeMap(raw, 'impliedScopes');
  for (const scope of implied.keys()) checkScope(scope, 'impliedScopes');
  return {
    required,
    requiredWithoutUser: required,
    initial,
    byTool,
    implied: transitiveClosure(implied),
    authentication: authenticationOf(raw),
  };
}

function scopesOf(
  raw: RawOptions,
  option: OptionName,
  logger: Logger,
): readonly string[] | undefined {
  const scopes = listOf(raw, option);
  if (!scopes?.includes('offline_access')) return scopes?.map((scope) => checkScope(scope, option));
  logger.warn(
    { option },
    `offline_access in ${option} is ignored: it is not a permission, and clients get refresh tokens without it.`,
  );
  const others = scopes.filter((scope) => scope !== 'offline_access');
  return others.map((scope) => checkScope(scope, option));
}

function scopeMap(
  raw: RawOptions,
  option: 'toolScopes' | 'impliedScopes',
): ReadonlyMap<string, readonly string[]> {
  if (raw[option] === undefined) return new Map();
  return new Map(
    asEntries(raw[option], option).map(([name, value]) => {
      const place = `${option}.${name}`;
      const scopes = asList(value, place).map((scope) => checkScope(scope, place));
      if (name === '') throw wrongOption(option, name, 'Every entry needs a name.');
      if (scopes.length === 0) throw wrongOption(place, value, 'Name at least one scope.');
      return [name, scopes];
    }),
  );
}

/** In characters: one or two lines of the consent page. */
const MAX_DESCRIPTION_LENGTH = 200;

function descriptionsOf(raw: RawOptions): ReadonlyMap<string, string> {
  const option = 'scopeDescriptions';
  if (raw[option] === undefined) return new Map();
  return new Map(
    asEntries(raw[option], option).map(([scope, value]) => {
      const isSentence = typeof value === 'string' && value.trim() !== '';
      if (!isSentence || value.length > MAX_DESCRIPTION_LENGTH) {
        const remedy = `Describe in 1 to ${MAX_DESCRIPTION_LENGTH} characters what it allows.`;
        throw wrongOption(`${option}.${scope}`, value, remedy);
      }
      return [checkScope(scope, option), value.trim()];
    }),
  );
}

/** A login and its first call take some time. A month: a larger number is in milliseconds by mistake. */
const MAX_AGE = { min: 60, max: 30 * 24 * 60 * 60 } as const;

function authenticationOf(raw: RawOptions): ScopeAuthentications {
  const option = 'scopeAuthentication';
  if (raw[option] === undefined) return new Map();
  return new Map(
    asEntries(raw[option], option).map(([scope, value]) => {
      const place = `${option}.${scope}`;
      const fields = new Map(asEntries(value, place));
      const [acr, maxAgeSeconds] = [fields.get('acr'), fields.get('maxAgeSeconds')];
      const unknown = [...fields.keys()].find((name) => !['acr', 'maxAgeSeconds'].includes(name));
      if (unknown !== undefined || (acr === undefined && maxAgeSeconds === undefined)) {
        throw wrongOption(place, value, 'Give acr, maxAgeSeconds, or both, and nothing else.');
      }
      return [
        checkScope(scope, option),
        { acr: acrOf(acr, `${place}.acr`), maxAgeSeconds: maxAgeOf(maxAgeSeconds, place) },
      ];
    }),
  );
}

/** One value of the list `acr_values`, and a quoted string in a challenge. */
function acrOf(value: unknown, place: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isScopeToken(value)) return value;
  throw wrongOption(place, value, 'Give one value, without spaces and quotes.');
}

function maxAgeOf(value: unknown, place: string): number | undefined {
  if (value === undefined) return undefined;
  const { min, max } = MAX_AGE;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  const remedy = `It has to be a whole number of seconds from ${min} to ${max}.`;
  throw wrongOption(`${place}.maxAgeSeconds`, value, remedy);
}

/** @throws Auth0McpConfigError it is not a scope of an access token */
export function checkScope(scope: string, option: string): string {
  if (scope === 'offline_access') {
    throw wrongOption(option, scope, 'No access token has it: choose a scope of your API.');
  }
  if (isScopeToken(scope)) return scope;
  throw wrongOption(option, scope, 'A scope has no spaces, quotes, backslashes or accents.');
}

/** The transitive closure: each scope with all that it includes, without itself. Cycles are allowed. */
function transitiveClosure(
  direct: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...direct.keys()].map((scope) => [scope, reachable(scope, direct)]));
}

function reachable(
  start: string,
  direct: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  // Iterating over a set includes what is added meanwhile.
  const found = new Set([start]);
  for (const scope of found) {
    for (const next of direct.get(scope) ?? []) found.add(next);
  }
  found.delete(start);
  return [...found];
}
