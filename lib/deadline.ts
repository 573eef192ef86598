/**
 * Time limits that count only time in which the event loop was free to read.
 *
 * After a blocked turn the event loop runs timers before it reads sockets: a plain timer reports a
 * timeout although the response has already arrived.
 */

/** Steps in which a limit runs down. A blocked turn costs one step at most, however long it was. */
const STEPS = 30;

/** Lateness of a timer that is ordinary load; above it, the turn was blocked. */
const LATE_MS = 20;

/**
 * Calls `onMissed` after `limitMs` in which the event loop was running, and after what arrived meanwhile
 * has been read.
 *
 * @returns ends the deadline
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

/** Runs `task` with a signal. When the deadline is missed, it rejects at once and aborts the signal. */
export async function withTimeLimit<T>(
  limitMs: number,
  task: (signal: AbortSignal) => Promise<T>,
  missed: () => Error,
): Promise<T> {
  const controller = new AbortController();
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
