/** Connections of which users can connect accounts, for `connectionToken()`. */
import { isScopeToken } from '../../oauth/scope.js';
import type { Auth0Config, ConnectionConfig } from '../config.js';
import { Auth0McpConfigError, label, unknownName, wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';
import { asEntries, asList } from '../values.js';

const FIELDS = ['name', 'scopes'] as const;

/** Auth0's limit. */
const MAX_SCOPES = 100;

/** @throws Auth0McpConfigError */
export function resolveConnections(
  raw: RawOptions,
  { authentication }: Pick<Auth0Config, 'authentication'>,
): ReadonlyMap<string, ConnectionConfig> {
  if (raw.connections === undefined) return new Map();
  const connections = asEntries(raw.connections, 'connections').map(
    ([name, value]) => [name, connectionOf(name, value)] as const,
  );
  if (connections.length > 0 && authentication.method === 'none') {
    const remedy =
      'Token Vault needs an application with credentials: set clientSecret or auth0PrivateKey, or remove connections.';
    throw new Auth0McpConfigError('connections', `${label('connections')}: ${remedy}`);
  }
  return new Map(connections);
}

function connectionOf(connection: string, value: unknown): ConnectionConfig {
  const option = `connections.${connection}`;
  if (!/^[\w-]{1,128}$/.test(connection)) {
    const remedy = "Name the connection as in the Auth0 dashboard, such as 'google-oauth2'.";
    throw wrongOption('connections', connection, remedy);
  }
  const fields = new Map(asEntries(value, option));
  for (const name of fields.keys()) {
    if (!FIELDS.some((known) => known === name)) {
      throw unknownName(`field of ${option}`, name, FIELDS);
    }
  }
  const given = fields.get('name');
  if (given !== undefined && (typeof given !== 'string' || given.trim() === '')) {
    throw wrongOption(`${option}.name`, given, "Give a name for users, such as 'Google'.");
  }
  return { name: given ?? connection, scopes: scopesOf(fields.get('scopes'), `${option}.scopes`) };
}

function scopesOf(value: unknown, option: string): readonly string[] {
  if (value === undefined) return [];
  const scopes = [...new Set(asList(value, option))];
  const wrong = scopes.find((scope) => !isScopeToken(scope));
  if (wrong !== undefined) throw wrongOption(option, wrong, 'A scope has no spaces and no quotes.');
  if (scopes.length >= 1 && scopes.length <= MAX_SCOPES) return scopes;
  const remedy = `Name 1 to ${MAX_SCOPES} scopes of the provider, or leave scopes out for those of the connection.`;
  throw wrongOption(option, value, remedy);
}
