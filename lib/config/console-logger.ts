/**
 * The logger for those who bring none: warnings and errors to stderr, one line each.
 *
 * @module
 */
import type { Logger, LogMethod } from './logger.js';

const PREFIX = '[express-auth0-mcp]';

/** Writes `warn` and `error` through the console, and keeps quiet about `info` and `debug`. */
export function createConsoleLogger(): Logger {
  const quiet: LogMethod = () => {};
  return {
    debug: quiet,
    info: quiet,
    warn(fields, message) {
      // biome-ignore lint/suspicious/noConsole: the default logger is the one that uses the console
      console.warn(logLine(fields, message));
    },
    error(fields, message) {
      // biome-ignore lint/suspicious/noConsole: the default logger is the one that uses the console
      console.error(logLine(fields, message));
    },
  };
}

function logLine(fields: Record<string, unknown>, message: string): string {
  // A line break in a message would let one event look like two.
  const text = `${PREFIX} ${message.replace(/\s+/g, ' ')}`;
  return Object.keys(fields).length === 0 ? text : `${text} ${fieldsAsJson(fields)}`;
}

function fieldsAsJson(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(fields, (_name, value: unknown) => {
      if (value instanceof Error) return errorFields(value);
      return typeof value === 'bigint' ? String(value) : value;
    });
  } catch {
    // A cycle. The message is worth more than the fields: never throw for the sake of a log line.
    return '"fields that do not fit into JSON"';
  }
}

/** None of these is enumerable: JSON would show an empty object. Other properties may hold secrets. */
function errorFields(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code: unknown = Reflect.get(error, 'code');
  return { name, message, code, stack, cause };
}
