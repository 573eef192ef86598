/**
 * The Redis client as this library sees it: what one has to have, and what is called on it.
 *
 * Stated as shapes and not as node-redis types, so that clients of node-redis 5 and 6, of a single
 * server, a Sentinel set-up and a Cluster all fit, with whatever modules and mappings they have.
 *
 * @module
 */

/** Anything that can be called, whatever it takes. */
type AnyFunction = (...args: never) => unknown;

/** A connected client of the npm package `redis`: `createClient`, `createSentinel`, `createCluster`. */
export interface RedisClient {
  readonly isOpen: boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  listenerCount(event: 'error'): number;
  withCommandOptions: AnyFunction;
  get: AnyFunction;
  set: AnyFunction;
  del: AnyFunction;
  getDel: AnyFunction;
  eval: AnyFunction;
  evalSha: AnyFunction;
}

/** How a command is to be sent. */
export interface CommandOptions {
  /** Takes a command back that has not been written to the socket yet. */
  abortSignal: AbortSignal;
  /** RESP type → class of the reply. */
  typeMapping?: Readonly<Record<number, unknown>>;
}

/** Keys and arguments of a script. Every script here has one key, as Redis Cluster wants it. */
export interface ScriptInput {
  keys: [string];
  arguments: (string | Buffer)[];
}

/** The commands in use, on a view of a client with options of our own. `Text` is what strings come as. */
export interface Commands<Text = Buffer> {
  get(key: string): Promise<Text | null>;
  set(
    key: string,
    value: string | Buffer,
    options: { expiration: { type: 'EX'; value: number }; condition?: 'NX' },
  ): Promise<unknown>;
  del(key: string): Promise<number>;
  getDel(key: string): Promise<Text | null>;
  expire(key: string, seconds: number): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
}

/** RESP "blob string", the type of every stored value; its number is the sign it has on the wire. */
const BLOB_STRING = '$'.charCodeAt(0);

/** Replies as bytes: a decoder of text would damage sealed values. */
const AS_BYTES = { [BLOB_STRING]: Buffer };

/** A view of `client` whose strings are bytes. The client itself stays as it is. */
export function binaryView(client: RedisClient, abortSignal: AbortSignal): Commands<Buffer> {
  return view(client, { abortSignal, typeMapping: AS_BYTES }) as Commands<Buffer>;
}

/** A view of `client` whose strings are text, whatever its owner has set. */
export function textView(client: RedisClient, abortSignal: AbortSignal): Commands<string> {
  return view(client, { abortSignal, typeMapping: {} }) as Commands<string>;
}

function view(client: RedisClient, options: CommandOptions): unknown {
  return (client as { withCommandOptions(options: CommandOptions): unknown }).withCommandOptions(
    options,
  );
}
