/**
 * Two contenders side by side: A B B A, then B A A B, in short bursts, in a fresh process, several times.
 *
 * CPU time and not wall time: it does not count what else runs on the machine. A B B A and not A B:
 * what drifts (frequency, temperature, neighbours) falls on both alike. Both in one process: two of
 * them, with the same code and nothing else, differ by five percent and more in how they came to lie in
 * memory and when their code was compiled. Only what runs in several processes, or fills the heap of one,
 * has its own; those differ by two percent.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { BurstAnswer, SideArguments, SideRequest } from './side.js';

const SIDE = fileURLToPath(new URL('./side.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../support/run-typescript.js', import.meta.url));

/** How long and how often. */
export interface Effort {
  readonly launches: number;
  readonly rounds: number;
  readonly runsPerBurst: number;
  readonly warmUpRuns: number;
  /** The share of the bursts that count, the cheapest ones. Default: 0.75, see {@link meanOfCheapest}. */
  readonly counted?: number;
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

/** A contender that runs. */
export interface Side {
  /** @returns microseconds of CPU time per run, of all its processes together */
  burst(runs: number): Promise<number>;
  facts(): Promise<Record<string, number>>;
}

/** One or more of them, and what they run in. */
export interface Sides<All extends readonly Side[] = readonly Side[]> {
  readonly sides: All;
  stop(): Promise<void>;
}

/** Starts a contender in as many processes as it asks for, which work at the same time. */
export async function startSide(args: SideArguments): Promise<Sides<[Side]>> {
  const all = await Promise.all(
    Array.from({ length: args.processes ?? 1 }, () => startProcess([args], ALIKE)),
  );
  const each = all.flatMap(({ sides }) => sides);
  const [first] = each;
  if (first === undefined) throw new RangeError('a side needs a process');
  const side: Side = {
    async burst(runs) {
      const times = await Promise.all(each.map((one) => one.burst(runs)));
      return times.reduce((sum, cpuUs) => sum + cpuUs, 0) / times.length;
    },
    facts: first.facts,
  };
  return {
    sides: [side],
    async stop() {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

/** Helper threads of the collector spend CPU time on waiting for one another: the noisiest part. */
const STEADY = ['--expose-gc', '--single-threaded-gc'];

/**
 * A heap so large that no full collection falls into a launch: it takes as long as 150 requests, and
 * would fall to the one side or the other. So it is left out of the figures. The collections of the young
 * generation, which are many and small, are in them.
 */
const NO_FULL_COLLECTION = ['--initial-heap-size=6000', '--max-old-space-size=8000'];

/** Two processes with the same code then compile the same at the same time, and lay it out alike. */
const ALIKE = ['--hash-seed=1', '--no-concurrent-recompilation', '--max-old-space-size=12000'];

/** Starts one process with all of `contenders` in it. */
async function startProcess(
  contenders: readonly SideArguments[],
  flags: readonly string[] = [],
): Promise<Sides> {
  const child = fork(SIDE, [JSON.stringify(contenders)], {
    execArgv: ['--import', LOADER, ...STEADY, ...flags],
    serialization: 'advanced',
  });
  await answerOf(child);
  const send = (request: SideRequest): Promise<unknown> => {
    child.send(request);
    return answerOf(child);
  };
  return {
    sides: contenders.map((_contender, of) => ({
      burst: async (runs) => ((await send({ ask: 'burst', of, runs })) as BurstAnswer).cpuUs,
      facts: async () => (await send({ ask: 'facts', of })) as Record<string, number>,
    })),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send({ ask: 'stop' } satisfies SideRequest);
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
  { wantsFacts = false, isApart = false }: { wantsFacts?: boolean; isApart?: boolean } = {},
): Promise<Comparison> {
  const launches: Awaited<ReturnType<typeof oneLaunch>>[] = [];
  for (let launch = 0; launch < effort.launches; launch += 1) {
    launches.push(await oneLaunch(first, second, effort, { wantsFacts, isApart, launch }));
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
  { rounds, runsPerBurst, warmUpRuns, counted = 0.75 }: Effort,
  how: { readonly wantsFacts: boolean; readonly isApart: boolean; readonly launch: number },
) {
  const inOrder = how.launch % 2 === 0;
  const isApart = how.isApart || [first, second].some(({ processes = 1 }) => processes > 1);
  const { sides, stop } = await (isApart ? startApart : startTogether)(first, second, inOrder);
  const [a, b] = sides;
  // In bursts as well: what has to be prepared for each is sized for one.
  for (let runs = 0; runs < warmUpRuns; runs += runsPerBurst) {
    await a.burst(runsPerBurst);
    await b.burst(runsPerBurst);
  }
  const [seenA, seenB]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const [outer, seenOuter, inner, seenInner] =
      round % 2 === 0 ? [a, seenA, b, seenB] : [b, seenB, a, seenA];
    seenOuter.push(await outer.burst(runsPerBurst));
    seenInner.push(await inner.burst(runsPerBurst), await inner.burst(runsPerBurst));
    seenOuter.push(await outer.burst(runsPerBurst));
  }
  const facts = how.wantsFacts ? await b.facts() : undefined;
  await stop();
  const [firstUs, secondUs] = [meanOfCheapest(seenA, counted), meanOfCheapest(seenB, counted)];
  return { ratio: secondUs / firstUs, firstUs, secondUs, facts };
}

/**
 * The mean of a share of them: the dearest quarter are the bursts that a neighbour on the machine fell
 * into. A mean of the others and not their median, since the collector comes three times in a burst or four.
 */
function meanOfCheapest(bursts: readonly number[], share: number): number {
  const kept = bursts.toSorted((x, y) => x - y).slice(0, Math.ceil(bursts.length * share));
  return kept.reduce((sum, us) => sum + us, 0) / kept.length;
}

/** Both in one process; in turns the one or the other is made first, in case that matters. */
async function startTogether(
  first: SideArguments,
  second: SideArguments,
  inOrder: boolean,
): Promise<Sides<readonly [Side, Side]>> {
  const both = inOrder ? [first, second] : [second, first];
  const { sides, stop } = await startProcess(both, NO_FULL_COLLECTION);
  const [a, b] = inOrder ? sides : sides.toReversed();
  if (a === undefined || b === undefined) throw new RangeError('a duel needs two sides');
  return { sides: [a, b], stop };
}

/** Each in a process of its own, or in several, started in turns. */
async function startApart(
  first: SideArguments,
  second: SideArguments,
  inOrder: boolean,
): Promise<Sides<readonly [Side, Side]>> {
  const early = await startSide(inOrder ? first : second);
  const late = await startSide(inOrder ? second : first);
  const [a, b] = inOrder ? [early, late] : [late, early];
  return {
    sides: [...a.sides, ...b.sides],
    async stop() {
      await a.stop();
      await b.stop();
    },
  };
}

/** The middle of them. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}
