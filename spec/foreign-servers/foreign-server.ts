/** A server as published, in a process of its own, with the library from its source. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { close, listen } from '../support/listen.js';
import { ROOT } from '../support/source-tree.js';

/** A published server and what its user changes. */
export interface ForeignServer {
  /** Relative to node_modules. */
  readonly file: string;
  /** Line → what it becomes. */
  readonly edits: readonly (readonly [string, string])[];
  readonly env: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly output: () => string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

/** @returns once it responds to requests at the port */
export async function startForeignServer(
  { file, edits, env }: ForeignServer,
  port: number,
): Promise<RunningServer> {
  const path = join(ROOT, 'node_modules', file);
  return await startProgram(path, port, {
    ...env,
    EDITED_MODULE: pathToFileURL(path).href,
    EDITS: JSON.stringify(edits),
  });
}

/** @param file JavaScript or TypeScript */
export async function startProgram(
  file: string,
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const hooks = ['spec/support/run-typescript.js', 'spec/foreign-servers/edited-module.js'];
  const args = hooks.flatMap((hook) => ['--import', join(ROOT, hook)]);
  const child = spawn(process.execPath, [...args, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await respondsAt(port, child, () => text);
  return {
    output: () => text,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function respondsAt(port: number, child: ChildProcess, output: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server has ended: ${output()}`);
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (response !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
