/**
 * Errors of the configuration: the option, the received value, the remedy. Secrets, objects and lists are
 * described by type and length only.
 */
import { shareInstances } from '../process-wide.js';
import {
  environmentNameOfField,
  environmentNames,
  isOptionName,
  OPTION_TABLE,
} from './option-table.js';

/**
 * An option is missing, malformed or unknown. Thrown by `auth0Mcp()` and `auth0McpResource()` before
 * anything is served. The message names the option, what was received (never a secret) and the remedy.
 */
export class Auth0McpConfigError extends Error {
  /** For where `instanceof` cannot tell. */
  override readonly name = 'Auth0McpConfigError';
  /** The same, in Node's manner. */
  readonly code = 'ERR_AUTH0_MCP_CONFIG';
  /**
   * The option, or the unknown environment variable: `baseUrl`, `clients[0].name`. The first one if several
   * are missing.
   */
  readonly option: string;

  /** @param message names the option, what was received (never a secret) and the remedy */
  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}
shareInstances(Auth0McpConfigError, 'Auth0McpConfigError');

/**
 * Runs `resolve`. The stack of a configuration error begins where the app called `entry`: the files of this package
 * say nothing about it.
 */
export function withCallersStack<T>(entry: (...args: never[]) => unknown, resolve: () => T): T {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof Auth0McpConfigError) Error.captureStackTrace(error, entry);
    throw error;
  }
}

/**
 * The error for a value that cannot be used.
 *
 * @param option the option, with the position inside it: `clients[0].redirectUris`
 * @param remedy a sentence: what to write instead
 */
export function wrongOption(option: string, value: unknown, remedy: string): Auth0McpConfigError {
  const received = describe(value, isSecret(option));
  return new Auth0McpConfigError(option, `${label(option)}: received ${received}. ${remedy}`);
}

/** The error for a required option that is absent. */
export function missingOption(option: string, remedy: string): Auth0McpConfigError {
  return new Auth0McpConfigError(option, `${label(option)} is missing. ${remedy}`);
}

/**
 * The error for an unknown name.
 *
 * @param kind `option`, `environment variable`
 * @param known the nearest of these names is suggested
 */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
): Auth0McpConfigError {
  const nearest = nearestName(name, known);
  const remedy =
    nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean ${nearest}?`;
  return new Auth0McpConfigError(name, `Unknown ${kind} ${quoted(name)}. ${remedy}`);
}

/** The known name with the smallest edit distance, if it may be a typing error. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, plainName(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, plain.length / 4)
    ? best.candidate
    : undefined;
}

/** The option with its names in the environment. */
export function label(option: string): string {
  const names = environmentNamesOf(option);
  return names.length === 0 ? option : `${option} (environment: ${names.join(' or ')})`;
}

function environmentNamesOf(option: string): readonly string[] {
  const root = rootOf(option);
  if (!isOptionName(root)) return [];
  const ofField = environmentNameOfField(root, option.slice(root.length + 1));
  return ofField === undefined ? environmentNames(root) : [ofField];
}

/** `clients` of `clients[0].name`. */
function rootOf(option: string): string {
  return option.replace(/[.[].*$/, '');
}

/**
 * A text in place of an object, a list or a function may be a secret. It is shown only where a text is
 * expected: for an option that the environment can set, or for a field.
 */
export function isSecret(option: string): boolean {
  const root = rootOf(option);
  if (!isOptionName(root) || OPTION_TABLE[root].isSecret === true) return true;
  if (/\.(?:clientSecret|jwks)\b/.test(option) || /^clients\[\d+\]$/.test(option)) return true;
  return option === root && OPTION_TABLE[root].form === undefined;
}

function describe(value: unknown, secret: boolean): string {
  if (typeof value === 'string') {
    if (value === '') return 'an empty string';
    return secret ? `a string of ${value.length} characters` : quoted(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : listOf(value.length);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return secret ? `a ${typeof value}` : String(value);
}

function listOf(length: number): string {
  return length === 1 ? 'a list of 1 entry' : `a list of ${length} entries`;
}

/** Maximum length of a received value in a message. */
const MAX_SHOWN = 120;

function quoted(text: string): string {
  // Credentials in front of a host, and the query, may be secrets.
  const masked = text.replace(/^([^@]*?\/\/)?.*@/s, '$1…@').replace(/\?.+/s, '?…');
  return JSON.stringify(masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked);
}

/** `client_id`, `clientID` and `CLIENT-ID` are equal. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Levenshtein distance: number of characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, left] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, right] of [...b].entries()) {
      const replaced = (previous[column] ?? 0) + (left === right ? 0 : 1);
      const removed = (previous[column + 1] ?? 0) + 1;
      const added = (current[column] ?? 0) + 1;
      current.push(Math.min(replaced, removed, added));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
