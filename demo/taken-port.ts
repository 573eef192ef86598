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
