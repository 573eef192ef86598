import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { type Cluster, startCluster } from '../../support/cluster.js';
import { oauthClient, registerClient } from '../../support/oauth-client.js';
import { until } from '../../support/upstream.js';
import { SPEC_SIGNING_KEY } from '../../support/world.js';

jest.setTimeout(60_000);

let directory: string;
let cluster: Cluster;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-containers-'));
  const options = { jwtSigningKey: SPEC_SIGNING_KEY };
  cluster = await startCluster({ store: 'embedded', size: 0, directory, options });
});
afterEach(async () => {
  await cluster.close();
  rmSync(directory, { recursive: true });
});

async function startFirst(inContainers: boolean) {
  const first = await cluster.start({}, inContainers);
  const client = await registerClient(cluster.origin);
  return { first, client, tokens: await client.tokens() };
}

describe('FA-31: an embedded store on a volume of two containers, Node as process 1 in both', () => {
  it('serves the first; the second responds 503, and takes over when the first has ended', async () => {
    const { first, client, tokens } = await startFirst(true);
    const replacement = await cluster.startContainer();
    const second = oauthClient(replacement.origin, client);
    for (let round = 0; round < 3; round += 1) {
      const refused = await second.refresh(tokens.refresh_token);
      expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    }
    await first.kill();
    await until(async () => (await second.refresh(tokens.refresh_token)).status === 200);
    // And so again: a replacement is replaced.
    const third = oauthClient((await cluster.startContainer()).origin, client);
    expect((await third.refresh(tokens.refresh_token)).status).toBe(503);
    expect((await second.refresh(tokens.refresh_token)).status).toBe(200);
    await replacement.kill();
    await until(async () => (await third.refresh(tokens.refresh_token)).status === 200);
  });

  it('serves the successor of a container that was killed', async () => {
    const { first, client, tokens } = await startFirst(true);
    await first.kill();
    const successor = oauthClient((await cluster.startContainer()).origin, client);
    expect((await successor.refresh(tokens.refresh_token)).status).toBe(200);
    const [store = ''] = readdirSync(directory);
    const sockets = readdirSync(join(directory, store)).filter((name) => name.endsWith('.sock'));
    expect(sockets).toHaveLength(1);
  });

  it('rejects a container while a process of the machine itself uses it', async () => {
    const { client, tokens } = await startFirst(false);
    const second = oauthClient((await cluster.startContainer()).origin, client);
    expect((await second.refresh(tokens.refresh_token)).status).toBe(503);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('serves only one of two that start at the same time', async () => {
    const both = await Promise.all([cluster.startContainer(), cluster.startContainer()]);
    const [one = '', two = ''] = both.map(({ origin }) => origin);
    const client = await registerClient(one);
    const registered = { ...client };
    const statuses = new Set<number>();
    await until(async () => {
      statuses.clear();
      for (const origin of [one, two]) {
        // A code that nobody issued: 400 from a store that works.
        statuses.add((await oauthClient(origin, registered).redeem(`${'A'.repeat(64)}`)).status);
      }
      return statuses.size === 2;
    });
    expect(statuses).toEqual(new Set([400, 503]));
  });
});
