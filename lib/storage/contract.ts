/**
 * The contract every {@link Storage} fulfils, as cases for any test runner.
 *
 * Run it against a store of your own:
 *
 * ```ts
 * import { describe, it } from 'node:test';
 * import { storageContract } from 'express-auth0-mcp';
 * storageContract({ describe, it }, async () => myStorage());
 * ```
 *
 * Some cases wait for an expiry: the suite takes about four seconds.
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
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}

/**
 * Registers the cases.
 *
 * @param make called once per case; may give the same store each time, since no two cases share a key
 */
export function storageContract(runner: ContractRunner, make: () => Promise<Storage>): void {
  runner.describe('the Storage contract', () => {
    for (const [title, check] of [...VALUES, ...RACES, ...EXPIRY, ...MEMBERS]) {
      runner.it(title, async () => check(await make(), randomUUID()));
    }
  });
}
