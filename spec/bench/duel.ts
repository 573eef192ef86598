/**
 * Two contenders side by side: A B B A in short bursts, in fresh processes, several times.
 *
 * CPU time and not wall time: it does not count what else runs on the machine. A B B A and not A B:
 * what drifts (frequency, temperature, neighbours) falls on both alike.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { BurstAnswer, SideArguments } from './side.js';

const SIDE = fileURLToPath(new URL('./side.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../support/run-typescript.js', import.meta.url));

/** How long and how often. */
export interface Effort {
  readonly launches: number;
  readonly rounds: number;
  readonly runsPerBurst: number;
  readonly warmUpRuns: number;
}

/** The outcome of a duel: how much the second costs, as a multiple of the first. */
export interface Comparison {
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  /** Microseconds of CPU time per run. */
  readonly firstUs: number;
  readonly secondUs: number;
  /** One figure per launch. */
  readonly ratios: readonly number[];
  /** Of the second, after its last burst of the last launch. */
  readonly facts?: Readonly<Record<string, number>>;
}

/** A contender in a process of its own, or in several. */
export interface Side {
  /** @returns microseconds of CPU time per run, of all its processes together */
  burst(runs: number): Promise<number>;
  facts(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** Starts a contender in as many processes as it asks for, which work at the same time. */
export async function startSide(args: SideArguments): Promise<Side> {
  const all = await Promise.all(Array.from({ length: args.processes ?? 1 }, () => startOne(args)));
  const [first] = all;
  if (first === undefined) throw new RangeError('a side needs a process');
  return {
    async burst(runs) {
      const each = await Promise.all(all.map((one) => one.burst(runs)));
      return each.reduce((sum, cpuUs) => sum + cpuUs, 0) / each.length;
    },
    facts: first.facts,
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

async function startOne(args: SideArguments): Promise<Side> {
  const child = fork(SIDE, [JSON.stringify(args)], {
    // Helper threads of the collector spend CPU time on waiting for one another: the noisiest part.
    execArgv: ['--import', LOADER, '--expose-gc', '--single-threaded-gc'],
    serialization: 'advanced',
  });
  await answerOf(child);
  return {
    async burst(runs) {
      child.send({ runs });
      return ((await answerOf(child)) as BurstAnswer).cpuUs;
    },
    async facts() {
      child.send('facts');
      return (await answerOf(child)) as Record<string, number>;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send('stop');
      await ended;
    },
  };
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a side ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      const { error } = message as { error?: string };
      if (error === undefined) resolve(message);
      else reject(new Error(error));
    });
  });
}

/** Measures both, `effort.launches` times. */
export async function duel(
  first: SideArguments,
  second: SideArguments,
  effort: Effort,
  wantsFacts: boolean,
): Promise<Comparison> {
  const launches: Awaited<ReturnType<typeof oneLaunch>>[] = [];
  for (let launch = 0; launch < effort.launches; launch += 1) {
    launches.push(await oneLaunch(first, second, effort, { wantsFacts, launch }));
  }
  const facts = launches.at(-1)?.facts;
  const ratios = launches.map(({ ratio }) => ratio);
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    firstUs: median(launches.map(({ firstUs }) => firstUs)),
    secondUs: median(launches.map(({ secondUs }) => secondUs)),
    ratios,
    ...(facts && { facts }),
  };
}

async function oneLaunch(
  first: SideArguments,
  second: SideArguments,
  { rounds, runsPerBurst, warmUpRuns }: Effort,
  { wantsFacts, launch }: { readonly wantsFacts: boolean; readonly launch: number },
) {
  const [a, b] = await startBoth(first, second, launch % 2 === 0);
  // In bursts as well: what has to be prepared for each is sized for one.
  for (let runs = 0; runs < warmUpRuns; runs += runsPerBurst) {
    await a.burst(runsPerBurst);
    await b.burst(runsPerBurst);
  }
  const seen: { a: number; b: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [a1, b1] = [await a.burst(runsPerBurst), await b.burst(runsPerBurst)];
    const [b2, a2] = [await b.burst(runsPerBurst), await a.burst(runsPerBurst)];
    seen.push({ a: (a1 + a2) / 2, b: (b1 + b2) / 2 });
  }
  const facts = wantsFacts ? await b.facts() : undefined;
  await a.stop();
  await b.stop();
  return {
    ratio: median(seen.map((round) => round.b / round.a)),
    firstUs: median(seen.map((round) => round.a)),
    secondUs: median(seen.map((round) => round.b)),
    facts,
  };
}

/** In turns the one or the other first: the process that was started first is often the slower one. */
async function startBoth(
  first: SideArguments,
  second: SideArguments,
  isInOrder: boolean,
): Promise<[Side, Side]> {
  if (isInOrder) return [await startSide(first), await startSide(second)];
  const b = await startSide(second);
  return [await startSide(first), b];
}

/** The middle of them. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}
