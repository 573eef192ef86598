/** Real redis-servers on loopback for the specs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const START_TIMEOUT_MS = 10_000;

/** A running redis-server. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  /** Asks it to end, and waits until it has. Its directory stays until {@link RedisServer.remove}. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is dead. */
  kill(): Promise<void>;
  /** Starts it again on the same port, over what it had saved. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Kills it and deletes its directory. */
  remove(): Promise<void>;
}

/** Settings of {@link startRedis}. */
export interface RedisServerOptions {
  /** Further arguments for redis-server, such as `['--maxmemory', '3mb']`. */
  args?: readonly string[];
  /** A file of configuration to begin with, relative to the server's directory (Sentinel needs one). */
  prepare?: (directory: string) => readonly string[];
  port?: number;
}

/** Starts a redis-server on a free port of 127.0.0.1 and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-redis-'));
  const first = options.prepare?.(directory) ?? ['--save', '', '--appendonly', 'no'];
  const args = [...first, '--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory];
  const start = (): Promise<ChildProcess> => launch([...args, ...(options.args ?? [])], port);
  let child = await start();

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    // A stopped process takes no other signal before it runs again.
    if (signal !== 'SIGKILL') child.kill('SIGCONT');
    await ended;
  }

  return {
    port,
    directory,
    url: `redis://127.0.0.1:${port}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      child = await start();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async remove() {
      await end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function launch(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
  }
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const isMissing = cause.code === 'ENOENT';
      const remedy =
        'redis-server is not installed: apt-get install redis-server, or brew install redis';
      reject(isMissing ? new Error(remedy, { cause }) : cause);
    });
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said}`)));
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([untilAnswered(port), failed]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}

/** Resolves once a PING gets an answer, if only that a password is missing. */
async function untilAnswered(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += 20) {
    if (/^(\+PONG|-NOAUTH)/.test(await command(port, 'PING'))) return;
    await pause(20);
  }
  throw new Error(`redis-server on port ${port} did not answer within ${START_TIMEOUT_MS} ms`);
}

/** Sends one inline command and gives the beginning of the answer; empty without one. */
export function command(port: number, line: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
    const finish = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(1_000, () => finish(''));
    socket.on('data', (chunk) => finish(chunk.toString()));
    socket.on('error', () => finish(''));
    socket.on('close', () => finish(''));
  });
}

/** A port nobody listens on at present. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(address !== null && typeof address === 'object' ? address.port : 0),
      );
    });
  });
}
