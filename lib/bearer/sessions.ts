/**
 * Binds each MCP session to the user and client that opened it (MCP security best practices, "Session
 * Hijacking"): those of Streamable HTTP, and those of HTTP with SSE (2024-11-05).
 *
 * The transport creates the session id and keeps the session in this process, so owners are kept in memory too. An
 * id that was never opened here is left to the transport: sessions may be shared between processes or restored after
 * a restart. An id that was opened here, and whose owner is no longer known, is rejected.
 */
import { createHash } from 'node:crypto';

import type { Request, Response } from 'express';

import type { AccessToken } from './caller.js';
import { sendRpcError } from './challenges.js';

/** About 30 MB. */
const MAX_SESSIONS = 100_000;
/** Sessions opened without a token have a limit of their own. */
const MAX_ANONYMOUS_SESSIONS = 10_000;

type Caller = Pick<AccessToken, 'subject' | 'clientId'> | undefined;

/** A response that may open or close a session. */
export interface SessionResponse {
  readonly req: Request;
  readonly res: Response;
  /** Undefined for a request without a token. */
  readonly caller: Caller;
  /** Of a request without a token. */
  readonly address: string | undefined;
}

export interface Sessions {
  /** Whether the request names no session of another caller, in `Mcp-Session-Id` or in `?sessionId=`. */
  admits(req: Request, caller: Caller): boolean;
  /** Whether the request names a session that was opened here without a token, and has no owner yet. */
  isAnonymous(req: Request): boolean;
  /** A response, which may open a session, has begun. */
  recordBegin(response: SessionResponse): void;
  /** Records which session a response has opened or closed. */
  recordEnd(response: SessionResponse): void;
}

export function createSessions(
  maxSessions: number = MAX_SESSIONS,
  maxAnonymousSessions: number = MAX_ANONYMOUS_SESSIONS,
): Sessions {
  const owned = createSessionTable(maxSessions);
  const anonymous = createSessionTable(maxAnonymousSessions);
  const openedHere = createIdFilter();
  /** Responses whose headers may name a new session, and have not been read. */
  const opening = new Set<SessionResponse>();

  /** The first user to log in on an anonymous session becomes its owner. @returns false if it has an owner */
  function own(id: string, caller: Caller, address = ''): boolean {
    if (owned.get(id) !== undefined) return false;
    openedHere.add(id);
    if (caller === undefined) {
      anonymous.add(id, { holder: address, clientId: undefined });
    } else {
      anonymous.delete(id);
      owned.add(id, { holder: caller.subject, clientId: caller.clientId });
    }
    return true;
  }

  /** A session of HTTP with SSE ends with the stream that opened it. */
  function ownStream(res: Response, caller: Caller): void {
    onEndpointEvent(res, (id) => {
      if (own(id, caller)) res.once('close', () => owned.delete(id));
    });
  }

  function recordOpened(response: SessionResponse): void {
    if (!opening.delete(response)) return;
    const { req, res, caller, address } = response;
    const id = res.getHeader('mcp-session-id');
    if (typeof id === 'string' && id !== req.headers['mcp-session-id']) own(id, caller, address);
  }

  function find(id: string): Session | undefined {
    const known = owned.get(id) ?? anonymous.get(id);
    if (known !== undefined) return known;
    // The client knows the id as soon as it has the headers of the response that opened the session.
    for (const response of opening) if (response.res.headersSent) recordOpened(response);
    return owned.get(id) ?? anonymous.get(id);
  }

  function admitsTo(id: string, caller: Caller): boolean {
    const session = find(id);
    if (session === undefined) return !openedHere.has(id);
    if (session.clientId === undefined) {
      if (caller !== undefined) own(id, caller);
      return true;
    }
    return session.holder === caller?.subject && session.clientId === caller.clientId;
  }

  return {
    admits(req, caller) {
      const id = req.headers['mcp-session-id'];
      if (typeof id === 'string' && !admitsTo(id, caller)) return false;
      return sessionIdsInQuery(req).every((named) => admitsTo(named, caller));
    },
    isAnonymous({ headers }) {
      const id = headers['mcp-session-id'];
      const session = typeof id === 'string' ? find(id) : undefined;
      return session !== undefined && session.clientId === undefined;
    },
    recordBegin(response) {
      // Also if the request names a session: it may have ended, and the route opens another one.
      const { req, res, caller } = response;
      if (req.method === 'POST') opening.add(response);
      else if (req.method === 'GET' && caller !== undefined) ownStream(res, caller);
    },
    recordEnd(response) {
      recordOpened(response);
      const { req, res } = response;
      const id = req.headers['mcp-session-id'];
      if (req.method !== 'DELETE' || typeof id !== 'string') return;
      // MCP transports, "Session Management": the status is 405 if clients may not close sessions.
      const isClosed = res.headersSent && res.statusCode >= 200 && res.statusCode < 300;
      if (isClosed && !owned.delete(id)) anonymous.delete(id);
    },
  };
}

