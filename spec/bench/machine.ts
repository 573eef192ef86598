/** The machine a measurement was made on. */
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run, averaged over the last minute. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: type(),
    node: process.version,
    load: Number(loadavg()[0]?.toFixed(1)),
  };
}

export function inWords({ cpu, cores, memoryGb, system, node, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, load ${load}`;
}
