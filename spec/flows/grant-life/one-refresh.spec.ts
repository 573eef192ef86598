import { afterEach, describe, expect, it } from '@jest/globals';

import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { type Cluster, startCluster } from '../../support/cluster.js';
import { mortal } from '../../support/mortal-storage.js';
import { type Answer, callTool, registerClient } from '../../support/oauth-client.js';
import { pass, upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

const DAY = 86_400;
/** Auth0's token has half a minute left, less than the margin. */
const UNTIL_DUE = DAY - 30;

function refreshes(requests: Cluster['tenant']['requests']): number {
  return requests.filter(({ form }) => form.grant_type === 'refresh_token').length;
}

describe('CLI-42 R-UP-7 one refresh at Auth0 for a grant', () => {
  let world: World | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it.each([
    // The second day uses the token that the first one brought.
    ['rotating refresh tokens, overlap 0', true, 2],
    ['refresh tokens that do not rotate', false, 1],
  ])('100 parallel refreshes over three instances: %s', async (_title, isRotating, days) => {
    world = await startWorld({ instances: 3 });
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    world.tenant.configure({
      applications: [{ ...application, refreshTokenRotation: isRotating }],
    });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    const { mcp } = world;
    for (let day = 0; day < days; day += 1) {
      pass(world, UNTIL_DUE);
      world.tenant.clearRequests();
      world.tenant.fault('/oauth/token', { kind: 'delay', milliseconds: 300 }, 1);
      const responses = await Promise.all(
        Array.from({ length: 100 }, () => client.refresh(tokens.refresh_token)),
      );
      expect(statuses(responses)).toEqual({ 200: 100 });
      expect(upstreamRefreshes(world)).toHaveLength(1);
      const calls = await Promise.all(
        responses.map(({ body }) => callTool(mcp, body.access_token, 'downstream')),
      );
      expect(statuses(calls)).toEqual({ 200: 100 });
      expect(upstreamRefreshes(world)).toHaveLength(1);
      Object.assign(tokens, responses[0]?.body);
    }
  });

  it('100 parallel auth0Token() calls cause one as well', async () => {
    world = await startWorld({ instances: 3, options: { accessTokenTtlSeconds: DAY } });
    const { mcp } = world;
    const { access_token: token } = await (await registerClient(world.origin)).tokens();
    pass(world, UNTIL_DUE);
    const calls = Array.from({ length: 100 }, () => callTool(mcp, token, 'downstream'));
    expect(statuses(await Promise.all(calls))).toEqual({ 200: 100 });
    expect(upstreamRefreshes(world)).toHaveLength(1);
  });

  it('a holder that dies during its refresh blocks the others for seconds only', async () => {
    const shared = memoryStorage();
    const dying = mortal(shared);
    world = await startWorld({
      instances: 2,
      storages: [dying.storage, shared],
      // Long enough for the holder to die before it gives up, on a machine that is busy as well.
      options: { upstreamTimeoutSeconds: 3 },
    });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    pass(world, UNTIL_DUE);
    world.tenant.fault('/oauth/token', { kind: 'hang' }, 1);
    const askInstance = (index: number): Promise<Response> =>
      fetch(`${world?.origin}/token`, {
        method: 'POST',
        headers: { 'x-instance': `${index}` },
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: String(tokens.refresh_token),
          client_id: client.id,
        }),
      });
    const lost = askInstance(0);
    while (upstreamRefreshes(world).length === 0) await new Promise((go) => setTimeout(go, 10));
    dying.die();
    const response = await askInstance(1);
    expect(response.status).toBe(200);
    expect(upstreamRefreshes(world)).toHaveLength(2);
    dying.revive();
    await lost;
  }, 15_000);
});

describe.each(['redis', 'embedded'] as const)('three processes over the %s store', (store) => {
  it('CLI-42 100 parallel refreshes cause one refresh at Auth0, and every response can be used', async () => {
    const cluster = await startCluster({ store, size: 3 });
    try {
      const { origin, mcp, tenant } = cluster;
      const client = await registerClient(origin);
      const tokens = await client.tokens();
      await cluster.pass(UNTIL_DUE);
      tenant.clearRequests();
      tenant.fault('/oauth/token', { kind: 'delay', milliseconds: 300 }, 1);
      const responses = await Promise.all(
        Array.from({ length: 100 }, () => insisting(() => client.refresh(tokens.refresh_token))),
      );
      expect(statuses(responses)).toEqual({ 200: 100 });
      expect(refreshes(tenant.requests)).toBe(1);
      const uses = await Promise.all(
        responses.map(({ body: { access_token: token } }) =>
          insisting(() => callTool(mcp, token, 'downstream')),
        ),
      );
      expect(statuses(uses)).toEqual({ 200: 100 });
      expect(refreshes(tenant.requests)).toBe(1);
    } finally {
      await cluster.close();
    }
  }, 60_000);
});

/** As clients do: a machine that is too busy for its store responds with 503, and the request is repeated. */
async function insisting<T extends Pick<Answer, 'status'>>(ask: () => Promise<T>): Promise<T> {
  let response = await ask();
  for (let attempt = 0; response.status === 503 && attempt < 10; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    response = await ask();
  }
  return response;
}

function statuses(responses: readonly Pick<Answer, 'status'>[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
