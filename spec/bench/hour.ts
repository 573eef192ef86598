/**
 * Three instances on Redis under a steady load for an hour: tool calls, refreshes, logins. The clients and the tenant are
 * this process, which is not measured.
 */
import { execFileSync } from 'node:child_process';

import { ADA, type User } from '../../lib/testing/options.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { callTool, type OAuthClient, registerClient } from '../support/oauth-client.js';

const CLIENTS = 200;
/** Half a core for the three instances, on the machine of the document. */
const CALLS_PER_SECOND = 200;
const CALLS_AT_ONCE = 100;
const REFRESH_EVERY_MS = 60_000;
const LOGIN_EVERY_MS = 3_000;
const SAMPLES = 12;

/** What an hour took. */
export interface Hour {
  readonly seconds: number;
  readonly calls: number;
  readonly refreshes: number;
  readonly logins: number;
  /** Calls, refreshes and logins that failed. */
  readonly failures: number;
  /** Share of one core that the instances used together. */
  readonly cores: number;
  /** Megabytes of each instance, in equal intervals. */
  readonly residentMb: readonly (readonly number[])[];
}

interface Session {
  readonly client: OAuthClient;
  tokens: Record<string, unknown>;
}

export async function steadyLoad(seconds: number): Promise<Hour> {
  const users = Array.from(
    { length: CLIENTS },
    (_none, index): User => ({
      ...ADA,
      sub: `auth0|hour-${index}`,
      email: `ada-${index}@example.com`,
    }),
  );
  const cluster = await startCluster({ store: 'redis', size: 3, tenant: { users } });
  try {
    return await measure(cluster, users, seconds);
  } finally {
    await cluster.close();
  }
}

async function measure(cluster: Cluster, users: readonly User[], seconds: number): Promise<Hour> {
  const done = { calls: 0, refreshes: 0, logins: 0, failures: 0 };
  const sessions: Session[] = [];
  for (const user of users) sessions.push(await logIn(cluster, user));
  const timers: NodeJS.Timeout[] = [];
  let inFlight = 0;
  let turn = 0;

  function attempt(kind: 'calls' | 'refreshes' | 'logins', work: () => Promise<boolean>): void {
    inFlight += 1;
    void work()
      .catch(() => false)
      .then((isDone) => {
        inFlight -= 1;
        done[isDone ? kind : 'failures'] += 1;
      });
  }
  function call(): void {
    turn += 1;
    const { tokens } = sessions[turn % sessions.length] as Session;
    const { origin } = cluster.instances[turn % 3] ?? cluster;
    attempt('calls', async () => {
      const { status } = await callTool(`${origin}/mcp`, tokens['access_token'], 'whoami');
      return status === 200;
    });
  }
  const every = (ms: number, work: () => void): void => void timers.push(setInterval(work, ms));

  every(10, () => {
    const due = CALLS_PER_SECOND / 100;
    for (let at = 0; at < due && inFlight < CALLS_AT_ONCE; at += 1) call();
  });
  let refreshed = 0;
  every(REFRESH_EVERY_MS / CLIENTS, () => {
    refreshed += 1;
    const session = sessions[refreshed % sessions.length] as Session;
    attempt('refreshes', async () => {
      const { status, body } = await session.client.refresh(session.tokens['refresh_token']);
      if (status === 200) session.tokens = body as Record<string, unknown>;
      return status === 200;
    });
  });
  every(LOGIN_EVERY_MS, () =>
    attempt('logins', async () => {
      cluster.tenant.clearRequests();
      const user = users[done.logins % users.length] ?? ADA;
      return typeof (await logIn(cluster, user)).tokens['access_token'] === 'string';
    }),
  );

  const before = usage(cluster);
  const residentMb: (readonly number[])[] = [before.residentMb];
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / SAMPLES));
    residentMb.push(usage(cluster).residentMb);
    process.stdout.write(`${JSON.stringify({ ...done, residentMb: residentMb.at(-1) })}\n`);
  }
  for (const timer of timers) clearInterval(timer);
  const cores = (usage(cluster).cpuSeconds - before.cpuSeconds) / seconds;
  return { seconds, ...done, cores: Number(cores.toFixed(2)), residentMb };
}

async function logIn({ origin }: Cluster, user: User): Promise<Session> {
  const client = await registerClient(origin);
  return { client, tokens: await client.tokens({ user }) };
}

/** Of the instances, by `ps`. */
function usage({ instances }: Cluster): { cpuSeconds: number; residentMb: readonly number[] } {
  const residentMb: number[] = [];
  let cpuSeconds = 0;
  for (const { pid } of instances) {
    const line = execFileSync('ps', ['-o', 'rss=,cputimes=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    const [kilobytes = 0, seconds = 0] = line.trim().split(/\s+/).map(Number);
    residentMb.push(Math.round(kilobytes / 1000));
    cpuSeconds += seconds;
  }
  return { cpuSeconds, residentMb };
}
