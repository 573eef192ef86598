/**
 * What may be done without a token, where the option `anonymous` opens something.
 *
 * Judged by the body, whatever the headers say (RS-25).
 *
 * @module
 */
import type { Request } from 'express';

import type { AnonymousAccess } from '../config/config.js';
import type { RpcCall } from './json-rpc.js';
import { carriesMessage } from './rpc-body.js';
import type { SessionOwners } from './session-owners.js';

/**
 * `call`: everything the body calls is open to anybody. `session`: the stream, or the end, of a session
 * that somebody opened without a token. `stream`: a stream outside of a session, which a client that
 * could `initialize` without a token asks for next. `none`: only with a token.
 */
export type AnonymousAdmission = 'call' | 'session' | 'stream' | 'none';

/**
 * @param calls of the body; none where it cannot be read
 * @param anonymous undefined where nothing is open
 */
export function anonymousAdmission(
  req: Request,
  calls: readonly RpcCall[],
  anonymous: AnonymousAccess | undefined,
  sessions: Pick<SessionOwners, 'isNobodys'>,
): AnonymousAdmission {
  if (anonymous === undefined) return 'none';
  if (carriesMessage(req)) {
    return req.method === 'POST' && isOpenToAnybody(calls, anonymous) ? 'call' : 'none';
  }
  if (!anonymous.methods.has('initialize')) return 'none';
  const isAboutSession = req.method === 'GET' || req.method === 'DELETE';
  if (isAboutSession && sessions.isNobodys(req)) return 'session';
  const hasSession = req.headers['mcp-session-id'] !== undefined;
  return req.method === 'GET' && !hasSession ? 'stream' : 'none';
}

/** Calls in one body, a batch: old clients send two or three. Each counts for the limit on strangers. */
const MAX_OPEN_CALLS = 10;

/** Every call of the body, at least one and not many. */
function isOpenToAnybody(calls: readonly RpcCall[], anonymous: AnonymousAccess): boolean {
  const isOpen = ({ method, tool }: RpcCall): boolean =>
    tool === undefined
      ? anonymous.methods.has(method) || method.startsWith('notifications/')
      : anonymous.tools.has(tool);
  return calls.length > 0 && calls.length <= MAX_OPEN_CALLS && calls.every(isOpen);
}
