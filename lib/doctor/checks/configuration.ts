/**
 * The configuration: can it be read, and are its secrets worth the name?
 *
 * @module
 */
import { deflateRawSync } from 'node:zlib';

import type { Config } from '../../config/config.js';
import { type Environment, readEnvironment } from '../../config/env.js';
import { Auth0McpConfigError } from '../../config/errors.js';
import type { Logger } from '../../config/logger.js';
import { resolveConfig } from '../../config/resolve.js';
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

/** The configuration, and where it keeps things. */
export interface Setup {
  readonly config: Config;
  /** Undefined: the embedded storage, in `directory`. */
  readonly redisUrl: string | undefined;
  readonly directory: string;
}

/** @returns undefined where there is nothing to go on with */
export async function* checkConfiguration(environment: Environment): Findings<Setup | undefined> {
  const warnings: string[] = [];
  try {
    const { options } = readEnvironment(environment);
    // Nothing is opened yet: a directory made by another user than the server's would be in its way.
    const unopened = (): Storage => ({ ...memoryStorage(), localSecret: () => new Uint8Array(32) });
    const deps = { embeddedStorage: unopened, redisStorage: unopened };
    const config = resolveConfig({ logger: keeping(warnings) }, environment, deps);
    yield passed('configuration', `complete; our issuer is ${config.issuer}`);
    for (const message of warnings) {
      yield warning('configuration', message, 'See the option in the README.');
    }
    yield* checkKeys(config);
    const { storage } = options;
    const redisUrl = typeof storage === 'string' ? storage : undefined;
    return { config, redisUrl, directory: dataDirectoryFor(environment) };
  } catch (error) {
    if (!(error instanceof Auth0McpConfigError)) throw error;
    yield failed('configuration', error.message, ENVIRONMENT_REMEDY);
    return undefined;
  }
}

const ENVIRONMENT_REMEDY =
  'The doctor reads the environment, or the file of --env. What your code gives to auth0Mcp() it cannot see: set it for this command.';

function keeping(warnings: string[]): Logger {
  const pass = (): void => {};
  return {
    debug: pass,
    info: pass,
    warn: (_fields, message) => warnings.push(message),
    error: pass,
  };
}

function* checkKeys(config: Config): Generator<Finding> {
  const { jwtSigningKeys, storageEncryptionKeys } = config;
  yield jwtSigningKeys.length === 0
    ? passed('signing-key', 'made by the embedded storage and kept there')
    : strengthOf('signing-key', jwtSigningKeys);
  if (storageEncryptionKeys.length > 0) yield strengthOf('encryption-key', storageEncryptionKeys);
}

function strengthOf(check: CheckName, keys: readonly Uint8Array[]): Finding {
  const weak = keys.findIndex(isGuessable);
  if (weak < 0) return passed(check, keys.length === 1 ? 'strong' : `${keys.length}, all strong`);
  const which = keys.length === 1 ? 'it' : `number ${weak + 1} of ${keys.length}`;
  return failed(
    check,
    `${which} looks written by hand, not random: whoever guesses it can make tokens`,
    `This makes a good one: ${KEY_COMMAND}. Add it to the list behind the old one on all machines, then put it in front of it on all; a single machine can begin with that. Take the old one out as soon as the logins it made may end: until then it can be guessed.`,
  );
}

/** Words that stand in keys which people made up. */
const WORDS = /secret|change.?me|passw|example|signing|default|qwert|letmein|12345|abcde/i;

/** A repeated pattern shrinks to less than this share of its length; random text hardly shrinks. */
const MIN_SHARE_LEFT = 0.7;

function isGuessable(key: Uint8Array): boolean {
  const share = deflateRawSync(key).length / key.length;
  return share < MIN_SHARE_LEFT || WORDS.test(Buffer.from(key).toString('latin1'));
}
