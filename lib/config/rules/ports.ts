/**
 * What the caller plugs in: storage, logger, event listener.
 *
 * @module
 */

import { STORAGE_VERBS } from '../../storage/checked-storage.js';
import { redisUrlProblem } from '../../storage/redis/errors.js';
import type { Storage } from '../../storage/storage.js';
import { createConsoleLogger } from '../console-logger.js';
import { missingOption, wrongOption } from '../errors.js';
import type { EventListener } from '../events.js';
import type { Logger } from '../logger.js';
import type { RawOptions } from '../option-table.js';
import { KEY_COMMAND } from './keys.js';

/** Makes the storages that options can ask for by name. */
export interface StorageFactories {
  readonly embeddedStorage: () => Storage;
  readonly redisStorage: (options: { url: string }) => Storage;
}

/** Where the storage comes from: the caller, the environment's Redis, or nowhere. */
export interface StorageChoice {
  readonly given: unknown;
  readonly redisUrl: unknown;
  readonly hasSigningKey: boolean;
}

const LOG_METHODS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof Logger)[];

/** @throws Auth0McpConfigError a log method is missing */
export function resolveLogger(raw: RawOptions): Logger {
  const logger = raw.logger;
  if (logger === undefined) return createConsoleLogger();
  if (hasMethods<Logger>(logger, LOG_METHODS)) return logger;
  throw wrongOption(
    'logger',
    logger,
    `It needs the methods ${LOG_METHODS.join(', ')}, like pino's.`,
  );
}

/** @throws Auth0McpConfigError not a function */
export function resolveEventListener(raw: RawOptions): EventListener {
  const listener = raw.onEvent;
  if (listener === undefined) return () => {};
  if (isFunction<EventListener>(listener)) return listener;
  throw wrongOption('onEvent', listener, 'It has to be a function that takes an event.');
}

/**
 * Last of all: the embedded storage makes its directory, which a wrong option must not cause.
 *
 * @throws Auth0McpConfigError no storage, a Redis URL that is none, or a storage that keeps no secret
 *   while `jwtSigningKey` is missing
 */
export function resolveStorage(choice: StorageChoice, factories: StorageFactories): Storage {
  const { given, redisUrl, hasSigningKey } = choice;
  if (given !== undefined) return checkedStorage(given, hasSigningKey);
  if (redisUrl === undefined) return requireSecret(factories.embeddedStorage(), hasSigningKey);
  const url = checkedRedisUrl(redisUrl);
  if (!hasSigningKey) throw missingSigningKey();
  return factories.redisStorage({ url });
}

function checkedStorage(given: unknown, hasSigningKey: boolean): Storage {
  if (hasMethods<Storage>(given, STORAGE_VERBS)) return requireSecret(given, hasSigningKey);
  const remedy =
    'Give embeddedStorage(), redisStorage({ url }) or redisStorage({ client }), memoryStorage(), or ' +
    `an object with the methods ${STORAGE_VERBS.join(', ')}.`;
  throw wrongOption('storage', given, remedy);
}

function requireSecret(storage: Storage, hasSigningKey: boolean): Storage {
  if (hasSigningKey || storage.localSecret !== undefined) return storage;
  throw missingSigningKey();
}

function missingSigningKey(): Error {
  return missingOption(
    'jwtSigningKey',
    'This storage keeps no key of its own, so tokens and client ids would end with the process, and ' +
      `other instances would refuse them. This makes a key, the same for all instances: ${KEY_COMMAND}`,
  );
}

function checkedRedisUrl(value: unknown): string {
  const url = typeof value === 'string' ? value : '';
  const problem = redisUrlProblem(url);
  if (problem !== undefined) throw wrongOption('storage', value, problem);
  return url;
}

/** Looks at names only: what the methods do is their owner's business. */
function hasMethods<Port>(value: unknown, names: readonly (string & keyof Port)[]): value is Port {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

function isFunction<Callable>(value: unknown): value is Callable {
  return typeof value === 'function';
}
