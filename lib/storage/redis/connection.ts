/**
 * Commands with a deadline, on a client of the app or on one of our own.
 *
 * node-redis waits for a lost server without limit. Here a request gets its result or an error in less than a
 * second, and a command that was not sent by then is never sent: no code is consumed after the client
 * has been told to try again.
 */
import { setMaxListeners } from 'node:events';

import { withTimeLimit } from '../../deadline.js';
import { RedisTimeoutError, redisUrlProblem, unavailable } from './errors.js';
import type { RedisPackages } from './packages.js';

/** Longest wait for one verb: leaves a request time to respond 503 within the second. */
const DEADLINE_MS = 750;

/**
 * Commands that start within this time share an AbortController: creating one costs more than a `GET`. When one of
 * them misses its deadline, those that are still unsent are cancelled with it.
 */
const SHARED_CONTROLLER_MS = 25;

/** Longest silence of a connection of our own before it is replaced. */
const STALLED_AFTER_MS = 3_000;

/** Shorter than the idle timeout of common firewalls. */
const PING_INTERVAL_MS = 20_000;

/** Delay before a reconnect: doubles from the first to the last. */
const RECONNECT_FIRST_MS = 50;
const RECONNECT_LAST_MS = 1_000;

type AnyFunction = (...args: never) => unknown;

/**
 * A connected client of the npm package `redis`: `createClient`, `createSentinel`, `createCluster`. Declared
 * structurally, so that node-redis 5 and 6 fit, with any modules and type mappings.
 */
export interface RedisClient {
  readonly isOpen: boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  listenerCount(event: 'error'): number;
  withCommandOptions: AnyFunction;
  get: AnyFunction;
  set: AnyFunction;
  del: AnyFunction;
  getDel: AnyFunction;
  eval: AnyFunction;
  evalSha: AnyFunction;
}

interface CommandOptions {
  /** Cancels a command that has not been written to the socket yet. */
  abortSignal: AbortSignal;
  /** Replaces node-redis's own time limit of 5 s, whose `AbortSignal.timeout()` costs more than the command. */
  timeout: undefined;
  /** RESP type → class of the reply. */
  typeMapping?: Readonly<Record<number, unknown>>;
}

/** Keys and arguments of a script. Each script has one key, which Redis Cluster requires. */
export interface ScriptInput {
  keys: [string];
  arguments: (string | Buffer)[];
}

/** The commands in use. `Text` is the type of string replies. */
export interface Commands<Text = Buffer> {
  get(key: string): Promise<Text | null>;
  set(
    key: string,
    value: string | Buffer,
    options: { expiration: { type: 'EX'; value: number }; condition?: 'NX' },
  ): Promise<unknown>;
  del(key: string): Promise<number>;
  getDel(key: string): Promise<Text | null>;
  expire(key: string, seconds: number): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
}

/** RESP blob string, the type of every stored value; its number is its character on the wire. */
const BLOB_STRING = '$'.charCodeAt(0);

/** Commands of `client` with replies as bytes: decoding to text would damage sealed values. */
export function binaryCommands(client: RedisClient, abortSignal: AbortSignal): Commands<Buffer> {
  return withOptions(client, {
    abortSignal,
    timeout: undefined,
    typeMapping: { [BLOB_STRING]: Buffer },
  }) as Commands<Buffer>;
}

/** Commands of `client` with replies as text, whatever type mapping the client has. */
export function textCommands(client: RedisClient, abortSignal: AbortSignal): Commands<string> {
  return withOptions(client, {
    abortSignal,
    timeout: undefined,
    typeMapping: {},
  }) as Commands<string>;
}

/** The client itself stays unchanged. */
function withOptions(client: RedisClient, options: CommandOptions): unknown {
  return (client as { withCommandOptions(options: CommandOptions): unknown }).withCommandOptions(
    options,
  );
}

