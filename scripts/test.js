/**
 * `npm test`: installs what is missing and runs the specs. Arguments go to jest: `npm test -- spec/oauth`.
 * `npm test -- --long` sets SPEC_MODE=long and also runs `*.long.spec.ts`. `npm test -- --clients` sets SPEC_MODE=clients
 * and runs real clients, nothing else; with `--record` it writes docs/runs. The last line is `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  build,
  ensureDebianPackages,
  ensureNodeModules,
  ROOT,
  SPEC_PROGRAMS,
  setUp,
} from './set-up.js';

const OWN = ['--long', '--clients', '--record'];
const args = process.argv.slice(2).filter((arg) => !OWN.includes(arg));
const mode = ['long', 'clients'].find((name) => process.argv.includes(`--${name}`));
const env = {
  ...process.env,
  ...(mode !== undefined && { SPEC_MODE: mode }),
  ...(process.argv.includes('--record') && { SPEC_RECORD: 'true' }),
};

await setUp(async () => {
  await ensureNodeModules();
  if (mode === 'clients') return;
  await ensureDebianPackages(SPEC_PROGRAMS);
  await build();
});

const folder = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-specs-'));
const results = join(folder, 'results.json');
const jest = spawn(
  process.execPath,
  [
    // jest links ES modules through node:vm, which needs a flag and prints a warning. Its workers inherit both.
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${results}`,
    ...args,
  ],
  {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => jest.kill(signal));
jest.on('exit', (code) => {
  process.exitCode = code ?? 1;
  report();
  rmSync(folder, { recursive: true, force: true });
});

/** Prints nothing if jest ended before it ran a spec, as after `--help` or a wrong option. */
function report() {
  const totals = readTotals();
  if (totals === undefined) return;
  const { passed, failed, skipped } = totals;
  // With -t the other specs are skipped; a full run may skip none.
  const isNarrowed = args.some((arg) => /^(-t|--testNamePattern)\b/.test(arg));
  if (skipped > 0 && !isNarrowed) {
    console.error(`\n${skipped} specs were skipped or are still to do: a full run allows none.`);
    process.exitCode = 1;
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
}

function readTotals() {
  try {
    const result = JSON.parse(readFileSync(results, 'utf8'));
    return {
      passed: result.numPassedTests,
      // A file that does not load counts as one failure.
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } catch {
    return undefined;
  }
}
