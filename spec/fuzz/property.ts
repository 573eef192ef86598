/**
 * Which inputs are generated: the same ones in each run, so that a run that failed fails again, and one
 * that passed does so for everybody. `FUZZ_SEED` picks others; a failure names the seed and the path to
 * the shortest input that shows it.
 */
import fc from 'fast-check';
import { isLong } from '../support/mode.js';

export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 20_260_801);

const RUNS = isLong ? 100_000 : 1000;

/** Holds a property of a pure rule against a thousand inputs; in the long mode against a hundred thousand. */
export function expectAlways<Values>(property: fc.IProperty<Values>): void {
  fc.assert(property, { seed: FUZZ_SEED, numRuns: RUNS });
}
