/**
 * Server processes that die all the time, each at a point a seeded generator chose, under clients that
 * retry as real ones do.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { Cluster } from './cluster.js';
import type { InstanceSettings } from './instance.js';
import { type OAuthClient, registerClient } from './oauth-client.js';
import {
  newTally,
  type PersistentClient,
  persistentClient,
  type Tally,
} from './persistent-client.js';

interface Plan {
  readonly clients: number;
  readonly kills: number;
  readonly seed: number;
  /** Called between two refreshes of a client. */
  readonly between?: () => Promise<void>;
  /** Called after each login and refresh. Default: one that needs nothing of Auth0. */
  readonly tools?: readonly string[];
}

/** What came of it. */
export interface CrashReport extends Tally {
  kills: number;
  /** Codes that were honoured a second time after the client had its tokens. */
  doubleRedemptions: number;
}

/** A login with a refresh and its tool calls takes about thirty verbs. */
const MAX_VERBS = 300;
/** An instance that gets too little work to reach its verb is killed from outside. */
const MAX_LIFE_MS = 3_000;
/** Instances at a time: the others may be alive, or not. */
const LIVES = 3;

/** Kills `plan.kills` processes while others start, and lets the clients come to an end. */
export async function crashRun(cluster: Cluster, plan: Plan): Promise<CrashReport> {
  const tally = newTally();
  let isOver = false;
  const clients: PersistentClient[] = [];

  async function callTools(client: PersistentClient): Promise<void> {
    for (const tool of plan.tools ?? ['whoami']) await client.callTool(tool);
  }

  async function beOneClient(registered: OAuthClient): Promise<void> {
    while (!isOver) {
      const client = persistentClient(cluster.mcp, registered, tally);
      clients.push(client);
      await client.logIn();
      await callTools(client);
      for (let refreshes = 0; refreshes < 2; refreshes += 1) {
        await plan.between?.();
        await client.refresh();
        await callTools(client);
      }
    }
  }

  const first = await cluster.start();
  const registered = await Promise.all(
    Array.from({ length: plan.clients }, () => registerClient(cluster.origin)),
  );
  const all = registered.map(beOneClient);
  let deaths = 1;
  async function dieAgainAndAgain(random: () => number): Promise<void> {
    while (deaths < plan.kills) {
      deaths += 1;
      const instance = await cluster.start({ diesAt: pointOfDeath(random) });
      await Promise.race([instance.ended, pause(MAX_LIFE_MS * random())]);
      await instance.kill();
      cluster.bury(instance);
    }
  }
  const lives = Array.from({ length: LIVES }, (_, at) => dieAgainAndAgain(seeded(plan.seed + at)));
  await first.kill();
  cluster.bury(first);
  await Promise.all(lives);
  await cluster.start();
  isOver = true;
  await Promise.all(all);
  let doubleRedemptions = 0;
  for (const client of clients) doubleRedemptions += await client.replayCodes();
  return { ...tally, kills: plan.kills, doubleRedemptions };
}

function pointOfDeath(random: () => number): NonNullable<InstanceSettings['diesAt']> {
  const verb = 1 + Math.floor(random() * MAX_VERBS);
  return { verb, when: random() < 0.5 ? 'before' : 'after' };
}

/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
