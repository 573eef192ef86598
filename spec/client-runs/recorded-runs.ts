/** The recorded runs of clients, from which docs/compatibility.md takes its table. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';

export const RECORDED_RUNS = 'docs/runs';

export interface RecordedRun {
  /** Name of its facts in lib/doctor/clients. */
  readonly client: string;
  readonly version: string;
  /** As `2026-11-30`. */
  readonly date: string;
  /** By name, in the order of the run. */
  readonly steps: Readonly<Record<string, { readonly outcome: string; readonly seconds: number }>>;
  readonly stepUpRequests: readonly string[];
}

export function readRecordedRuns(): RecordedRun[] {
  const folder = join(ROOT, RECORDED_RUNS);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}
