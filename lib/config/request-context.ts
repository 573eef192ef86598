/**
 * The context of one request, in all functions that it calls.
 *
 * A single `AsyncLocalStorage`: each one slows down every later promise, timer and tick of a request.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

import { processWide } from '../process-wide.js';

interface RequestContext {
  /** Shared by nested contexts; the id is created when first needed. */
  readonly correlation: { id?: string };
  /** Whose quota a fetch of a metadata document counts against: a grant, or a network address. */
  caller?: string;
  /** The verified access token of a guarded request; the `bearer` folder knows its type. */
  readonly accessToken?: unknown;
}

const contexts = processWide('contexts', () => new AsyncLocalStorage<RequestContext>());

/** The context of the current request; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return contexts.getStore();
}

/** Runs `work`, including everything it awaits, in a new context of the same request. */
export function runInContext<T>(context: Omit<RequestContext, 'correlation'>, work: () => T): T {
  return contexts.run({ correlation: requestContext()?.correlation ?? {}, ...context }, work);
}

/** Runs `work` in the context of the current request, or else in a new one. */
export function runAsRequest(work: () => void): void {
  if (requestContext() === undefined) runInContext({}, work);
  else work();
}

/** Sets the `caller` of the current request. */
export function noteCaller(caller: string): void {
  const context = requestContext();
  if (context !== undefined) context.caller = caller;
}

/** Enough to find one line in a day's log. */
const CORRELATION_ID_BYTES = 6;

/** The reference of the current request in events, log lines and error pages; undefined outside of one. */
export function currentCorrelationId(): string | undefined {
  const correlation = requestContext()?.correlation;
  if (correlation !== undefined) correlation.id ??= newCorrelationId();
  return correlation?.id;
}

/** {@link currentCorrelationId}, or a new reference outside of a request. */
export function correlationId(): string {
  return currentCorrelationId() ?? newCorrelationId();
}

function newCorrelationId(): string {
  return randomBytes(CORRELATION_ID_BYTES).toString('base64url');
}
