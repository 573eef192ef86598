/** Errors of a start, for the terminal. */

/**
 * Ends the process if a server cannot listen. For a taken port the message says how to choose another.
 *
 * @param variable environment variable of the port
 */
export function exitOnListenError(
  error: NodeJS.ErrnoException,
  variable: string,
  port: number,
): never {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error(`Port ${port} is taken. Start with another one: ${variable}=${port + 10}`);
  process.exit(1);
}

/**
 * From now on a wrong setting ends the process with its message alone: those of the library, a port or host that
 * does not exist. Other errors keep their stack.
 */
export function exitOnWrongSetting(): void {
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    console.error(error.code === undefined ? error : `\n${error.message}`);
    process.exit(1);
  });
}
