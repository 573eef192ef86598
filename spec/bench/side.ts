/**
 * A process with contenders in it; measures a burst of one of them whenever it is told to.
 *
 * `node --import ./spec/support/run-typescript.js spec/bench/side.ts '[{"contender":"bare"}]'`
 */
import asyncHooks from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';

import type { ContenderName } from './contenders.js';
import type { Rig } from './rig.js';

/** What a side is started with. */
export interface SideArguments {
  readonly contender: ContenderName;
  readonly options?: Readonly<Record<string, unknown>>;
  /** How many run it at the same time. Default: 1. */
  readonly processes?: number;
}

/** Asked of the contender at a place in the list. */
export type SideRequest =
  | { readonly ask: 'burst'; readonly of: number; readonly runs: number }
  | { readonly ask: 'facts'; readonly of: number }
  | { readonly ask: 'stop' };

/** Microseconds of CPU time per run, all threads of the process. */
export interface BurstAnswer {
  readonly cpuUs: number;
}

const contexts = watchContexts();
const { CONTENDERS } = await import('./contenders.js');
const rigs: Rig[] = [];
for (const { contender, options } of JSON.parse(process.argv[2] ?? '[]') as SideArguments[]) {
  rigs.push(await CONTENDERS[contender](options ?? {}));
}

process.on('message', (request: SideRequest) => {
  void answer(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String((error as Error).stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function answer(request: SideRequest): Promise<unknown> {
  if (request.ask === 'stop') {
    for (const rig of rigs) await rig.stop?.();
    process.disconnect();
    return undefined;
  }
  const rig = rigs[request.of];
  if (rig === undefined) throw new RangeError('there is no such contender');
  return request.ask === 'facts' ? ((await rig.facts?.()) ?? {}) : burst(rig, request.runs);
}

async function burst(rig: Rig, runs: number): Promise<BurstAnswer> {
  await rig.prepare?.(runs);

  const before = process.cpuUsage();
  if (rig.burst !== undefined) await rig.burst(runs);
  else for (let run = 0; run < runs; run += 1) await rig.run();

  const { user, system } = process.cpuUsage(before);
  // Async hooks that one contender has on are not to cost the other; they come back with the next run.
  for (const context of contexts) context.disable();
  return { cpuUs: (user + system) / runs };
}

/** Every `AsyncLocalStorage` made from now on. */
function watchContexts(): ReadonlySet<asyncHooks.AsyncLocalStorage<unknown>> {
  const made = new Set<asyncHooks.AsyncLocalStorage<unknown>>();
  class Watched<T> extends asyncHooks.AsyncLocalStorage<T> {
    constructor(...options: ConstructorParameters<typeof asyncHooks.AsyncLocalStorage<T>>) {
      super(...options);
      made.add(this);
    }
  }
  // A getter on newer Nodes, a value on older ones.
  Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { value: Watched });
  syncBuiltinESMExports();
  return made;
}
