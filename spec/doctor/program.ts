/**
 * The doctor as a program of its own: `lib/doctor/main.ts`, from its source.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';

/** How it ended, and what it printed. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it with nothing in its environment but the way to programs. */
export function runProgram(args: readonly string[]): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const runner = ['--import', join(ROOT, 'spec/support/run-typescript.js')];
    const main = join(ROOT, 'lib/doctor/main.ts');
    const child = spawn(process.execPath, [...runner, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        printed[stream] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
}
