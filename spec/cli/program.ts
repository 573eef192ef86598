/** `npx express-auth0-mcp` as a program: `lib/cli/main.ts`, from its source. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';

/** Its exit code, and what it printed. */
interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it with an environment without options. */
export function runProgram(
  args: readonly string[],
  { closeAfterFirstOutput = false } = {},
): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const runner = ['--import', join(ROOT, 'spec/support/run-typescript.js')];
    const main = join(ROOT, 'lib/cli/main.ts');
    const child = spawn(process.execPath, [...runner, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    });
    const printed = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        printed[stream] += text;
        if (closeAfterFirstOutput && stream === 'stdout') child.stdout.destroy();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
}
