/**
 * 500 clients that refresh every few seconds at three instances over one Redis, while Auth0 has all
 * its bad days one after the other. Nobody may have to log in again.
 *
 * Takes ten minutes, or SOAK_SECONDS, with SOAK_CLIENTS clients that pause for SOAK_PAUSE_SECONDS (5).
 * Clients, instances and Auth0 share one process: give it a core of its own.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import type { Fault } from '../../../lib/testing/faults.js';
import { ADA, DEMO_AUDIENCE, type User } from '../../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { type RedisServer, startRedis } from '../../support/redis-server.js';
import { upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 600);
const CLIENTS = Number(process.env.SOAK_CLIENTS ?? 500);
const PAUSE_MS = Number(process.env.SOAK_PAUSE_SECONDS ?? 5) * 1000;
const PEOPLE = 50;
/** Renewed a minute ahead, so every 20 seconds: as often as a month of use does. */
const AUTH0_TOKEN_SECONDS = 80;
const FAULT_MS = 4000;
/** Longer than Auth0's tokens last after they are due, so that clients have to wait. */
const OUTAGE_MS = 75_000;
const CALM_MS = 6000;
/** One turn in so many is an outage. */
const OUTAGE_EVERY = 12;

type BadDay = readonly [path: string, fault: Fault, times?: number];

const TOKEN = '/oauth/token';
const ANY_OUTAGE: BadDay = ['*', { kind: 'respond', status: 502 }];
const BAD_DAYS: readonly BadDay[] = [
  ANY_OUTAGE,
  [TOKEN, { kind: 'drop' }],
  [TOKEN, { kind: 'respond', status: 503 }],
  [TOKEN, { kind: 'rate-limited', resetSeconds: 3 }],
  [TOKEN, { kind: 'drop-response' }],
  [TOKEN, { kind: 'html' }],
  [TOKEN, { kind: 'hang' }, 20],
  [TOKEN, { kind: 'slow-body', milliseconds: 1500 }],
  ['/.well-known/jwks.json', { kind: 'respond', status: 503 }],
  [TOKEN, { kind: 'malformed-json' }],
  [TOKEN, { kind: 'delay', milliseconds: 800 }],
];

const figures = {
  refreshes: 0,
  unavailable: 0,
  calls: 0,
  forcedLogins: 0,
  refusedCalls: 0,
  busyCalls: 0,
  unreached: 0,
  other: 0,
};
/** Milliseconds of requests as clients and as the instances saw them: the network and queues differ. */
const latencies: number[] = [];
const served: number[] = [];
const loop = monitorEventLoopDelay();

describe('a soak', () => {
  let world: World;
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
    const users = Array.from(
      { length: PEOPLE },
      (_, index): User => ({
        ...ADA,
        sub: `auth0|soak-${index}`,
        email: `soak-${index}@example.com`,
      }),
    );
    world = await startWorld({
      instances: 3,
      storages: [1, 2, 3].map(() => redisStorage({ url: redis.url })),
      options: { upstreamTimeoutSeconds: 2 },
      tenant: {
        users,
        apis: [{ identifier: DEMO_AUDIENCE, tokenLifetimeSeconds: AUTH0_TOKEN_SECONDS }],
      },
      // As many addresses as a hosted client has: the rate limits are not what is looked at here.
      before(app) {
        app.use((req, res, next) => {
          const begun = performance.now();
          if (req.path === '/token')
            res.once('finish', () => served.push(performance.now() - begun));
          const part = () => Math.floor(Math.random() * 256);
          Object.defineProperty(req, 'ip', { value: `10.${part()}.${part()}.${part()}` });
          next();
        });
      },
    });
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    // A lost response does not end the session, if the overlap is longer than the outage after it.
    const rotationOverlapSeconds = 2 * (OUTAGE_MS / 1000);
    world.tenant.configure({ applications: [{ ...application, rotationOverlapSeconds }] });
  }, 60_000);

  afterAll(async () => {
    await world.close();
    await redis.remove();
  }, 60_000);

  it(
    `${CLIENTS} clients for ${SECONDS} seconds: no forced login, no valid token refused`,
    async () => {
      const clients = await logEveryoneIn(world);
      world.tenant.clearRequests();
      served.length = 0;
      loop.enable();
      const endAt = Date.now() + SECONDS * 1000;
      await Promise.all([
        badDays(world, endAt),
        ...clients.map(([client, tokens]) => liveOn(world, client, tokens, endAt)),
      ]);
      report(world);
      expect(figures).toMatchObject({ forcedLogins: 0, refusedCalls: 0, other: 0 });
      expect(figures.refreshes).toBeGreaterThan((CLIENTS * SECONDS * 1000) / (4 * PAUSE_MS));
      const perGrant = SECONDS / (AUTH0_TOKEN_SECONDS - 60) + 1;
      // With what bad days made void; far below one for each refresh.
      expect(upstreamRefreshes(world).length).toBeLessThan(CLIENTS * perGrant * 1.5);
    },
    (SECONDS + 600) * 1000,
  );
});

