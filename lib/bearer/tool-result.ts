/**
 * A challenge as the result of a tool call, for a client that looks for it there.
 *
 * ChatGPT offers a login in the middle of a conversation when a tool's result carries the challenge
 * in `_meta["mcp/www_authenticate"]`. It marks what it sends with `_meta` keys of its own
 * (`openai/…`), and only to a call so marked is a challenge given in this form: every other client
 * waits for HTTP 401 or 403, and would take a result with status 200 for the tool's own words.
 *
 * Nothing is decided by the mark but the form: what is refused is refused in both.
 *
 * @module
 */
import { isJsonObject } from '../oauth/json-object.js';

/** The JSON-RPC answer, or undefined where HTTP's own form is expected. */
export function challengeAsToolResult(
  body: unknown,
  challenge: string,
  text: string,
): Readonly<Record<string, unknown>> | undefined {
  if (!isJsonObject(body) || body['method'] !== 'tools/call') return undefined;
  const { id, params } = body;
  if ((typeof id !== 'string' && typeof id !== 'number') || !isMarked(params)) return undefined;
  const result = {
    isError: true,
    content: [{ type: 'text', text }],
    _meta: { 'mcp/www_authenticate': [challenge] },
  };
  return { jsonrpc: '2.0', id, result };
}

function isMarked(params: unknown): boolean {
  if (!isJsonObject(params) || !isJsonObject(params['_meta'])) return false;
  return Object.keys(params['_meta']).some((key) => key.startsWith('openai/'));
}
