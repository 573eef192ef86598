/**
 * What belongs to one request: a reference in events, log lines and on error pages.
 *
 * @module
 */
import { createIds } from './random-ids.js';
import { type RequestContext, requestContext, runInContext } from './request-context.js';

/** Gives each request a reference. */
export interface Correlation {
  /** Runs `work` as one request; inside another one that stays as it is. */
  run(work: () => void): void;
  /** The reference of the current request; a new one where there is none. */
  id(): string;
  /** The reference of the current request, if there is one. */
  currentId(): string | undefined;
}

/** Enough to find one line in a day's log. */
const ID_BYTES = 6;

/** To be shared with the context of a request within this one. */
export function correlationOf(context: RequestContext): { id?: string } {
  context.correlation ??= {};
  return context.correlation;
}

export function createCorrelation(): Correlation {
  const newId = createIds(ID_BYTES);

  function currentId(): string | undefined {
    const context = requestContext();
    if (context === undefined) return undefined;
    const correlation = correlationOf(context);
    correlation.id ??= newId();
    return correlation.id;
  }

  return {
    run(work) {
      if (requestContext() !== undefined) work();
      else runInContext({}, work);
    },
    id: () => currentId() ?? newId(),
    currentId,
  };
}
