/**
 * What a JSON-RPC body calls: the one reading of it that scopes, anonymous access and rate limits go by.
 *
 * It comes from the body, not from the `Mcp-Method` and `Mcp-Name` headers, which a client may set to
 * anything. A message that another reader may understand differently is refused.
 */
import { isJsonObject } from '../oauth/json-object.js';
import { RpcBodyError } from './rpc-body-error.js';

/** One message, as far as permissions go. */
export interface RpcCall {
  readonly method: string;
  /** For `tools/call`, and always there for it. */
  readonly tool: string | undefined;
}

/**
 * Every call of a body, batches included. Responses of the client to requests of the server call nothing.
 *
 * @throws RpcBodyError (400, Invalid Request) anything but messages that can be read in one way only
 */
export function rpcCalls(body: unknown): readonly RpcCall[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const calls: RpcCall[] = [];
  for (const message of messages) {
    const call = callOf(message);
    if (call !== undefined) calls.push(call);
  }
  return calls;
}

/**
 * Whether some reader may find a message in it: every version of JSON-RPC that MCP uses has `jsonrpc`. A
 * reader may flatten lists in lists.
 */
export function mayBeMessages(body: unknown): boolean {
  // Not recursive: a body may hold a million lists, one in the other.
  const pending: unknown[] = [body];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) for (const element of value) pending.push(element);
    else if (isJsonObject(value) && Object.entries(value).some(isOfMessage)) return true;
  }
  return false;
}

/** In any case of its letters, see {@link refuseAmbiguousKeys}. */
function isOfMessage([key, value]: [string, unknown]): boolean {
  const folded = key.toUpperCase().toLowerCase();
  return (
    folded === 'jsonrpc' ||
    folded === '__proto__' ||
    (folded === 'method' && typeof value === 'string')
  );
}

/** JSON-RPC 2.0 §4 and §5. Own properties only: an inherited one is not part of the message. */
function callOf(message: unknown): RpcCall | undefined {
  if (!isJsonObject(message)) throw invalid('a message is not an object');
  refuseAmbiguousKeys(message, MESSAGE_MEMBERS);
  const hasResult = Object.hasOwn(message, 'result');
  const hasError = Object.hasOwn(message, 'error');
  if (!Object.hasOwn(message, 'method')) {
    if (hasResult !== hasError) return undefined;
    throw invalid('a message has neither a method nor one of result and error');
  }
  if (hasResult || hasError) throw invalid('a message has a method and a result or error');
  const { method } = message;
  if (typeof method !== 'string') throw invalid('method is not a string');
  const params = Object.hasOwn(message, 'params') ? message['params'] : undefined;
  const tool = method === 'tools/call' ? toolOf(params) : undefined;
  if (isJsonObject(params)) refuseAmbiguousKeys(params, tool === undefined ? [] : ['name']);
  else if (params !== undefined && params !== null) throw invalid('params is not an object');
  return { method, tool };
}

function toolOf(params: unknown): string {
  const name = isJsonObject(params) && Object.hasOwn(params, 'name') ? params['name'] : undefined;
  if (typeof name !== 'string') throw invalid('tools/call without a string as params.name');
  return name;
}

const MESSAGE_MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];

/** A copy by assignment, as some validators make it, takes `__proto__` for where to inherit from. */
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];

/**
 * Only where it decides what is called: `arguments` and what is below it are the tool's own.
 *
 * @param members of this object, which Go's encoding/json also takes in capitals or as `paramſ`
 */
function refuseAmbiguousKeys(object: object, members: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (PROTOTYPE_KEYS.includes(key)) throw invalid(`a message has the key ${key}`);
    const folded = key.toUpperCase().toLowerCase();
    if (folded !== key && members.includes(folded)) {
      throw invalid(`a message has a key that differs from ${folded} in its case only`);
    }
  }
}

function invalid(detail: string): RpcBodyError {
  return new RpcBodyError('Invalid Request', { status: 400, rpcCode: -32600, detail });
}
