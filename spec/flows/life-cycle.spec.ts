/**
 * Made and closed a thousand times, servers leave nothing behind, and the process ends by itself.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';

const CYCLES = 1000;

it(`${CYCLES} servers made, asked and closed leave no timer, listener, file or memory behind`, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    join(ROOT, 'spec/support/run-typescript.js'),
    join(ROOT, 'spec/support/life-cycles.ts'),
    String(CYCLES),
  ]);
  const { before, after } = JSON.parse(stdout);
  // A connection kept alive more or less is the client's.
  expect(after.files - before.files).toBeLessThanOrEqual(2);
  expect(after.timers - before.timers).toBeLessThanOrEqual(2);
  expect(after.listeners).toBe(before.listeners);
  expect(after.heapMegabytes - before.heapMegabytes).toBeLessThan(10);
  expect(stderr).not.toContain('MaxListenersExceededWarning');
}, 120_000);
