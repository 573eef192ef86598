/**
 * The contract every {@link Storage} fulfils, as cases for any test runner.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { EXPIRY, MEMBERS } from './contract/lifetimes.js';
import { RACES } from './contract/races.js';
import { VALUES } from './contract/values.js';
import type { Storage } from './storage.js';

/** The parts of a test runner that are used; those of node:test, jest, vitest and mocha fit. */
export interface ContractRunner {
  /** Groups cases. */
  describe(title: string, body: () => void): unknown;
  /** Takes one case; it fails by rejecting. */
  it(title: string, body: () => Promise<void>): unknown;
}

/**
 * Registers the cases of the contract that every storage keeps. Some wait for an expiry: all together
 * take about four seconds.
 *
 * ```ts
 * import { describe, it } from 'node:test';
 * import { memoryStorage, storageContract } from 'express-auth0-mcp';
 *
 * // Yours in place of memoryStorage().
 * storageContract({ describe, it }, async () => memoryStorage());
 * ```
 *
 * @param runner of node:test, jest, vitest or mocha
 * @param make called once per case; may give the same store each time, since no two cases share a key
 */
export function storageContract(runner: ContractRunner, make: () => Promise<Storage>): void {
  runner.describe('the Storage contract', () => {
    for (const [title, check] of [...VALUES, ...RACES, ...EXPIRY, ...MEMBERS]) {
      runner.it(title, async () => check(await make(), randomUUID()));
    }
  });
}
