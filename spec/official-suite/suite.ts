/** Runs `@modelcontextprotocol/conformance`, the official suite, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';

const CLI = join(ROOT, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** One check of a scenario. */
export interface Check {
  readonly scenario: string;
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/**
 * @returns the checks of all scenarios, in order
 * @throws if the suite ran none
 */
export async function runSuite(
  args: readonly string[],
  onOutput: (text: string) => void = () => undefined,
): Promise<readonly Check[]> {
  const folder = mkdtempSync(join(tmpdir(), 'official-suite-'));
  try {
    const program = ['--import', join(import.meta.dirname, 'glob-sync.js'), CLI];
    const child = spawn(process.execPath, [...program, ...args, '--output-dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8').on('data', onOutput);
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    const checks = readdirSync(folder)
      .sort()
      .flatMap((run) => checksOf(folder, run));
    if (checks.length === 0) throw new Error(`the suite ran no check: ${args.join(' ')}`);
    return checks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run's folder is named after the scenario and the time. */
function checksOf(folder: string, run: string): Check[] {
  const scenario = run.replace(/^(?:server|authorization-server)-|-\d{4}-\d\d-\d\dT.*$/g, '');
  const checks: Omit<Check, 'scenario'>[] = JSON.parse(
    readFileSync(join(folder, run, 'checks.json'), 'utf8'),
  );
  return checks.map((check) => ({ ...check, scenario }));
}

/** Forwards every request as it is, with a token, which the suite cannot send. */
export function tokenProxy(origin: string, token: string): Server {
  return createServer((req, res) => {
    const headers = { ...req.headers, authorization: `Bearer ${token}` };
    const forwarded = request(
      new URL(req.url ?? '/', origin),
      { method: req.method, headers },
      (response) => {
        res.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(res);
        res.on('close', () => response.destroy());
      },
    );
    forwarded.on('error', () => res.destroy());
    res.on('close', () => forwarded.destroy());
    req.pipe(forwarded);
  });
}
