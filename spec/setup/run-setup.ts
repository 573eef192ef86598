/** Runs the command `setup`, and the commands that it prints. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { type Printed, printedBy } from '../cli/run-command.js';

export const ENVIRONMENT: Readonly<Record<string, string>> = {
  AUTH0_MCP_AUDIENCE: 'https://api.example.com',
  AUTH0_MCP_BASE_URL: 'https://mcp.example.com',
};

export function runSetup(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = ENVIRONMENT,
): Promise<Printed> {
  return printedBy(['setup', ...args], environment);
}

/** A call of the Auth0 CLI: its arguments, with the JSON of `--data` parsed. */
export type Call = readonly unknown[];

/** Runs a script in `sh` with a program `auth0` that records its arguments. */
export function callsOf(script: string): Call[] {
  const folder = mkdtempSync(join(tmpdir(), 'auth0-cli-'));
  try {
    const program = join(folder, 'auth0');
    const recorder = `require('node:fs').writeFileSync(${JSON.stringify(folder)} + '/' + process.hrtime.bigint() + '.json', JSON.stringify(process.argv.slice(2)))`;
    writeFileSync(program, `#!${process.execPath}\n${recorder}\n`);
    chmodSync(program, 0o755);
    const env = { PATH: `${folder}${delimiter}${process.env['PATH']}` };
    const { status, stderr } = spawnSync('sh', ['-e'], { input: script, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
      .map((args: string[]) =>
        args.map((arg, at) => (args[at - 1] === '--data' ? JSON.parse(arg) : arg)),
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
