/** Runs `life-cycles.ts` in a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Held } from './life-cycles.js';
import { ROOT } from './source-tree.js';

/** What the process held before and after so many servers were made and closed. */
export async function lifeCycleFigures(
  cycles: number,
): Promise<{ before: Held; after: Held; stderr: string }> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    join(ROOT, 'spec/support/run-typescript.js'),
    join(ROOT, 'spec/support/life-cycles.ts'),
    String(cycles),
  ]);
  return { ...(JSON.parse(stdout) as { before: Held; after: Held }), stderr };
}
