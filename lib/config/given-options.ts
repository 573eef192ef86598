/**
 * What people wrote, in code and in the environment, as one set of values: names checked, code laid
 * over the environment. The values themselves are judged by the rules.
 *
 * @module
 */
import { IncomingMessage } from 'node:http';
import { doubtAbout } from './copied-values.js';
import { type Environment, readEnvironment } from './env.js';
import { Auth0McpConfigError, label, unknownName, wrongOption } from './errors.js';
import type { Logger } from './logger.js';
import { isOptionName, OPTION_NAMES, type OptionName, type RawOptions } from './option-table.js';
import { resolveLogger } from './rules/ports.js';

/** What was written. */
export interface GivenOptions {
  readonly code: RawOptions;
  readonly environment: RawOptions;
  /** Code over environment, option by option. */
  readonly raw: RawOptions;
  readonly logger: Logger;
}

/** Who takes the options. */
export interface OptionReader {
  /** As it is called: `auth0Mcp()`. */
  readonly name: string;
  readonly options: readonly OptionName[];
  /** The error for an option that somebody else takes. */
  readonly refuse: (option: OptionName) => Auth0McpConfigError;
}

/**
 * @param options as given in code; undefined means: all from the environment
 * @throws Auth0McpConfigError a name that is no option, or none of the taker's; in the environment those
 *   of another taker are passed over, so that one `.env` can serve both
 */
export function readOptions(
  options: unknown,
  environment: Environment,
  taker: OptionReader,
): GivenOptions {
  const code = checkedNames(options, taker);
  const logger = resolveLogger(code);
  const found = readEnvironment(environment, taker.options);
  for (const remark of found.remarks) logger.warn({}, remark);
  const raw = merged(code, found.options, taker.options);
  warnOfDoubts(raw, taker.options, logger);
  return { code, environment: found.options, raw, logger };
}

function warnOfDoubts(raw: RawOptions, options: readonly OptionName[], logger: Logger): void {
  for (const option of options.filter((name) => name !== 'auth0PrivateKey')) {
    for (const value of [raw[option]].flat()) {
      const doubt = typeof value === 'string' ? doubtAbout(value) : undefined;
      if (doubt !== undefined) logger.warn({ option }, `${label(option)}: ${doubt}.`);
    }
  }
}

function checkedNames(options: unknown, taker: OptionReader): RawOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongOption('options', options, `${taker.name} takes one object, or nothing.`);
  }
  if (options instanceof IncomingMessage) {
    const remedy = `Call ${taker.name} once: app.use(${taker.name}), with the parentheses.`;
    throw new Auth0McpConfigError('options', `options: received a request. ${remedy}`);
  }
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name, taker);
    if (value !== undefined && !taker.options.includes(name)) throw taker.refuse(name);
    values[name] = value;
  }
  return values;
}

/** What FastMCP's Auth0 providers call those of their parameters that have another name here. */
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

function unknownOption(name: string, taker: OptionReader): Auth0McpConfigError {
  const ours = FASTMCP_NAMES.get(name);
  if (ours === undefined) return unknownName('option', name, taker.options);
  return new Auth0McpConfigError(name, `Unknown option "${name}". Its name here is ${ours}.`);
}

/** Code wins option by option; two ways to say one thing are one option in this. */
function merged(
  code: RawOptions,
  environment: RawOptions,
  options: readonly OptionName[],
): RawOptions {
  const values: Partial<Record<OptionName, unknown>> = {};
  const namesTenant = code.configUrl !== undefined || code.domain !== undefined;
  for (const option of options) {
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

/** The taker of everything. */
export const ALL_OPTIONS: OptionReader = {
  name: 'auth0Mcp()',
  options: OPTION_NAMES,
  refuse: (option) => unknownName('option', option, OPTION_NAMES),
};
