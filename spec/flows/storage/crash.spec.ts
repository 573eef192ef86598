import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { DEFAULT_APIS, DEMO_AUDIENCE } from '../../../lib/testing/options.js';
import { type Cluster, startCluster } from '../../support/cluster.js';
import { crashRun } from '../../support/crash-run.js';
import type { Instance } from '../../support/instances.js';
import { BILLING } from '../../support/mcp-route.js';
import { isLong } from '../../support/mode.js';
import {
  callTool,
  type OAuthClient,
  oauthClient,
  registerClient,
  toolResult,
} from '../../support/oauth-client.js';

jest.setTimeout(isLong ? 1_200_000 : 120_000);

const PLAN = isLong ? { clients: 12, kills: 100, seed: 3 } : { clients: 3, kills: 3, seed: 20_261 };

const DAY = 86_400;
const APIS = [...DEFAULT_APIS, { identifier: BILLING, scopes: ['read:bills'] }];

describe.each(['embedded', 'redis'] as const)('kill -9 over the %s store', (store) => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

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
        tenant: {
          apis: [DEMO_AUDIENCE, BILLING].map((identifier) => ({
            ...{ identifier, tokenLifetimeSeconds: 62 },
          })),
        },
        options: { upstreamTimeoutSeconds: 2 },
      });
      allowBilling(cluster);
      const between = () => pause(2_100);
      const tools = ['whoami', 'billing', 'downstream'];
      const outcome = await crashRun(cluster, { clients: 12, kills: 60, seed: 4, between, tools });
      expect([outcome.wrong, outcome.doubleRedemptions]).toEqual([[], 0]);
      // Each of them is one of these: Auth0 has rotated, and the process died before it could write.
      const refusedByAuth0 = cluster.tenant.requests.filter(
        ({ form, status }) => form.grant_type === 'refresh_token' && status === 403,
      );
      const {
        'refresh: 400 invalid_grant': refreshes = 0,
        'tool call: login ended': calls = 0,
        ...others
      } = outcome.forced;
      expect(others).toEqual({});
      expect(refreshes + calls).toBeLessThanOrEqual(refusedByAuth0.length);
    });
  }
});

/** The application may request tokens of a second API. */
function allowBilling({ tenant }: Cluster, rotationOverlapSeconds = 0): void {
  const refreshTokenPolicies = [{ audience: BILLING, scope: ['read:bills'] }];
  tenant.configure({
    applications: tenant.settings.applications.map((application) => ({
      ...application,
      ...{ refreshTokenPolicies, rotationOverlapSeconds },
    })),
  });
}

describe.each(isLong ? (['embedded', 'redis'] as const) : (['embedded'] as const))(
  'kill -9 while a token of another API and a refresh are requested, over the %s store',
  (store) => {
    let shared: Cluster;
    let client: OAuthClient;
    let tokens: Record<string, unknown>;

    beforeAll(async () => {
      shared = await startCluster({
        ...{ store, size: 1 },
        options: { accessTokenTtlSeconds: DAY, upstreamTimeoutSeconds: 1 },
        tenant: { apis: APIS },
      });
    });
    afterAll(() => shared.close());

    const sent = (): unknown[] =>
      shared.tenant.requests
        .filter(({ form }) => form.grant_type === 'refresh_token')
        .map(({ form }) => form.refresh_token);
    const sentTwice = (): unknown[] => sent().filter((one, at, all) => all.indexOf(one) < at);
    const call = (name: string) => callTool(shared.mcp, tokens['access_token'], name);

    /** A login whose tokens are due. */
    async function logIn({ overlap = 0 } = {}): Promise<void> {
      const { tenant, origin } = shared;
      allowBilling(shared, overlap);
      client = await registerClient(origin);
      tokens = await client.tokens();
      await shared.pass(DAY - 30);
      tenant.clearRequests();
    }

    /** Sends everything that needs a token to a process that dies, and lets its lease expire. */
    async function sendTo(dying: Instance): Promise<void> {
      await Promise.allSettled([
        callTool(`${dying.origin}/mcp`, tokens['access_token'], 'billing'),
        callTool(`${dying.origin}/mcp`, tokens['access_token'], 'downstream'),
        oauthClient(dying.origin, client).refresh(tokens['refresh_token']),
      ]);
      await dying.ended;
      shared.bury(dying);
      await shared.pass(5);
    }

    /** Of the updates of a grant, the first writes the lease, the second what Auth0 has issued. */
    async function dieAfterUpdate(updates: number): Promise<void> {
      await logIn();
      await sendTo(await shared.start({ diesAt: { updates } }));
    }

    /** Auth0 has issued the next refresh token, which reaches no store. */
    async function dieBeforeWrite(rotation: { overlap: number }): Promise<void> {
      await logIn(rotation);
      const dying = await shared.start();
      shared.tenant.configure({
        async forge() {
          shared.tenant.configure({ forge: undefined });
          await dying.kill();
        },
      });
      await sendTo(dying);
    }

    async function expectSuccess(): Promise<void> {
      const [billing, downstream, refresh] = await Promise.all([
        call('billing'),
        call('downstream'),
        client.refresh(tokens['refresh_token']),
      ]);
      const isJwt = { isJwt: true };
      expect([toolResult(billing), toolResult(downstream)]).toEqual([isJwt, isJwt]);
      expect(refresh.status).toBe(200);
    }

    it('after the lease is written: another process goes on', async () => {
      await dieAfterUpdate(1);
      expect(sent()).toEqual([]);
      await expectSuccess();
      expect(sentTwice()).toEqual([]);
    });

    it('after the write: another process goes on', async () => {
      await dieAfterUpdate(2);
      expect(sent()).toHaveLength(1);
      await expectSuccess();
      expect(sentTwice()).toEqual([]);
    });

    it("after Auth0's response, before the write: another process goes on, by the overlap of the rotation", async () => {
      await dieBeforeWrite({ overlap: 60 });
      const [lost] = sent();
      await expectSuccess();
      expect(sentTwice()).toEqual([lost]);
    });

    it('the same without overlap costs a login: the new refresh token is lost', async () => {
      await dieBeforeWrite({ overlap: 0 });
      const [lost] = sent();
      expect(JSON.stringify((await call('billing')).body)).toContain('The login has ended');
      expect((await call('downstream')).status).toBe(401);
      expect((await client.refresh(tokens['refresh_token'])).body['error']).toBe('invalid_grant');
      expect(sentTwice()).toEqual([lost]);
      tokens = await client.tokens();
      await expectSuccess();
    });
  },
);
