/** Error responses of the guard: RFC 6750 §3, RFC 9728 §5.1, MCP authorization, "Error Handling". */
import type { Request, Response } from 'express';

import type { ErrorLog } from '../http/error-responses.js';
import { sendOAuthError, toOAuthError } from '../http/error-responses.js';
import { sendJson } from '../http/handlers.js';
import { type ChallengeBase, errorChallenge, initialChallenge } from '../oauth/challenge.js';
import { InsufficientScopeError, InvalidTokenError, type OAuthError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';
import { unionOfScopes } from '../oauth/scope.js';
import { RpcBodyError } from './json-rpc.js';

/**
 * The response to a request without a token. It names no error, RFC 6750 §3.1.
 *
 * @param scopes needed by this request in addition to those of every first login, so that one login is enough
 * @param isMixedAccess whether other requests need no token; then the client may expect a tool result
 */
export function sendChallenge(
  req: Request,
  res: Response,
  challenge: ChallengeBase,
  scopes: readonly string[],
  isMixedAccess: boolean,
): void {
  const base = { ...challenge, baselineScopes: unionOfScopes(challenge.baselineScopes, scopes) };
  // A challenge in a tool result has to name an error.
  const error = new InvalidTokenError('Log in to use this tool');
  if (isMixedAccess && sendToolResult(req, res, errorChallenge(base, error), error)) return;
  res.setHeader('WWW-Authenticate', initialChallenge(base));
  const description = 'An access token is needed';
  sendJson(res, 401, { error: 'unauthorized', error_description: description });
}

/** The response to an invalid token or body, missing scopes, or an outage. */
export function sendGuardError(
  req: Request,
  res: Response,
  thrown: unknown,
  challenge: ChallengeBase,
  logError: ErrorLog,
): void {
  const error = toOAuthError(thrown);
  logError(req, error);
  if (error instanceof RpcBodyError) {
    sendRpcError(res, error.status, error.rpcCode, error.description);
    return;
  }
  if (error.status === 401 || error.status === 403) {
    const header = errorChallenge(challenge, error);
    if (error instanceof InsufficientScopeError && sendToolResult(req, res, header, error)) return;
    res.setHeader('WWW-Authenticate', header);
  }
  sendOAuthError(res, error);
}

/**
 * RFC 9110 §15.5.6: no event stream without a session. A client that has initialized without a token requests one
 * next. It ignores a 405, whereas a 401 would make it start a login.
 */
export function sendStreamNotAllowed(res: Response): void {
  res.setHeader('Allow', 'POST');
  const description = 'There is no stream without a session';
  sendJson(res, 405, { error: 'invalid_request', error_description: description });
}

/** Without an id, since the id of the request has not been read (JSON-RPC 2.0 §5.1). */
export function sendRpcError(res: Response, status: number, code: number, message: string): void {
  sendJson(res, status, { jsonrpc: '2.0', error: { code, message }, id: null });
}

/**
 * ChatGPT offers a login within a conversation when a tool result has the challenge in
 * `_meta["mcp/www_authenticate"]`. It marks its calls with `_meta` keys of its own (`openai/…`). Any other client
 * expects HTTP 401 or 403, and would take a result with status 200 for the output of the tool.
 *
 * @returns whether the response was sent
 */
function sendToolResult(
  { body }: Request,
  res: Response,
  challenge: string,
  { description }: OAuthError,
): boolean {
  if (!isJsonObject(body) || body['method'] !== 'tools/call') return false;
  const { id, params } = body;
  if (typeof id !== 'string' && typeof id !== 'number') return false;
  if (!isJsonObject(params) || !isJsonObject(params['_meta'])) return false;
  if (!Object.keys(params['_meta']).some((key) => key.startsWith('openai/'))) return false;
  const result = {
    isError: true,
    content: [{ type: 'text', text: description }],
    _meta: { 'mcp/www_authenticate': [challenge] },
  };
  sendJson(res, 200, { jsonrpc: '2.0', id, result });
  return true;
}
