import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { ADA } from '../../../lib/testing/options.js';
import { AGENT, type Cluster, startCluster } from '../../support/cluster.js';
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

  async function outcomeOf(origin: string, assertion: string): Promise<string> {
    const response = await fetch(`${origin}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion,
        client_id: AGENT.clientId,
        client_secret: AGENT.clientSecret,
      }),
    });
    const { error = 'tokens' } = (await response.json()) as { error?: string };
    return `${response.status} ${error}`;
  }
  const idJag = (): Promise<string> =>
    cluster.tenant.issueIdJag({
      ...{ sub: ADA.sub, clientId: AGENT.clientId },
      audience: cluster.origin,
    });

  /** The last one: it ends the processes. */
  it('EX-10 an identity assertion is used by one of fifty parallel requests, and not again after a restart', async () => {
    const assertion = await idJag();
    const origins = cluster.instances.map(({ origin }) => origin);
    expect(origins).toHaveLength(size);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, at) => outcomeOf(String(origins[at % size]), assertion)),
    );
    expect(outcomes.filter((one) => one === '200 tokens')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['200 tokens', '400 invalid_grant']));

    for (const instance of [...cluster.instances]) {
      await instance.kill();
      cluster.bury(instance);
    }
    const { origin } = await cluster.start();
    expect(await outcomeOf(origin, assertion)).toBe('400 invalid_grant');
    expect(await outcomeOf(origin, await idJag())).toBe('200 tokens');
  });
});
