/**
 * What to say about a port that another program has.
 *
 * @module
 */

/**
 * The error for a server that could not listen: how to take another port, or what it was.
 *
 * @param variable of the environment that names the port
 */
export function listenError(error: NodeJS.ErrnoException, variable: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} is taken. Start with another one: ${variable}=${port + 10}`);
}
