import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { type Cluster, startCluster } from '../../support/cluster.js';
import { crashRun } from '../../support/crash-run.js';

jest.setTimeout(120_000);

let cluster: Cluster;
afterEach(() => cluster.close());

describe.each(['embedded', 'redis'] as const)('kill -9 over the %s store', (store) => {
  it('ends no login: failed requests succeed when they are sent again', async () => {
    cluster = await startCluster({ store, size: 0 });
    const report = await crashRun(cluster, { clients: 3, kills: 3, seed: 20_261 });
    const { kills, forced, wrong, doubleRedemptions } = report;
    expect({ kills, forced, wrong, doubleRedemptions }).toEqual({
      ...{ kills: 3, forced: {}, wrong: [], doubleRedemptions: 0 },
    });
    expect(report.logins).toBeGreaterThanOrEqual(3);
  });
});
