/**
 * What a request to the MCP endpoint is about to do, read from its JSON-RPC body.
 *
 * From the body and not from the `Mcp-Method` and `Mcp-Name` headers, which a client may set to
 * anything (RS-25).
 *
 * @module
 */

/** One message, as far as permissions go. */
export interface RpcCall {
  readonly method: string;
  /** For `tools/call`. */
  readonly tool: string | undefined;
}

/** Every message of a body, batches included; undefined for a body that is no JSON-RPC. */
export function rpcCalls(body: unknown): readonly RpcCall[] | undefined {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const calls: RpcCall[] = [];
  for (const message of messages) {
    if (typeof message !== 'object' || message === null) return undefined;
    if (!('method' in message)) {
      // Answers of the client to requests of the server call nothing. Anything else is not a message:
      // bytes that another parser left, or an object that a slow body has yet to fill.
      if ('result' in message || 'error' in message) continue;
      return undefined;
    }
    if (typeof message.method !== 'string') return undefined;
    calls.push({ method: message.method, tool: toolOf(message) });
  }
  return calls;
}

function toolOf(message: { method?: unknown; params?: unknown }): string | undefined {
  const { method, params } = message;
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return undefined;
  return 'name' in params && typeof params.name === 'string' ? params.name : undefined;
}
