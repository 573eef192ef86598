/**
 * Who opened which MCP session, so that it serves nobody else.
 *
 * The transport makes the session id and keeps the session in this process; so the owner is kept in
 * this process too. An id that is not known here was not opened here, and the transport decides.
 *
 * The id stands in the headers of the answer that opens the session. They are read when that answer
 * has ended, or earlier, when a request names an id that nobody has been seen to open.
 *
 * Spec: MCP security best practices, "Session Hijacking"; RS-2, RS-22. Bound to person and client,
 * not to the token, which changes with every refresh.
 *
 * @module
 */
import { createHash } from 'node:crypto';

import type { Request, Response } from 'express';

import { sendJson } from '../http/send-json.js';
import { boundedMap } from '../storage/bounded-map.js';
import type { AnswersUnderWay, AnswerUnderWay } from './answers-under-way.js';
import type { AccessToken } from './auth-info.js';

/** Owners of a hundred thousand sessions are some 20 MB. */
const MAX_SESSIONS = 100_000;
/** Sessions of nobody, apart from those: strangers who open many push out one another only. */
const MAX_ANONYMOUS_SESSIONS = 10_000;

type Caller = Pick<AccessToken, 'subject' | 'clientId'> | undefined;

/** Remembers owners, as long as there is room. */
export interface SessionOwners {
  /** Whether the session that the request names, if any, is the caller's. */
  admits(req: Request, caller: Caller): boolean;
  /** Whether the request names a session that was opened here without a token, and not taken over. */
  isNobodys(req: Request): boolean;
  /** Reads which session an answer has opened, if it has not been read before. */
  read(answer: AnswerUnderWay): void;
}

export function createSessionOwners(
  answers: Pick<AnswersUnderWay, 'opening' | 'markRead'>,
): SessionOwners {
  const owners = boundedMap<string>(MAX_SESSIONS);
  const nobodys = boundedMap<true>(MAX_ANONYMOUS_SESSIONS);

  /** Whoever logs in first on a session of nobody takes it over; one of somebody stays theirs. */
  function own(id: string, caller: Caller): void {
    if (owners.has(id)) return;
    if (caller === undefined) {
      nobodys.set(id, true);
    } else {
      owners.set(id, ownerOf(caller));
      nobodys.delete(id);
    }
  }

  function read(answer: AnswerUnderWay): void {
    if (!answers.markRead(answer)) return;
    const { req, res, caller } = answer;
    const id = res.getHeader('mcp-session-id');
    if (typeof id === 'string' && id !== req.headers['mcp-session-id']) own(id, caller);
  }

  /** From the last one on, since those that have been read leave the list. */
  function readAll(): void {
    const { opening } = answers;
    for (let at = opening.length - 1; at >= 0; at -= 1) {
      const answer = opening[at];
      if (answer?.res.headersSent) read(answer);
    }
  }

  /** The session a request names; whoever has its id has got the headers of an answer. */
  function namedSession({ headers }: Request): string | undefined {
    const id = headers['mcp-session-id'];
    if (typeof id !== 'string') return undefined;
    if (!owners.has(id) && !nobodys.has(id)) {
      readAll();
    }
    return id;
  }

  return {
    admits(req, caller) {
      const id = namedSession(req);
      if (id === undefined) return true;
      const owner = owners.get(id);
      if (owner === undefined && nobodys.has(id)) own(id, caller);
      return owner === undefined || (caller !== undefined && owner === ownerOf(caller));
    },
    isNobodys(req) {
      const id = namedSession(req);
      return id !== undefined && nobodys.has(id);
    },
    read,
  };
}

function ownerOf({ subject, clientId }: NonNullable<Caller>): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, clientId]))
    .digest('base64url');
}

/** The transport's own answer to an id it does not know: clients open a session of theirs on it. */
export function sendSessionNotFound(res: Response): void {
  const error = { code: -32001, message: 'Session not found' };
  sendJson(res, 404, { jsonrpc: '2.0', error, id: null });
}
