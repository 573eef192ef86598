/**
 * Commands with a deadline, on a client of the user or on one of our own.
 *
 * node-redis waits for a lost server for as long as it takes. A request cannot: it gets its answer
 * or its refusal in less than a second, and a command that was not sent by then is never sent, so that
 * nothing is consumed behind the back of a client that was told to try again.
 *
 * @module
 */
import { withTimeLimit } from '../../deadline.js';
import { loadPackage } from '../../load-package.js';
import { RedisTimeoutError, unavailable } from './failure.js';
import type { RedisClient } from './redis-client.js';
import { redisUrlProblem } from './redis-url.js';

/** Longest wait for one verb: leaves a request time to answer 503 within the second. */
const DEADLINE_MS = 750;

/** Longest silence of an own connection before it is given up for a new one. */
const STALLED_AFTER_MS = 3_000;

/** Often enough that no firewall forgets an idle connection. */
const PING_INTERVAL_MS = 20_000;

/** Between attempts to reconnect: soon at first, then about once a second. */
const RECONNECT_FIRST_MS = 50;
const RECONNECT_LAST_MS = 1_000;

/** A way to a Redis. */
export interface Connection {
  /** The server, without credentials. */
  readonly where: string;
  /**
   * Runs commands, all within one deadline.
   *
   * @param task gets the client, and the signal for its commands
   * @throws StorageUnavailableError for whatever goes wrong
   */
  run<T>(task: (client: RedisClient, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Closes what was opened here; a client that was passed in stays open. */
  close(): Promise<void>;
}

/** A connection over a client of the user, who connects and closes it. */
export function borrowedConnection(client: RedisClient): Connection {
  const where = 'the client passed to redisStorage()';
  // Without a listener Node ends the process for an 'error' event. The commands fail as well, and
  // say so where somebody waits for them.
  if (client.listenerCount('error') === 0) client.on('error', () => undefined);
  return {
    where,
    run: (task) => withDeadline(where, (signal) => task(client, signal)),
    close: async () => undefined,
  };
}

/** A connection of our own, made at first use and again whenever it is lost. */
export function ownConnection(url: string): Connection {
  const where = withoutCredentials(url);
  let attempt: Attempt | undefined;
  let isClosed = false;
  let silentSinceMs: number | undefined;

  function giveUpIfStalled(): void {
    silentSinceMs ??= performance.now() - DEADLINE_MS;
    if (performance.now() - silentSinceMs < STALLED_AFTER_MS) return;
    // A peer that vanished without a word is noticed by TCP after a quarter of an hour.
    attempt?.client.destroy();
    attempt = undefined;
    silentSinceMs = undefined;
  }

  return {
    where,
    async run(task) {
      if (isClosed) throw unavailable(where, new Error('the storage was closed'));
      attempt ??= connect(url);
      const { client, settled, lastError } = attempt;
      try {
        const outcome = await withDeadline(
          where,
          async (signal) => {
            await settled;
            return task(client, signal);
          },
          giveUpIfStalled,
        );
        silentSinceMs = undefined;
        return outcome;
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

/** A client of our own, and how its first attempt to connect goes. */
interface Attempt {
  client: OwnClient;
  /** Resolves after the first attempt, whether it succeeded or not. */
  settled: Promise<void>;
  lastError(): Error | undefined;
}

function connect(url: string): Attempt {
  // Loaded here and not at the top: who uses another store does not pay for it.
  const { ConnectionTimeoutError, createClient } = loadPackage('redis') as typeof import('redis');
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
      // Longer than any command waits, so only a blocked event loop sees it first: the next attempt decides.
      if (!(error instanceof ConnectionTimeoutError)) resolve();
    });
    client.connect().catch(() => resolve());
  });
  return { client, settled, lastError: () => lastError };
}

async function withDeadline<T>(
  where: string,
  run: (signal: AbortSignal) => Promise<T>,
  onMissed: () => void = () => undefined,
): Promise<T> {
  try {
    return await withTimeLimit(DEADLINE_MS, run, () => {
      onMissed();
      return new RedisTimeoutError(where, DEADLINE_MS);
    });
  } catch (error) {
    throw unavailable(where, error);
  }
}

/** @throws TypeError for a URL that cannot work; its text is not repeated, it may hold a password */
function withoutCredentials(url: string): string {
  const problem = redisUrlProblem(url);
  if (problem !== undefined)
    throw new TypeError(`redisStorage({ url }) cannot use this URL. ${problem}`);
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
