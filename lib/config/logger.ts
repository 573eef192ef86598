/** The logger port, shaped like pino, and the default logger. */

/** One log call: structured fields, then a message. */
export type LogMethod = (fields: Record<string, unknown>, message: string) => void;

/** Receives the library's log lines. A pino logger fits. */
export interface Logger {
  /** Steps of single requests. */
  readonly debug: LogMethod;
  /** The line at start, and why a request was rejected. */
  readonly info: LogMethod;
  /** Needs the operator's attention: outages, wrong mounts, weak settings. */
  readonly warn: LogMethod;
  /** Has to be corrected. */
  readonly error: LogMethod;
}

/** Writes a line that no request waits for: an error of the app's logger would end the process. */
export function logInBackground(write: () => void): void {
  try {
    write();
  } catch {
    // There is no other place to report it.
  }
}

const PREFIX = '[express-auth0-mcp]';

/** Writes `warn` and `error` to stderr, one line each; drops `info` and `debug`. */
export function createConsoleLogger(): Logger {
  const drop: LogMethod = () => {};
  return {
    debug: drop,
    info: drop,
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
  // With a line break, one event could be forged to look like two.
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
    // A cycle. Logging must not throw.
    return '"fields that are not JSON"';
  }
}

/** They are not enumerable, so JSON would show an empty object. Other properties may hold secrets. */
function errorFields(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code: unknown = Reflect.get(error, 'code');
  return { name, message, code, stack, cause };
}
