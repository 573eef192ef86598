import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { DEMO_AUDIENCE } from '../../../lib/testing/options.js';
import { type Cluster, startCluster } from '../../support/cluster.js';
import { crashRun } from '../../support/crash-run.js';
import { isLong } from '../../support/mode.js';

jest.setTimeout(isLong ? 1_200_000 : 120_000);

const PLAN = isLong ? { clients: 12, kills: 100, seed: 3 } : { clients: 3, kills: 3, seed: 20_261 };

let cluster: Cluster;
afterEach(() => cluster.close());

describe.each(['embedded', 'redis'] as const)('kill -9 over the %s store', (store) => {
  it('ends no login: failed requests succeed when they are sent again', async () => {
    cluster = await startCluster({ store, size: 0 });
    const report = await crashRun(cluster, PLAN);
    const { kills, forced, wrong, doubleRedemptions } = report;
    expect({ kills, forced, wrong, doubleRedemptions }).toEqual({
      ...{ kills: PLAN.kills, forced: {}, wrong: [], doubleRedemptions: 0 },
    });
    expect(report.logins).toBeGreaterThanOrEqual(PLAN.clients);
  });

  if (isLong) {
    it("costs a login only where it hits Auth0's own rotation", async () => {
      cluster = await startCluster({
        store,
        size: 0,
        // Due for a refresh two seconds after it was made: every refresh of ours is one at Auth0.
        tenant: { apis: [{ identifier: DEMO_AUDIENCE, tokenLifetimeSeconds: 62 }] },
        options: { upstreamTimeoutSeconds: 2 },
      });
      const between = () => pause(2_100);
      const outcome = await crashRun(cluster, { clients: 12, kills: 60, seed: 4, between });
      expect([outcome.wrong, outcome.doubleRedemptions]).toEqual([[], 0]);
      // Each of them is one of these: Auth0 has rotated, and the process died before it could write.
      const refusedByAuth0 = cluster.tenant.requests.filter(
        ({ form, status }) => form.grant_type === 'refresh_token' && status === 403,
      );
      const { 'refresh: 400 invalid_grant': hits = 0, ...others } = outcome.forced;
      expect(others).toEqual({});
      expect(hits).toBeLessThanOrEqual(refusedByAuth0.length);
    });
  }
});
