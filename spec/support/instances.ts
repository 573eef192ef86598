/** Server processes for specs, started and ended from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import type { InstanceSettings } from './instance.js';

/** One running server process. */
export interface Instance {
  readonly port: number;
  readonly origin: string;
  readonly pid: number;
  /** Sets its clock ahead of the real one. */
  setClock(offsetSeconds: number): Promise<void>;
  /** SIGTERM, and waits until what was begun is answered and the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL, and waits until it is dead. */
  kill(): Promise<void>;
  /** The exit code, or null for a death by signal. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr: its log, and what ended it. */
  log(): string;
}

/** What `unshare` does to a process: it is number 1 of a PID namespace, as in a container. Needs root. */
const CONTAINER = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** Starts a process, on request in a PID namespace of its own, and waits until it serves. */
export async function startInstance(
  settings: InstanceSettings,
  inContainer = false,
): Promise<Instance> {
  const [command = '', ...args] = [...(inContainer ? CONTAINER : []), process.execPath];
  const child = spawn(
    command,
    [
      ...args,
      ...['--import', './spec/support/run-typescript.js', './spec/support/instance.ts'],
      JSON.stringify(settings),
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { PATH: process.env['PATH'] } },
  );
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-20_000);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  const port = await portOf(child, () => log);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async setClock(offsetSeconds) {
      child.send(offsetSeconds);
      await once(child, 'message');
    },
    ended,
    log: () => log,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function portOf(child: ChildProcess, log: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
      const port = /^listening (\d+)$/m.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('close', (code) => reject(new Error(`the instance ended with ${code}:\n${log()}`)));
  });
}
