/** What a command uses of its process. */
import type { Environment } from '../config/env.js';

export interface CommandHost {
  /** The environment, after the file has been loaded into it. */
  readonly environment: (envFile: string | undefined) => Environment;
  /** Unix seconds. */
  readonly now: () => number;
  /** Colours a text, if standard output is a terminal that shows colours. */
  readonly color: (color: 'green' | 'yellow' | 'red' | 'gray', text: string) => string;
  /** Resolves when the user or the system ends the command. */
  readonly stopped: () => Promise<unknown>;
  /** Of the package. */
  readonly version: () => string;
  /** Standard output: the result. */
  readonly write: (text: string) => void;
  /** Standard error: progress, warnings, usage errors. */
  readonly writeError: (text: string) => void;
}

/** Exit codes. */
export const FAILED = 1;
export const WRONG_USAGE = 2;
