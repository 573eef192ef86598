/**
 * Answers from their admission to their end.
 *
 * @module
 */
import type { Socket } from 'node:net';

import type { Request, Response } from 'express';

import type { AccessToken } from './auth-info.js';

/** An answer that has not ended yet. */
export interface AnswerUnderWay {
  readonly req: Request;
  readonly res: Response;
  /** Whom it is for; undefined for somebody without a token. */
  readonly caller: AccessToken | undefined;
  /** Its place in the list, so that it need not be looked for. */
  place: number;
  /** Whether it has been seen which session it opens, see `session-owners.ts`. */
  isRead: boolean;
  /** When to ask for its grant, in milliseconds of `performance.now()`, or {@link NEW}. */
  dueAtMs: number;
}

/** Begun since `open-answers.ts` last looked: most answers end before it looks again. */
export const NEW = 0;

/** All of them. */
export interface AnswersUnderWay {
  /** In no order. */
  readonly list: readonly AnswerUnderWay[];
  /** Enters one, if it can still end; it leaves by itself. */
  begin(req: Request, res: Response, caller: AccessToken | undefined): void;
}

/** Where an answer is when it is in the list no more. */
const NOWHERE = -1;

/**
 * One listener on each answer, and an array: this is on every request. A `Set` lays out its table anew
 * every few requests, and a linked list keeps the dead alive for the collector's next round.
 *
 * @param onEnd told of each once
 */
export function createAnswersUnderWay(onEnd: (answer: AnswerUnderWay) => void): AnswersUnderWay {
  const list: AnswerUnderWay[] = [];

  function end(answer: AnswerUnderWay): void {
    const { place } = answer;
    if (place === NOWHERE) return;
    answer.place = NOWHERE;
    const last = list.pop();
    if (last !== undefined && last !== answer) {
      list[place] = last;
      last.place = place;
    }
    onEnd(answer);
  }

  return {
    list,
    begin(req, res, caller) {
      // A connection that was gone before the check was done says so no more.
      if (res.destroyed || req.socket.destroyed) return;
      const place = list.length;
      const answer = { req, res, caller, place, isRead: false, dueAtMs: NEW };
      list.push(answer);
      const onClose = (): void => end(answer);
      res.on('close', onClose);
      if (res.socket === null) endWithConnection(answer, onClose);
    },
  };
}

/** Ends of answers that wait behind another on their connection (RFC 9112 §9.3.2). */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Node gives an answer its socket when the one before it has been sent, and tells it of no end as long
 * as it has none. One listener for all that wait: a client may send as many as it likes.
 */
function endWithConnection({ req: { socket }, res }: AnswerUnderWay, end: () => void): void {
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
