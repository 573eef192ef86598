/**
 * An answer from its admission to its end, and those who look after it meanwhile.
 *
 * @module
 */
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
  // A connection that was gone before the check was done says so no more.
  if (answer.res.destroyed) return;
  for (const watch of watches) watch.began(answer);
  answer.res.on('close', () => {
    for (const watch of watches) watch.ended(answer);
  });
}
