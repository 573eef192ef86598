/**
 * The logger port, shaped like pino: fields first, then the message.
 *
 * @module
 */

/** One log call: structured fields, then a sentence. */
export type LogMethod = (fields: Record<string, unknown>, message: string) => void;

/** Where the library's log lines go. A pino logger fits as it is. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}
