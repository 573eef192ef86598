import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { type Cluster, startCluster } from '../../support/cluster.js';
import { newTally } from '../../support/persistent-client.js';
import { rollingRestart } from '../../support/rolling-restart.js';

jest.setTimeout(600_000);

let cluster: Cluster;
afterEach(() => cluster.close());

describe.each([
  { store: 'redis', size: 3, says: 'three processes on one Redis' },
  { store: 'embedded', size: 2, says: 'two processes on one embedded store' },
] as const)('$says, fifty clients', ({ store, size }) => {
  it('are replaced three times over: no login fails, no grant is lost, nothing is sent twice', async () => {
    cluster = await startCluster({ store, size });
    const tally = newTally();
    await rollingRestart(cluster, { clients: 50, rounds: 3, tally });
    process.stdout.write(`${store}, ${3 * size} restarts: ${JSON.stringify(tally)}\n`);
    expect([tally.forced, tally.wrong, tally.logins]).toEqual([{}, [], 50]);
    expect(Object.keys(tally.repeats).filter((what) => what.includes('no answer'))).toEqual([]);
    expect(tally.refreshes).toBeGreaterThan(50);
  });
});
