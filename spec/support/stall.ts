/** A process that is busy: its event loop is blocked, as by a CPU-heavy tool or a long collection. */
import { setImmediate as turn } from 'node:timers/promises';

/** Blocks this thread: nothing is read, no timer runs. */
export function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Blocks this thread as soon as something is the case. */
export async function blockOnce(isTrue: () => boolean, milliseconds: number): Promise<void> {
  while (!isTrue()) await turn();
  block(milliseconds);
}
