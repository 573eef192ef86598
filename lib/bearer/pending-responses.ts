/**
 * Answers from their admission to their end.
 *
 * @module
 */
import type { Socket } from 'node:net';

import type { Request, Response } from 'express';

import type { AccessToken } from './auth-info.js';

/** An answer that has not ended yet. */
export interface PendingResponse {
  readonly req: Request;
  readonly res: Response;
  /** Whom it is for; undefined for somebody without a token. */
  readonly caller: AccessToken | undefined;
  /** Of a caller without a token: gone once the connection is. */
  readonly address: string | undefined;
  /** When to ask for its grant, in milliseconds of `performance.now()`; see `open-answers.ts`. */
  dueAtMs: number | undefined;
  /** Its places in the two lists, so that it need not be looked for. */
  place: number;
  openingPlace: number;
}

/** All of them; the lists are in no order. */
export interface PendingResponses {
  readonly list: readonly PendingResponse[];
  /** Those that may open a session, and of which nobody has read yet which; see `session-owners.ts`. */
  readonly opening: readonly PendingResponse[];
  /** Enters one, if it can still end; it leaves by itself. */
  begin(req: Request, res: Response, caller: AccessToken | undefined, address?: string): void;
  /** It has been read which session it opens. @returns whether it had not been before */
  markRead(answer: PendingResponse): boolean;
}

/**
 * One listener on each answer, and arrays: this is on every request. A `Set` lays out its table anew
 * every few requests, and a linked list keeps the dead alive for the collector's next round.
 *
 * @param onEnd told of each once
 */
export function createPendingResponses(onEnd: (answer: PendingResponse) => void): PendingResponses {
  const all = createPlacedList('place');
  const opening = createPlacedList('openingPlace');

  function end(answer: PendingResponse): void {
    if (!all.leave(answer)) return;
    onEnd(answer);
    opening.leave(answer);
  }

  return {
    list: all.list,
    opening: opening.list,
    begin(req, res, caller, address) {
      // A connection that was gone before the check was done says so no more.
      if (res.destroyed || req.socket.destroyed) return;
      const places = { place: NOWHERE, openingPlace: NOWHERE };
      const answer = { req, res, caller, address, dueAtMs: undefined, ...places };
      all.enter(answer);
      // Also where a session is named: it may have ended here, and the route opens another instead.
      if (req.method === 'POST') opening.enter(answer);
      const onClose = (): void => end(answer);
      res.on('close', onClose);
      if (res.socket === null) endWithConnection(answer, onClose);
    },
    markRead: opening.leave,
  };
}

/** The place of an answer in a list that it is not in. */
const NOWHERE = -1;

/** A list that is entered and left in the same time, however long it is. */
function createPlacedList(place: 'place' | 'openingPlace') {
  const list: PendingResponse[] = [];
  return {
    list,
    enter(answer: PendingResponse): void {
      answer[place] = list.push(answer) - 1;
    },
    /** The last one takes its place. @returns whether it was there */
    leave(answer: PendingResponse): boolean {
      const at = answer[place];
      if (at === NOWHERE) return false;
      answer[place] = NOWHERE;
      const last = list.pop();
      if (last !== undefined && last !== answer) {
        list[at] = last;
        last[place] = at;
      }
      return true;
    },
  };
}

/** Ends of answers that wait behind another on their connection (RFC 9112 §9.3.2). */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Node gives an answer its socket when the one before it has been sent, and tells it of no end as long
 * as it has none. One listener for all that wait: a client may send as many as it likes.
 */
function endWithConnection({ req: { socket }, res }: PendingResponse, end: () => void): void {
  let ends = waiting.get(socket);
  if (ends === undefined) {
    const all = new Set<() => void>();
    socket.once('close', () => {
      for (const one of all) one();
      all.clear();
    });
    waiting.set(socket, all);
    ends = all;
  }
  const onConnection = ends.add(end);
  res.on('close', () => onConnection.delete(end));
}
