import { beforeAll, describe, it } from '@jest/globals';

import type { ContractRunner } from '../../lib/storage/contract.js';

/** Starts all cases of a contract together, since some wait for an expiry; each still fails by itself. */
export function sideBySide(): ContractRunner {
  const bodies: (() => Promise<void>)[] = [];
  const outcomes: Promise<void>[] = [];
  return {
    describe(title, register) {
      describe(title, () => {
        beforeAll(() => {
          for (const body of bodies) outcomes.push(body());
          for (const outcome of outcomes) outcome.catch(() => undefined);
        });
        register();
      });
    },
    it(title, body) {
      const index = bodies.push(body) - 1;
      it(title, () => outcomes[index]);
    },
  };
}
