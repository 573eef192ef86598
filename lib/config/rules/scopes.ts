/**
 * Scopes: what every token needs, what may be asked for, what tools need, what includes what.
 *
 * Spec: RFC 6749 §3.3; requirements RS-8, RS-13, RS-15.
 *
 * @module
 */
import { isScopeToken, unionOfScopes } from '../../oauth/scope.js';
import type { ScopeConfig } from '../config.js';
import { wrongOption } from '../errors.js';
import type { Logger } from '../logger.js';
import type { OptionName, RawOptions } from '../option-table.js';
import { asEntries, asList, listOf } from '../values.js';

/** The one scope that always exists at Auth0, and FastMCP's default. */
const DEFAULT_REQUIRED: readonly string[] = ['openid'];

/** @throws Auth0McpConfigError */
export function resolveScopes(raw: RawOptions, logger: Logger): ScopeConfig {
  const required = scopesOf(raw, 'requiredScopes', logger) ?? DEFAULT_REQUIRED;
  const initial = unionOfScopes(required, scopesOf(raw, 'defaultScopes', logger) ?? []);
  const further = scopesOf(raw, 'scopesSupported', logger) ?? [];
  const byTool = scopeMap(raw, 'toolScopes');
  const implied = scopeMap(raw, 'impliedScopes');
  for (const scope of implied.keys()) checkScope(scope, 'impliedScopes');
  // A client is told to come back with a tool's scopes, so it must be able to get them.
  const ofTools = [...byTool.values()].flat();
  return {
    required,
    initial,
    supported: unionOfScopes(initial, [...further, ...ofTools]),
    byTool,
    implied: closed(implied),
    descriptions: descriptionsOf(raw),
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
    `offline_access in ${option} is left out: Auth0 is always asked for it, and no token carries it.`,
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

/** Longest description, in characters: one line or two of the consent page. */
const MAX_DESCRIPTION_LENGTH = 200;

function descriptionsOf(raw: RawOptions): ReadonlyMap<string, string> {
  const option = 'scopeDescriptions';
  if (raw[option] === undefined) return new Map();
  return new Map(
    asEntries(raw[option], option).map(([scope, value]) => {
      const isSentence = typeof value === 'string' && value.trim() !== '';
      if (!isSentence || value.length > MAX_DESCRIPTION_LENGTH) {
        const remedy = `Say in 1 to ${MAX_DESCRIPTION_LENGTH} characters what it allows.`;
        throw wrongOption(`${option}.${scope}`, value, remedy);
      }
      return [checkScope(scope, option), value.trim()];
    }),
  );
}

function checkScope(scope: string, option: string): string {
  if (scope === 'offline_access') {
    throw wrongOption(option, scope, 'No token carries it: choose a scope of your API.');
  }
  if (isScopeToken(scope)) return scope;
  throw wrongOption(option, scope, 'A scope has no spaces, quotes, backslashes or accents.');
}

/** Each scope with all it includes, near and far, but without itself; circles do no harm. */
function closed(
  direct: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...direct.keys()].map((scope) => [scope, reachable(scope, direct)]));
}

function reachable(
  start: string,
  direct: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  // A set may grow while it is walked: what is added is visited too.
  const found = new Set([start]);
  for (const scope of found) {
    for (const next of direct.get(scope) ?? []) found.add(next);
  }
  found.delete(start);
  return [...found];
}
