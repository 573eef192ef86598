/**
 * What belongs to one request, wherever in its call stack somebody asks.
 *
 * One store for everything: each `AsyncLocalStorage` makes every later promise, timer and tick of a
 * request dearer.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestContext {
  /**
   * Its reference in events and log lines, made when first asked for: most never need one. An object,
   * since a context within this one shares it.
   */
  correlation?: { id?: string };
  /**
   * Whom the work is counted for: a grant, or where strangers come from. Noted where the request itself is
   * counted.
   */
  caller?: string;
  /** The verified access token of a guarded request; the `bearer` folder knows its type. */
  readonly accessToken?: unknown;
}

const contexts = new AsyncLocalStorage<RequestContext>();

/** The context of the current request; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return contexts.getStore();
}

/** Notes whom the current request is counted for. */
export function noteCaller(caller: string): void {
  const context = requestContext();
  if (context !== undefined) context.caller = caller;
}

/** Runs `work` with `context`, in everything it awaits. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return contexts.run(context, work);
}