export interface Connection {
  /** The server, without credentials. */
  readonly where: string;
  /**
   * Runs commands, all within one deadline.
   *
   * @param task gets the client, and the signal for its commands
   * @throws StorageUnavailableError for every failure
   */
  run<T>(task: (client: RedisClient, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Closes what was opened here; a client that was passed in stays open. */
  close(): Promise<void>;
}

/** A connection over a client of the app, which connects and closes it. */
export function borrowedConnection(client: RedisClient): Connection {
  const where = 'the client passed to redisStorage()';
  // Without a listener an 'error' event ends the process. The commands fail as well, and report it.
  if (client.listenerCount('error') === 0) client.on('error', () => undefined);
  const withDeadline = createDeadlines(where);
  return {
    where,
    run: (task) => withDeadline((signal) => task(client, signal)),
    close: async () => undefined,
  };
}

/**
 * A connection of our own, opened at first use and again whenever it is lost.
 *
 * @param packages a rejection is the result of every run
 */
export function ownConnection(
  url: string,
  packages: Promise<Pick<RedisPackages, 'redis'>>,
): Connection {
  const where = withoutCredentials(url);
  const withDeadline = createDeadlines(where);
  let attempt: Attempt | undefined;
  let isClosed = false;
  let silentSinceMs: number | undefined;

  function replaceIfStalled(): void {
    silentSinceMs ??= performance.now() - DEADLINE_MS;
    if (performance.now() - silentSinceMs < STALLED_AFTER_MS) return;
    // TCP takes a quarter of an hour to notice a peer that vanished.
    attempt?.client.destroy();
    attempt = undefined;
    silentSinceMs = undefined;
  }

  return {
    where,
    async run(task) {
      const { redis } = await packages;
      if (isClosed) throw unavailable(where, new Error('the storage was closed'));
      attempt ??= connect(url, redis);
      const { client, settled, lastError } = attempt;
      try {
        const result = await withDeadline(async (signal) => {
          await settled;
          return task(client, signal);
        }, replaceIfStalled);
        silentSinceMs = undefined;
        return result;
      } catch (error) {
        throw client.isReady ? error : unavailable(where, lastError() ?? error);
      }
    },
    async close() {
      isClosed = true;
      attempt?.client.destroy();
    },
  };
}

type OwnClient = RedisClient & {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
};

/** A client of our own, which reconnects by itself. */
interface Attempt {
  client: OwnClient;
  /** Resolves after the first attempt to connect, successful or not. */
  settled: Promise<void>;
  lastError(): Error | undefined;
}

function connect(url: string, redis: RedisPackages['redis']): Attempt {
  const { ConnectionTimeoutError, createClient } = redis;
  const client = createClient({
    url,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    socket: {
      connectTimeout: STALLED_AFTER_MS,
      reconnectStrategy: (retries) =>
        Math.min(RECONNECT_FIRST_MS * 2 ** Math.min(retries, 10), RECONNECT_LAST_MS),
    },
  });
  let lastError: Error | undefined;
  const settled = new Promise<void>((resolve) => {
    client.on('ready', () => {
      lastError = undefined;
      resolve();
    });
    client.on('error', (error: Error) => {
      lastError = error;
      // Its timeout exceeds the deadline of commands, so only a blocked event loop sees it first: wait on.
      if (!(error instanceof ConnectionTimeoutError)) resolve();
    });
    client.connect().catch(() => resolve());
  });
  return { client, settled, lastError: () => lastError };
}

type WithDeadline = <T>(
  run: (signal: AbortSignal) => Promise<T>,
  onMissed?: () => void,
) => Promise<T>;

function createDeadlines(where: string): WithDeadline {
  let controller = new AbortController();
  let createdAtMs = -Infinity;

  return async function withDeadline(run, onMissed) {
    const nowMs = performance.now();
    if (controller.signal.aborted || nowMs - createdAtMs > SHARED_CONTROLLER_MS) {
      controller = new AbortController();
      setMaxListeners(0, controller.signal);
      createdAtMs = nowMs;
    }
    const missed = (): Error => {
      onMissed?.();
      return new RedisTimeoutError(where, DEADLINE_MS);
    };
    try {
      return await withTimeLimit(DEADLINE_MS, run, missed, controller);
    } catch (error) {
      throw unavailable(where, error);
    }
  };
}

/** @throws TypeError for a URL that cannot work; its text is not repeated, it may hold a password */
function withoutCredentials(url: string): string {
  const problem = redisUrlProblem(url);
  if (problem !== undefined)
    throw new TypeError(`redisStorage({ url }) cannot use this URL. ${problem}`);
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
