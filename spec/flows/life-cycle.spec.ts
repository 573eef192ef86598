import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

import type { Held } from '../support/life-cycles.js';
import { isLong } from '../support/mode.js';
import { ROOT } from '../support/source-tree.js';

const CYCLES = isLong ? 1000 : 200;

it(`${CYCLES} servers that are created, used and closed leave no timer, listener, file or memory behind`, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    join(ROOT, 'spec/support/run-typescript.js'),
    join(ROOT, 'spec/support/life-cycles.ts'),
    String(CYCLES),
  ]);
  const { before, after }: { before: Held; after: Held } = JSON.parse(stdout);
  // A connection kept alive more or less is the client's.
  expect(after.files - before.files).toBeLessThanOrEqual(2);
  expect(after.timers - before.timers).toBeLessThanOrEqual(2);
  expect(after.listeners).toBe(before.listeners);
  expect(after.heapMegabytes - before.heapMegabytes).toBeLessThan(10);
  expect(stderr).not.toContain('MaxListenersExceededWarning');
}, 300_000);
