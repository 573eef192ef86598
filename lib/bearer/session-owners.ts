/**
 * Which caller opened which MCP session, so that it serves no other (MCP security best practices, "Session
 * Hijacking"). Bound to user and client, not to the token, which changes with every refresh.
 *
 * The transport makes the session id and keeps the session in this process; so the owner is kept in this
 * process too. An id that was never open here is left to the transport: sessions may be shared between
 * processes, or restored after a restart. One that was, and whose owner is no longer known, is refused.
 *
 * The id stands in the headers of the response that opens the session. They are read when that response
 * has ended, or earlier, when a request names an id that is not known yet.
 */
import { createHash } from 'node:crypto';

import type { Request, Response } from 'express';

import { sendJson } from '../http/send-json.js';
import type { AccessToken } from './auth-info.js';
import type { PendingResponse, PendingResponses } from './pending-responses.js';
import { createClosedSessions, createSessionTable } from './session-table.js';

/** Owners of a hundred thousand sessions are some 30 MB. */
const MAX_SESSIONS = 100_000;
/** Opened without a token, apart from those. */
const MAX_ANONYMOUS_SESSIONS = 10_000;

type Caller = Pick<AccessToken, 'subject' | 'clientId'> | undefined;

export interface SessionOwners {
  /** Whether the session that the request names, if any, is the caller's. */
  admits(req: Request, caller: Caller): boolean;
  /** Whether the request names a session that was opened here without a token, and not taken over. */
  isNobodys(req: Request): boolean;
  /** Reads which session a response has opened, if it has not been read before. */
  read(answer: PendingResponse): void;
  /** Reads which session a response has opened or closed, once it has ended. */
  readEnded(answer: PendingResponse): void;
}

export function createSessionOwners(
  answers: Pick<PendingResponses, 'opening' | 'markRead'>,
  maxSessions: number = MAX_SESSIONS,
  maxAnonymousSessions: number = MAX_ANONYMOUS_SESSIONS,
): SessionOwners {
  const closed = createClosedSessions();
  const owned = createSessionTable(maxSessions, closed.add);
  const anonymous = createSessionTable(maxAnonymousSessions, closed.add);

  /** The first to log in on an anonymous session takes it over; one that is owned stays with its owner. */
  function own(id: string, caller: Caller, address = ''): void {
    if (owned.get(id) !== undefined) return;
    if (caller === undefined) {
      anonymous.add(id, { holder: address, owner: '' });
    } else {
      anonymous.delete(id);
      owned.add(id, { holder: caller.subject, owner: ownerOf(caller) });
    }
  }

  function read(answer: PendingResponse): void {
    if (!answers.markRead(answer)) return;
    const { req, res, caller, address } = answer;
    const id = res.getHeader('mcp-session-id');
    if (typeof id === 'string' && id !== req.headers['mcp-session-id']) own(id, caller, address);
  }

  /** From the last one on, since those that have been read leave the list. */
  function readAll(): void {
    const { opening } = answers;
    for (let at = opening.length - 1; at >= 0; at -= 1) {
      const answer = opening[at];
      if (answer?.res.headersSent) read(answer);
    }
  }

  function isOpenHere(id: string): boolean {
    return owned.get(id) !== undefined || anonymous.get(id) !== undefined;
  }

  /** The session a request names. Its sender has seen the headers of the response that opened it. */
  function namedSession({ headers }: Request): string | undefined {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') return undefined;
    if (!isOpenHere(id)) readAll();
    return id;
  }

  return {
    admits(req, caller) {
      const id = namedSession(req);
      if (id === undefined) return true;
      const session = owned.get(id);
      if (session !== undefined) return caller !== undefined && session.owner === ownerOf(caller);
      if (anonymous.get(id) === undefined) return !closed.has(id);
      if (caller !== undefined) own(id, caller);
      return true;
    },
    isNobodys(req) {
      const id = namedSession(req);
      return id !== undefined && anonymous.get(id) !== undefined;
    },
    read,
    readEnded(answer) {
      read(answer);
      const { req, res } = answer;
      const id = req.headers['mcp-session-id'];
      if (req.method !== 'DELETE' || typeof id !== 'string') return;
      // MCP transports, "Session Management": 405 where a client may not end its session.
      const isEnded = res.headersSent && res.statusCode >= 200 && res.statusCode < 300;
      if (isEnded && (owned.delete(id) || anonymous.delete(id))) closed.add(id);
    },
  };
}

function ownerOf({ subject, clientId }: NonNullable<Caller>): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, clientId]))
    .digest('base64url');
}

/** The transport's own response to an id it does not know: clients open a session of theirs on it. */
export function sendSessionNotFound(res: Response): void {
  const error = { code: -32001, message: 'Session not found' };
  sendJson(res, 404, { jsonrpc: '2.0', error, id: null });
}
