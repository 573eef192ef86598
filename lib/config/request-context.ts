/**
 * The context of one request, in all functions that it calls.
 *
 * A single `AsyncLocalStorage`: each one slows down every later promise, timer and tick of a request.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

export interface RequestContext {
  /** The reference in events and log lines, created when first needed. Nested contexts share the object. */
  correlation?: { id?: string };
  /** Whose quota a fetch of a metadata document counts against: a grant, or a network address. */
  caller?: string;
  /** The verified access token of a guarded request; the `bearer` folder knows its type. */
  readonly accessToken?: unknown;
}

const contexts = new AsyncLocalStorage<RequestContext>();

/** The context of the current request; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return contexts.getStore();
}

/** Sets the `caller` of the current request. */
export function noteCaller(caller: string): void {
  const context = requestContext();
  if (context !== undefined) context.caller = caller;
}

/** Runs `work` with `context`, including everything it awaits. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return contexts.run(context, work);
}

/** Gives each request a reference for events, log lines and error pages. */
export interface Correlation {
  /** Runs `work` as one request; inside another one it keeps that one's reference. */
  run(work: () => void): void;
  /** The reference of the current request; a new one outside of a request. */
  id(): string;
  /** The reference of the current request, if there is one. */
  currentId(): string | undefined;
}

/** Enough to find one line in a day's log. */
const ID_BYTES = 6;

/** To be shared with a nested context of the same request. */
export function correlationOf(context: RequestContext): { id?: string } {
  context.correlation ??= {};
  return context.correlation;
}

export function createCorrelation(): Correlation {
  const newId = (): string => randomBytes(ID_BYTES).toString('base64url');

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
