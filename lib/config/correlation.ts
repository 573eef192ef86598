/**
 * What belongs to one request: a reference in events, log lines and on error pages.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

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

export function createCorrelation(): Correlation {
  /** Made when first asked for: most requests never need one. */
  const requests = new AsyncLocalStorage<{ id?: string }>();
  const newId = (): string => randomBytes(ID_BYTES).toString('base64url');

  function currentId(): string | undefined {
    const request = requests.getStore();
    if (request === undefined) return undefined;
    request.id ??= newId();
    return request.id;
  }

  return {
    run(work) {
      if (requests.getStore() !== undefined) work();
      else requests.run({}, work);
    },
    id: () => currentId() ?? newId(),
    currentId,
  };
}
