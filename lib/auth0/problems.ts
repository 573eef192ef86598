/**
 * Tells the operator what is wrong on the Auth0 leg: each set-up problem once, with its remedy.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';

import type { EventListener } from '../config/events.js';
import type { Logger } from '../config/logger.js';
import { Auth0Error } from './auth0.js';

/** Problems remembered as told. Their texts come from Auth0, so the number has a bound. */
const MAX_REMEMBERED = 100;

/** An outage is told again after this long, in seconds. */
const OUTAGE_REPEAT_SECONDS = 60;

/** Called for each failure of kind `unavailable` or `misconfigured`, also the repeated ones. */
export type ProblemListener = (problem: Auth0Error) => void;

/** See {@link createProblems}. */
export interface Problems {
  /** Runs an operation; what it throws is reported and thrown on. */
  watch<T>(operation: () => Promise<T>): Promise<T>;
  /** A setting that costs comfort, not the login: logged once. */
  advise(message: string, remedy: string): void;
}

/** What {@link createProblems} needs. */
export interface ProblemsDeps {
  readonly log: Pick<Logger, 'warn' | 'error'>;
  readonly now: () => number;
  readonly onProblem?: ProblemListener | undefined;
}

/** The memory of what was told lives as long as the object. */
export function createProblems({ log, now, onProblem }: ProblemsDeps): Problems {
  const told = new LRUCache<string, number>({ max: MAX_REMEMBERED });

  function tell(problem: Auth0Error): void {
    const { kind, message, remedy, retryAfterSeconds } = problem;
    if (kind !== 'unavailable' && kind !== 'misconfigured') return;
    onProblem?.(problem);
    const toldAt = told.get(message);
    const isDue =
      toldAt === undefined ||
      (kind === 'unavailable' && Math.abs(now() - toldAt) >= OUTAGE_REPEAT_SECONDS);
    if (!isDue) return;
    told.set(message, now());
    if (kind === 'misconfigured')
      log.error({ reason: message, remedy }, 'Auth0 is not set up right');
    else log.warn({ reason: message, remedy, retryAfterSeconds }, 'Auth0 is unavailable');
  }

  return {
    async watch(operation) {
      try {
        return await operation();
      } catch (error) {
        if (error instanceof Auth0Error) tell(error);
        throw error;
      }
    },
    advise(message, remedy) {
      if (told.has(message)) return;
      told.set(message, now());
      log.warn({ remedy }, message);
    },
  };
}

/** Reports problems as events as well. */
export function emitProblem(emit: EventListener): ProblemListener {
  return ({ kind, message: reason }) =>
    emit({
      type: kind === 'unavailable' ? 'auth0_unavailable' : 'configuration_problem',
      reason,
    });
}
