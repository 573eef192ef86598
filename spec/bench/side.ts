/**
 * A process with one contender in it; measures a burst whenever it is told to.
 *
 * `node --import ./spec/support/run-typescript.js spec/bench/side.ts '{"contender":"bare"}'`
 *
 * @module
 */
import { CONTENDERS, type ContenderName } from './contenders.js';

/** What a side is started with. */
export interface SideArguments {
  readonly contender: ContenderName;
  readonly options?: Readonly<Record<string, unknown>>;
  /** How many run it at the same time. Default: 1. */
  readonly processes?: number;
}

/** Asked of a side, and what it answers. */
export interface BurstRequest {
  readonly runs: number;
}
export interface BurstAnswer {
  /** Microseconds of CPU time per run, all threads of the process. */
  readonly cpuUs: number;
}

const { contender, options } = JSON.parse(process.argv[2] ?? '{}') as SideArguments;
const rig = await CONTENDERS[contender](options ?? {});

process.on('message', (message: BurstRequest | 'facts' | 'stop') => {
  void answer(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ error: String((error as Error).stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function answer(message: BurstRequest | 'facts' | 'stop'): Promise<unknown> {
  if (message === 'facts') return (await rig.facts?.()) ?? {};
  if (message === 'stop') {
    await rig.stop?.();
    process.disconnect();
    return undefined;
  }
  const { runs } = message;
  await rig.prepare?.(runs);
  const before = process.cpuUsage();
  if (rig.burst !== undefined) await rig.burst(runs);
  else for (let run = 0; run < runs; run += 1) await rig.run();
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / runs } satisfies BurstAnswer;
}
