/** What the caller passes in: storage, logger, event listener. */
import { STORAGE_VERBS } from '../../storage/checked-storage.js';
import { redisUrlProblem } from '../../storage/redis/errors.js';
import type { Storage } from '../../storage/storage.js';
import { missingOption, wrongOption } from '../errors.js';
import type { EventListener } from '../events.js';
import { createConsoleLogger, type Logger } from '../logger.js';
import type { RawOptions } from '../option-table.js';
import { KEY_COMMAND } from './tokens.js';

/** Create the storages that need no code. */
export interface StorageFactories {
  readonly embeddedStorage: () => Storage;
  readonly redisStorage: (options: { url: string }) => Storage;
}

const LOG_METHODS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof Logger)[];

/** @throws Auth0McpConfigError a log method is missing */
export function resolveLogger(raw: RawOptions): Logger {
  const logger = raw.logger;
  if (logger === undefined) return createConsoleLogger();
  if (hasMethods<Logger>(logger, LOG_METHODS)) return logger;
  const remedy = `It needs the methods ${LOG_METHODS.join(', ')}, like pino's.`;
  throw wrongOption('logger', logger, remedy);
}

/** @throws Auth0McpConfigError not a function */
export function resolveEventListener(raw: RawOptions): EventListener | undefined {
  const listener = raw.onEvent;
  if (listener === undefined || isFunction<EventListener>(listener)) return listener;
  throw wrongOption('onEvent', listener, 'It has to be a function that takes an event.');
}

/**
 * Called last: the embedded storage creates its directory, which a wrong option must not cause.
 *
 * @param given the option in code
 * @param redisUrl the option in the environment
 * @throws Auth0McpConfigError not a storage, an invalid Redis URL, or a storage without a secret of its own
 *   and no `jwtSigningKey`
 */
export function resolveStorage(
  given: unknown,
  redisUrl: unknown,
  hasSigningKey: boolean,
  factories: StorageFactories,
): Storage {
  if (given === undefined && redisUrl !== undefined) {
    const url = typeof redisUrl === 'string' ? redisUrl : '';
    const problem = redisUrlProblem(url);
    if (problem !== undefined) throw wrongOption('storage', redisUrl, problem);
    if (!hasSigningKey) throw missingSigningKey();
    return factories.redisStorage({ url });
  }
  const storage = given === undefined ? factories.embeddedStorage() : withVerbs(given);
  if (!hasSigningKey && storage.localSecret === undefined) throw missingSigningKey();
  return storage;
}

function withVerbs(given: unknown): Storage {
  if (hasMethods<Storage>(given, STORAGE_VERBS)) return given;
  const remedy =
    'Give embeddedStorage(), redisStorage({ url }) or redisStorage({ client }), memoryStorage(), or ' +
    `an object with the methods ${STORAGE_VERBS.join(', ')}.`;
  throw wrongOption('storage', given, remedy);
}

function missingSigningKey(): Error {
  return missingOption(
    'jwtSigningKey',
    'This storage has no key of its own, so tokens and client ids would end with the process, and ' +
      `other instances would reject them. This command generates a key, the same for all instances: ${KEY_COMMAND}`,
  );
}

function hasMethods<Port>(value: unknown, names: readonly (string & keyof Port)[]): value is Port {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

function isFunction<Callable>(value: unknown): value is Callable {
  return typeof value === 'function';
}
