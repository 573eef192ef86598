import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { type Instances, startInstances } from '../../support/instance-processes.js';
import { oauthClient, registerClient } from '../../support/oauth-client.js';
import { until } from '../../support/upstream.js';
import { SPEC_SIGNING_KEY } from '../../support/world.js';

jest.setTimeout(60_000);

let directory: string;
let instances: Instances;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-containers-'));
});
afterEach(async () => {
  await instances.close();
  rmSync(directory, { recursive: true });
});

async function startFirst(inContainers: boolean) {
  const orders = { signingKey: SPEC_SIGNING_KEY, store: { directory } };
  instances = await startInstances(1, orders, { inContainers });
  const client = await registerClient(instances.origin);
  return { client, tokens: await client.tokens() };
}

describe('FA-31: an embedded store on a volume of two containers, Node as process 1 in both', () => {
  it('serves the first; the second responds 503, and takes over when the first has ended', async () => {
    const { client, tokens } = await startFirst(true);
    const second = oauthClient(await instances.addContainer(), client);
    for (let round = 0; round < 3; round += 1) {
      const refused = await second.refresh(tokens.refresh_token);
      expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    }
    await instances.kill(0);
    await until(async () => (await second.refresh(tokens.refresh_token)).status === 200);
    // And so again: a replacement is replaced.
    const third = oauthClient(await instances.addContainer(), client);
    expect((await third.refresh(tokens.refresh_token)).status).toBe(503);
    expect((await second.refresh(tokens.refresh_token)).status).toBe(200);
    await instances.kill(1);
    await until(async () => (await third.refresh(tokens.refresh_token)).status === 200);
  });

  it('serves the successor of a container that was killed', async () => {
    const { client, tokens } = await startFirst(true);
    await instances.kill(0);
    const successor = oauthClient(await instances.addContainer(), client);
    expect((await successor.refresh(tokens.refresh_token)).status).toBe(200);
    const [store = ''] = readdirSync(directory);
    const sockets = readdirSync(join(directory, store)).filter((name) => name.endsWith('.sock'));
    expect(sockets).toHaveLength(1);
  });

  it('rejects a container while a process of the machine itself uses it', async () => {
    const { client, tokens } = await startFirst(false);
    const second = oauthClient(await instances.addContainer(), client);
    expect((await second.refresh(tokens.refresh_token)).status).toBe(503);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('serves only one of two that start at the same time', async () => {
    const orders = { signingKey: SPEC_SIGNING_KEY, store: { directory } };
    instances = await startInstances(2, orders, { inContainers: true });
    const [one = '', two = ''] = instances.origins;
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
