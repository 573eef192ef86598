import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { type Cluster, startCluster } from '../../support/cluster.js';
import { isLong } from '../../support/mode.js';
import { callTool, registerClient, toolResult } from '../../support/oauth-client.js';
import { newTally } from '../../support/persistent-client.js';
import { rollingRestart } from '../../support/rolling-restart.js';

jest.setTimeout(isLong ? 600_000 : 120_000);

describe.each([
  { store: 'redis', size: 3, says: 'three processes on one Redis' },
  { store: 'embedded', size: 2, says: 'two processes on one embedded store' },
] as const)('$says', ({ store, size }) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ store, size });
  });
  afterAll(() => cluster.close());

  it('serve one login together, each request by another instance', async () => {
    const client = await registerClient(cluster.origin);
    let tokens = await client.tokens();
    for (let round = 0; round < 3; round += 1) {
      const response = await client.refresh(tokens.refresh_token);
      expect(response.status).toBe(200);
      tokens = response.body;
      const me = await callTool(cluster.mcp, tokens.access_token, 'whoami');
      expect(toolResult(me)).toMatchObject({ name: 'Ada Lovelace' });
    }
    const { served } = cluster.balancer;
    expect(served.some((port, at) => port === served[at - 1])).toBe(false);
    expect(new Set(served).size).toBe(size);
  });

  it('are restarted one by one while users log in, refresh and call tools: no request fails', async () => {
    const tally = newTally();
    const clients = isLong ? 50 : 10;
    await rollingRestart(cluster, { clients, rounds: isLong ? 3 : 1, tally });
    expect([tally.forced, tally.wrong, tally.logins]).toEqual([{}, [], clients]);
    expect(Object.keys(tally.repeats).filter((what) => what.includes('no answer'))).toEqual([]);
    expect(tally.refreshes).toBeGreaterThanOrEqual(clients);
    expect(tally.toolCalls).toBeGreaterThan(clients);
  });
});
