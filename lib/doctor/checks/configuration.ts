/** The configuration: whether it is complete and valid, and its secrets are random. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { deflateRawSync } from 'node:zlib';

import type { Config, ResourceConfig } from '../../config/config.js';
import { type Environment, readEnvironment } from '../../config/env.js';
import { Auth0McpConfigError } from '../../config/errors.js';
import type { Logger } from '../../config/logger.js';
import { resolveConfig, resolveResourceConfig } from '../../config/resolve.js';
import { KEY_COMMAND } from '../../config/rules/tokens.js';
import { dataDirectoryFor } from '../../storage/embedded/directory.js';
import { memoryStorage } from '../../storage/memory-storage.js';
import type { Storage } from '../../storage/storage.js';
import {
  type CheckName,
  type Finding,
  type Findings,
  failed,
  passed,
  warning,
} from '../finding.js';

/** The configuration, and where the storage is. */
interface Setup {
  readonly config: Config;
  /** Undefined: the embedded storage, in `directory`. */
  readonly redisUrl: string | undefined;
  readonly directory: string;
}

/** Of `auth0Mcp()`. @returns undefined if the configuration is not usable */
export async function* checkConfiguration(environment: Environment): Findings<Setup | undefined> {
  // No storage is opened: a directory of another user would be unusable for the server.
  const unopened = (): Storage => ({ ...memoryStorage(), localSecret: () => new Uint8Array(32) });
  const factories = { embeddedStorage: unopened, redisStorage: unopened };
  const config = yield* resolving(
    (logger) => resolveConfig({ logger }, environment, factories),
    ({ issuer }) => `complete; the issuer is ${issuer}`,
  );
  if (config === undefined) return undefined;
  yield* checkKeys(config);
  const { storage } = readEnvironment(environment).options;
  const redisUrl = typeof storage === 'string' ? storage : undefined;
  return { config, redisUrl, directory: dataDirectoryFor(environment) };
}

/** Of `auth0McpResource()`. @returns undefined if the configuration is not usable */
export function* checkResourceConfiguration(
  environment: Environment,
): Generator<Finding, ResourceConfig | undefined> {
  return yield* resolving(
    (logger) => resolveResourceConfig({ logger }, environment),
    ({ resource, auth0 }) => `complete; ${resource}, with tokens for ${auth0.audience}`,
  );
}

function* resolving<C>(
  resolve: (logger: Logger) => C,
  describe: (config: C) => string,
): Generator<Finding, C | undefined> {
  const warnings: string[] = [];
  try {
    const config = resolve(warningCollector(warnings));
    yield passed('configuration', describe(config));
    for (const message of warnings) {
      yield warning('configuration', message, 'See the option in docs/configuration.md.');
    }
    return config;
  } catch (error) {
    if (!(error instanceof Auth0McpConfigError)) throw error;
    yield failed('configuration', error.message, ENVIRONMENT_REMEDY);
    return undefined;
  }
}

const ENVIRONMENT_REMEDY =
  'The doctor reads the environment, or the file of --env. It cannot see options in your code: set them in the environment of this command.';

function warningCollector(warnings: string[]): Logger {
  const drop = (): void => {};
  return {
    debug: drop,
    info: drop,
    warn: (_fields, message) => warnings.push(message),
    error: drop,
  };
}

function* checkKeys(config: Config): Generator<Finding> {
  const { jwtSigningKeys, storageEncryptionKeys } = config;
  yield jwtSigningKeys.length === 0
    ? passed('signing-key', 'created and stored by the embedded storage')
    : strengthOf('signing-key', jwtSigningKeys);
  if (storageEncryptionKeys.length > 0) yield strengthOf('encryption-key', storageEncryptionKeys);
}

function strengthOf(check: CheckName, keys: readonly Uint8Array[]): Finding {
  const weak = keys.findIndex(isGuessable);
  if (weak < 0) return passed(check, keys.length === 1 ? 'strong' : `${keys.length}, all strong`);
  const which = keys.length === 1 ? 'it' : `number ${weak + 1} of ${keys.length}`;
  return failed(
    check,
    `${which} does not look random: an attacker who guesses it can create tokens`,
    `This command generates one: ${KEY_COMMAND}. Append it to the list on all machines, then move it to the front on all; a single machine can begin with that. Remove the old one as soon as its logins may end: until then it can be guessed.`,
  );
}

/** Words in keys that were not generated. */
const WORDS = /secret|change.?me|passw|example|signing|default|qwert|letmein|12345|abcde/i;

/** A repeated pattern compresses to less than this share of its length; random text does not. */
const MIN_SHARE_LEFT = 0.7;

function isGuessable(key: Uint8Array): boolean {
  const share = deflateRawSync(key).length / key.length;
  return share < MIN_SHARE_LEFT || WORDS.test(Buffer.from(key).toString('latin1'));
}

/** Warns of values that Docker would read differently than Node does. */
export function checkEnvFile(file: string): Finding[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const literal = readLiterally(text);
  const names = Object.entries(parseEnv(text))
    .filter(([name]) => /^(AUTH0_MCP|FASTMCP_SERVER_AUTH)_/.test(name))
    .filter(([name, value]) => literal.get(name)?.trim() !== value?.trim())
    .map(([name]) => name);
  if (names.length === 0) return [];
  return [
    warning(
      'configuration',
      `${file} is checked as node --env-file reads it. docker run --env-file and Kubernetes keep quotation marks and comments, and would pass other values for ${names.join(', ')}`,
      'If one of those reads this file, write these values without quotation marks, comments and "export", each on one line.',
    ),
  ];
}

/** As Docker does: a name, the first `=`, and the rest of the line unchanged. */
function readLiterally(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at).trim(), line.slice(at + 1)];
    }),
  );
}
