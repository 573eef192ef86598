/**
 * An answer from its admission to its end, and those who look after it meanwhile.
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
}

/** Told of answers. */
export interface AnswerWatch {
  began(answer: AnswerUnderWay): void;
  ended(answer: AnswerUnderWay): void;
}

/** Tells both ends of an answer to all who watch, by one listener: it is on every request. */
export function watchAnswer(answer: AnswerUnderWay, watches: readonly AnswerWatch[]): void {
  const { req, res } = answer;
  // A connection that was gone before the check was done says so no more.
  if (res.destroyed || req.socket.destroyed) return;
  for (const watch of watches) watch.began(answer);
  const end = (): void => {
    for (const watch of watches) watch.ended(answer);
  };
  res.on('close', end);
  if (res.socket === null) endWithConnection(answer, end);
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
