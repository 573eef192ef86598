/**
 * The environment: the only reader of `process.env` for options.
 *
 * An option is looked up as `AUTH0_MCP_…`, then, where FastMCP's Auth0Provider has it too, as
 * `FASTMCP_SERVER_AUTH_AUTH0_…`. An empty value counts as unset. Files are not read: `node --env-file`
 * reads them.
 */
import { Auth0McpConfigError, nearestName, unknownName, wrongOption } from './errors.js';
import {
  environmentNameOfField,
  environmentNames,
  FASTMCP_PREFIX,
  OPTION_NAMES,
  OPTION_TABLE,
  type OptionName,
  PREFIX,
  type RawOptions,
} from './option-table.js';
import { refuseCopyErrors, splitList } from './values.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The options in an environment. */
interface EnvironmentOptions {
  readonly options: RawOptions;
  /** Warnings for the log about ignored names. */
  readonly warnings: readonly string[];
}

/** Selects the provider in FastMCP. */
const FASTMCP_PROVIDER_NAME = 'FASTMCP_SERVER_AUTH';
const FASTMCP_PROVIDER = 'fastmcp.server.auth.providers.auth0.Auth0Provider';

const SWITCHES: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes'].map((word) => [word, true] as const),
  ...['false', '0', 'off', 'no'].map((word) => [word, false] as const),
]);

/** The environment of this process. */
export function currentEnvironment(): Environment {
  // biome-ignore lint/style/noProcessEnv: this is the one place that reads options from it
  const env: Environment = process.env;
  const nodeOptions = [...process.execArgv, ...(env['NODE_OPTIONS'] ?? '').split(' ')];
  // Node's flag and its variable are the same switch.
  return nodeOptions.includes('--use-env-proxy') ? { ...env, NODE_USE_ENV_PROXY: '1' } : env;
}

/**
 * @param wanted options to read; names of other options are accepted, and their values ignored
 * @throws Auth0McpConfigError a value that cannot be read, an unknown name that begins with `AUTH0_MCP_`,
 *   or a FastMCP provider other than Auth0
 */
export function readEnvironment(
  environment: Environment,
  wanted: readonly OptionName[] = OPTION_NAMES,
): EnvironmentOptions {
  refuseUnknownNames(environment);
  refuseOtherProvider(environment);
  const options: Partial<Record<OptionName, unknown>> = {};
  for (const option of wanted) {
    const value = readOption(environment, option);
    if (value !== undefined) options[option] = value;
  }
  return { options, warnings: unknownFastMcpNames(environment) };
}

function readOption(environment: Environment, option: OptionName): unknown {
  const { fields } = OPTION_TABLE[option];
  if (fields !== undefined) return readFields(environment, option, Object.keys(fields));
  const text = firstSet(environment, environmentNames(option));
  if (text === undefined) return undefined;
  // Before a list is split: a comment would become entries of it.
  refuseCopyErrors(text, option);
  return readValue(option, text);
}

/** The fields that are set, as an object; undefined for none. */
function readFields(
  environment: Environment,
  option: OptionName,
  fields: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const set = fields.flatMap((field) => {
    const name = environmentNameOfField(option, field);
    const text = name === undefined ? undefined : firstSet(environment, [name]);
    if (text === undefined) return [];
    refuseCopyErrors(text, `${option}.${field}`);
    return [[field, text] as const];
  });
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

function firstSet(environment: Environment, names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]?.trim()).find((text) => text);
}

function readValue(option: OptionName, text: string): unknown {
  switch (OPTION_TABLE[option].form) {
    case 'list':
      return splitList(text, option);
    case 'number':
      if (/^-?\d+$/.test(text)) return Number(text);
      throw wrongOption(option, text, 'Write a whole number in digits.');
    case 'switch': {
      const value = SWITCHES.get(text.toLowerCase());
      if (value !== undefined) return value;
      throw wrongOption(option, text, `Write one of ${[...SWITCHES.keys()].join(', ')}.`);
    }
    default:
      return text;
  }
}

function refuseUnknownNames(environment: Environment): void {
  const known = OPTION_NAMES.flatMap(environmentNames).filter((name) => name.startsWith(PREFIX));
  for (const name of Object.keys(environment)) {
    refuseAlteredName(name);
    if (name.startsWith(PREFIX) && !known.includes(name)) {
      throw unknownName('environment variable', name, known);
    }
  }
}

/** Names in an env file that a tool read without interpreting it: `export A`, `"A`, a byte order mark. */
function refuseAlteredName(name: string): void {
  const altered =
    /^(?:export\s|set\s|[\s"'\ufeff])*((?:AUTH0_MCP|FASTMCP_SERVER_AUTH)_\w+)[\s"']*$/;
  const intended = altered.exec(name)?.[1];
  if (intended === undefined || intended === name) return;
  const addition = name.includes('\ufeff')
    ? 'a byte order mark (U+FEFF): save the file as UTF-8 without one'
    : `${JSON.stringify(name.replace(intended, '…'))}: write the name alone, such as ${intended}=value`;
  throw new Auth0McpConfigError(
    intended,
    `The name of the variable ${intended} comes with ${addition}.`,
  );
}

function refuseOtherProvider(environment: Environment): void {
  const provider = environment[FASTMCP_PROVIDER_NAME]?.trim();
  if (provider === undefined || provider === '' || provider === FASTMCP_PROVIDER) return;
  throw new Auth0McpConfigError(
    FASTMCP_PROVIDER_NAME,
    `${FASTMCP_PROVIDER_NAME}: received ${JSON.stringify(provider)}. This library replaces ` +
      `${FASTMCP_PROVIDER} only: set that value, or remove the variable.`,
  );
}

/** Not an error: FastMCP ignores unknown names, and its env file has to work here unchanged. */
function unknownFastMcpNames(environment: Environment): readonly string[] {
  const known = OPTION_NAMES.flatMap(environmentNames);
  return Object.keys(environment)
    .filter((name) => name.startsWith(FASTMCP_PREFIX) && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not read${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}
