/** Programs as child processes, each the leader of a group, so that what it starts ends with it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Output {
  readonly code: number | null;
  /** Both streams. */
  readonly text: string;
}

const TIMEOUT_MS = 90_000;

export interface ProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export function start(
  program: string,
  args: readonly string[],
  { env, cwd }: ProcessOptions,
): ChildProcess {
  return spawn(program, args, { env, cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
}

export function stop(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended, with its group.
  }
}

/** Runs a command to its end. @param onText of each piece of output */
export async function run(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
  onText: (text: string) => void = () => undefined,
): Promise<Output> {
  const child = start(program, args, options);
  child.stdin?.end();
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      onText(text);
    });
  }
  const timer = setTimeout(() => stop(child), TIMEOUT_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => {
    clearTimeout(timer);
    stop(child);
  });
  return { code, text };
}
