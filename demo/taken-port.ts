/**
 * The error for a server that cannot listen: for a taken port, with the way to choose another.
 *
 * @param variable environment variable of the port
 */
export function listenError(error: NodeJS.ErrnoException, variable: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} is taken. Start with another one: ${variable}=${port + 10}`);
}