/** The name as the query parsers of Express read it: `sessionId[]` and the like may be a list. */
const SESSION_PARAMETER = /^\[?sessionId(?:[[\]]|$)/;

/**
 * As the transports of HTTP with SSE read it, which take a list for its only element; also where a route parses the
 * query itself, or belongs to an app with another parser.
 */
function sessionIdsInQuery(req: Request): readonly string[] {
  const { originalUrl } = req;
  // The query is parsed at each access.
  if (!originalUrl.includes('?')) return [];
  const parameters = new URLSearchParams(originalUrl.slice(originalUrl.indexOf('?')));
  const ids = [...parameters].flatMap(([name, id]) => (SESSION_PARAMETER.test(name) ? id : []));
  const { sessionId } = req.query;
  return sessionId === undefined ? ids : [...ids, String(sessionId)];
}

/** The first event of a stream of HTTP with SSE, which has the URL of its session (MCP 2024-11-05). */
const ENDPOINT_EVENT = /^event: ?endpoint\r?\ndata: ?[^\s?]*\?(\S+)/;

/** Before the event is sent: no other caller can know the id. */
function onEndpointEvent(res: Response, record: (id: string) => void): void {
  const { write } = res;
  let isFirst = true;
  res.write = ((...args: Parameters<typeof write>) => {
    const [, query] = (isFirst && ENDPOINT_EVENT.exec(String(args[0]))) || [];
    isFirst = false;
    for (const id of new URLSearchParams(query).getAll('sessionId')) record(id);
    return write.apply(res, args);
  }) as typeof write;
}

/** The transport's own response to an unknown id, on which the client opens a new session. */
export function sendSessionNotFound(res: Response): void {
  sendRpcError(res, 404, -32001, 'Session not found');
}

interface Session {
  /** The user, or the address of a caller without a token. */
  readonly holder: string;
  /** Undefined for a session without an owner. */
  readonly clientId: string | undefined;
}

interface SessionTable {
  /** Counts as a use of the session. */
  get(id: string): Session | undefined;
  add(id: string, session: Session): void;
  /** @returns whether it was in the table */
  delete(id: string): boolean;
}

/**
 * When the table is full, the holder with the most sessions loses the least recently used one, so that no
 * user can displace the sessions of another.
 */
export function createSessionTable(maxSessions: number): SessionTable {
  const sessions = new Map<string, Session>();
  /** Session ids by holder, least recently used first. */
  const idsByHolder = new Map<string, Set<string>>();

  function remove(id: string): boolean {
    const session = sessions.get(id);
    if (session === undefined) return false;
    sessions.delete(id);
    const ids = idsByHolder.get(session.holder);
    ids?.delete(id);
    if (ids?.size === 0) idsByHolder.delete(session.holder);
    return true;
  }

  return {
    get(id) {
      const session = sessions.get(id);
      if (session === undefined) return undefined;
      const ids = idsByHolder.get(session.holder);
      ids?.delete(id);
      ids?.add(id);
      return session;
    },
    add(id, session) {
      remove(id);
      sessions.set(id, session);
      idsByHolder.set(session.holder, (idsByHolder.get(session.holder) ?? new Set()).add(id));
      if (sessions.size <= maxSessions) return;
      let most: ReadonlySet<string> = new Set();
      for (const ids of idsByHolder.values()) if (ids.size > most.size) most = ids;
      const [leastRecent] = most;
      if (leastRecent !== undefined) remove(leastRecent);
    },
    delete: remove,
  };
}

/** 2 MB. After a million ids, 1 unknown id in 500 is taken for a known one; after four million, 1 in 7. */
const FILTER_BITS = 2 ** 24;

interface IdFilter {
  add(id: string): void;
  has(id: string): boolean;
}

/** A Bloom filter: it never forgets an id, and its size is fixed. */
export function createIdFilter(): IdFilter {
  // Allocated at first use: many servers have no sessions.
  let filter: Uint8Array | undefined;

  function bitsOf(id: string): readonly number[] {
    const digest = createHash('sha256').update(id).digest();
    return [0, 4, 8, 12].map((at) => digest.readUInt32LE(at) % FILTER_BITS);
  }

  return {
    add(id) {
      filter ??= new Uint8Array(FILTER_BITS / 8);
      for (const bit of bitsOf(id)) filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    },
    has(id) {
      const bits = filter;
      if (bits === undefined) return false;
      return bitsOf(id).every((bit) => ((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0);
    },
  };
}
