/**
 * Time limits that do not count time in which the event loop was blocked.
 *
 * After a blocked turn the event loop runs timers before it reads sockets: a plain timer reports a timeout although the
 * response has arrived.
 */

/** A limit is counted in steps. A blocked turn costs one step at most. */
const STEPS = 30;

/** Delay of a timer under ordinary load; above it, the turn was blocked. */
const LATE_MS = 20;

/**
 * Calls `onMissed` after `limitMs` in which the event loop was running, and after the sockets have been read.
 *
 * @returns cancels the deadline
 */
export function startDeadline(limitMs: number, onMissed: () => void): () => void {
  const stepMs = Math.ceil(limitMs / STEPS);
  let leftMs = limitMs;
  let timer: NodeJS.Timeout | undefined;
  let afterReading: NodeJS.Immediate | undefined;

  function runDown(): void {
    const waitMs = Math.min(stepMs, leftMs);
    const startedAtMs = performance.now();
    timer = setTimeout(() => {
      const passedMs = performance.now() - startedAtMs;
      leftMs -= passedMs > waitMs + LATE_MS ? waitMs : passedMs;
      if (leftMs > 0) runDown();
      // Immediates run after the poll phase, which reads.
      else afterReading = setImmediate(onMissed);
    }, waitMs);
  }
  runDown();

  return () => {
    clearTimeout(timer);
    clearImmediate(afterReading);
  };
}

/** Runs `task`. When the deadline is missed, it rejects at once and aborts the controller. */
export async function withTimeLimit<T>(
  limitMs: number,
  task: (signal: AbortSignal) => Promise<T>,
  missed: () => Error,
  controller: AbortController = new AbortController(),
): Promise<T> {
  let endDeadline: (() => void) | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    endDeadline = startDeadline(limitMs, () => {
      reject(missed());
      controller.abort();
    });
  });
  try {
    return await Promise.race([task(controller.signal), tooLate]);
  } finally {
    endDeadline?.();
  }
}
