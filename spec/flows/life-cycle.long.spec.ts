/** Made and closed over and over, servers leave nothing behind, and the process ends by itself. */
import { expect, it } from '@jest/globals';

import { lifeCycleFigures } from '../support/life-cycle-figures.js';

it('1000 servers made, asked and closed leave no timer, listener, file or memory behind', async () => {
  const { before, after, stderr } = await lifeCycleFigures(1000);
  // A connection kept alive more or less is the client's.
  expect(after.files - before.files).toBeLessThanOrEqual(2);
  expect(after.timers - before.timers).toBeLessThanOrEqual(2);
  expect(after.listeners).toBe(before.listeners);
  expect(after.heapMegabytes - before.heapMegabytes).toBeLessThan(10);
  expect(stderr).not.toContain('MaxListenersExceededWarning');
}, 300_000);
