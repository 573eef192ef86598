/**
 * The logger port, shaped like pino: fields first, then the message.
 *
 * @module
 */

/** One log call: structured fields, then a sentence. */
export type LogMethod = (fields: Record<string, unknown>, message: string) => void;

/** Where the library's log lines go. A pino logger fits as it is. */
export interface Logger {
  /** Steps of single requests. */
  readonly debug: LogMethod;
  /** The line at start, and why a request was refused. */
  readonly info: LogMethod;
  /** What an operator should look at: outages, wrong mounts, weak settings. */
  readonly warn: LogMethod;
  /** What has to be repaired. */
  readonly error: LogMethod;
}