type Login = readonly [client: OAuthClient, tokens: Record<string, unknown>];

async function logEveryoneIn({ origin, tenant }: World): Promise<Login[]> {
  const logins: Login[] = [];
  while (logins.length < CLIENTS) {
    const batch = Array.from({ length: 10 }, async (_, index): Promise<Login> => {
      const client = await registerClient(origin);
      const user = tenant.settings.users[(logins.length + index) % PEOPLE];
      return [client, await client.tokens(user && { user })];
    });
    logins.push(...(await Promise.all(batch)));
  }
  return logins;
}

/** One client: refreshes, now and then in parallel, and calls a tool with what it got. */
async function liveOn(
  world: World,
  client: OAuthClient,
  first: Record<string, unknown>,
  endAt: number,
): Promise<void> {
  let tokens = first;
  await sleep(Math.random() * PAUSE_MS);
  while (Date.now() < endAt) {
    const count = Math.random() < 0.1 ? 3 : 1;
    const begun = performance.now();
    const responses = await Promise.all(
      Array.from({ length: count }, () => client.refresh(tokens.refresh_token).catch(unreached)),
    );
    latencies.push(performance.now() - begun);
    let pauseMs = PAUSE_MS * (0.6 + 0.8 * Math.random());
    for (const { status, headers, body } of responses.flat()) {
      if (status === 200) {
        figures.refreshes += 1;
        tokens = body;
      } else if (status === 503) {
        figures.unavailable += 1;
        pauseMs = Math.min(Number(headers.get('retry-after')) * 1000, 10_000);
      } else if (body.error === 'invalid_grant') {
        figures.forcedLogins += 1;
        return;
      } else figures.other += 1;
    }
    if (Math.random() < 0.2) {
      figures.calls += 1;
      const status = await callTool(world.mcp, tokens.access_token, 'whoami').then(
        (response) => response.status,
        () => 503,
      );
      if (status === 401 || status === 403) figures.refusedCalls += 1;
      // A machine that is too busy for its Redis: the client may try again.
      else if (status === 503) figures.busyCalls += 1;
      else if (status !== 200) figures.other += 1;
    }
    await sleep(pauseMs);
  }
}

/** A client whose connection failed tries again later. */
function unreached(): [] {
  figures.unreached += 1;
  return [];
}

async function badDays({ tenant }: World, endAt: number): Promise<void> {
  for (let turn = 0; Date.now() < endAt; turn += 1) {
    await sleep(CALM_MS);
    const isOutage = turn % OUTAGE_EVERY === OUTAGE_EVERY - 1 || turn === 1;
    const [path, fault, times] = BAD_DAYS[isOutage ? 0 : turn % BAD_DAYS.length] ?? ANY_OUTAGE;
    const over = tenant.fault(path, fault, times);
    await sleep(isOutage ? OUTAGE_MS : FAULT_MS);
    over();
  }
}

function report(world: World): void {
  const upstream = upstreamRefreshes(world);
  const lines = {
    clients: CLIENTS,
    seconds: SECONDS,
    ...figures,
    upstreamRefreshes: upstream.length,
    upstreamSucceeded: upstream.filter(({ status }) => status === 200).length,
    clientMs: percentiles(latencies),
    servedMs: percentiles(served),
    // How busy the one process was that is server, Auth0 and all clients at once.
    loopDelayP99Ms: Math.round(loop.percentile(99) / 1e6),
  };
  process.stdout.write(`soak: ${JSON.stringify(lines)}\n`);
}

/** Median, 95th and 99th. */
function percentiles(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.95, 0.99].map((part) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
