/**
 * The one way to call Auth0: bounded in time and size, no redirects, JSON only.
 *
 * Whatever shows that Auth0 could not do its work (no connection, no answer in time, 429, 5xx)
 * becomes an {@link Auth0Error} `unavailable`; any other answer is the caller's to read.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { withTimeLimit } from '../deadline.js';
import { jsonObjectIn } from '../oauth/json-object.js';
import { tracedCall } from '../telemetry.js';
import { Auth0Error } from './auth0.js';

/** Largest answer read, in bytes: a token with some thousand permissions still fits. */
const MAX_BYTES = 256 * 1024;

/** Repeats after the first attempt, all inside the one time limit. */
const MAX_REPEATS = 2;

/** Pause before the first repeat, doubled for the next. */
const BACKOFF_MS = 100;

/** The longest wait passed on, in seconds: an odd header must not park clients for a day. */
const MAX_RETRY_AFTER_SECONDS = 600;

/** Nobody knows the host: most likely a slip in its name, and no outage of Auth0's. */
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** Failures of a connection that was never made: nothing was sent, so nothing can have happened. */
const UNSENT = new Set([
  ...UNKNOWN_HOST,
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** One call. */
export interface Auth0Request {
  /** What is asked of Auth0, in words, for messages. */
  readonly what: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; without it the call is a GET. */
  readonly form?: URLSearchParams;
  /** Whether doing it twice does no harm. Otherwise only what was never sent is repeated. */
  readonly isRepeatable: boolean;
  /** A time limit of the caller's, in place of the usual one. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a redirect is an answer to read. It is never followed. */
  readonly expectsRedirect?: boolean;
}

/** An answer below 500 that is not 429. */
export interface Auth0Response {
  readonly status: number;
  /** The JSON object; undefined for anything else (HTML, a list, nothing). */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Where a redirect points. */
  readonly location?: string;
}

/** @throws Auth0Error `unavailable` */
export type Auth0Http = (request: Auth0Request) => Promise<Auth0Response>;

/** @param deps.timeoutMs for a call with its repeats, the answer's body included */
export function createAuth0Http(deps: { timeoutMs: number; now: () => number }): Auth0Http {
  function call(request: Auth0Request): Promise<Auth0Response> {
    let failure: Auth0Error | undefined;
    async function attempts(signal: AbortSignal): Promise<Auth0Response> {
      for (let repeats = 0; ; repeats += 1) {
        try {
          return await attempt(request, signal, deps.now);
        } catch (error) {
          failure = unavailable(request, error);
          if (repeats >= MAX_REPEATS || !mayRepeat(request, failure)) throw failure;
          if (!(await pause(BACKOFF_MS * 2 ** repeats, signal))) throw failure;
        }
      }
    }
    if (request.signal !== undefined) return attempts(request.signal);
    // What an attempt failed of says more than that there was no time for another.
    const missed = (): Auth0Error => failure ?? timedOut(request, deps.timeoutMs);
    return withTimeLimit(deps.timeoutMs, attempts, missed);
  }
  return function callAuth0(request) {
    return tracedCall(request, () => call(request));
  };
}

async function attempt(
  request: Auth0Request,
  signal: AbortSignal,
  now: () => number,
): Promise<Auth0Response> {
  const response = await fetch(request.url, {
    method: request.form === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', 'user-agent': 'express-auth0-mcp', ...request.headers },
    body: request.form ?? null,
    // A redirect would carry the credentials wherever it points.
    redirect: request.expectsRedirect === true ? 'manual' : 'error',
    signal,
  });
  const { status, headers } = response;
  if (status >= 500 || status === 429 || status === 408) {
    await response.body?.cancel();
    throw new Auth0Error('unavailable', `${request.what}: Auth0 answered ${status}`, {
      retryAfterSeconds: retryAfterSeconds(status, headers, now()),
    });
  }
  if (!/^application\/([\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    const location = headers.get('location');
    return { status, body: undefined, ...(location !== null && { location }) };
  }
  return { status, body: jsonObjectIn(await readText(request.what, response)) };
}

async function readText(what: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body and frees the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new Auth0Error('unavailable', `${what}: the answer is longer than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `Retry-After` (RFC 9110 §10.2.3), else Auth0's own `x-ratelimit-reset` in unix seconds. */
function retryAfterSeconds(status: number, headers: Headers, now: number): number | undefined {
  const header = headers.get('retry-after') ?? '';
  const reset = status === 429 ? headers.get('x-ratelimit-reset') : null;
  const seconds = /^\d+$/.test(header)
    ? Number(header)
    : header !== ''
      ? Math.ceil(Date.parse(header) / 1000 - now)
      : Number(reset ?? Number.NaN) - now;
  if (!Number.isFinite(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 1), MAX_RETRY_AFTER_SECONDS);
}

const REMEDY = 'If it stays like that, npx express-auth0-mcp doctor says what is in the way.';

function timedOut({ what, url }: Auth0Request, timeoutMs: number): Auth0Error {
  const message = `${what}: no complete answer from ${new URL(url).host} within ${timeoutMs} ms`;
  return new Auth0Error('unavailable', message, { remedy: REMEDY });
}

function unavailable({ what, url }: Auth0Request, error: unknown): Auth0Error {
  if (error instanceof Auth0Error) return error;
  const reason = `no answer from ${new URL(url).host} (${networkReason(error)})`;
  const remedy = UNKNOWN_HOST.has(networkReason(error))
    ? 'Nobody here knows a host of this name: check configUrl or domain for a slip, and the DNS of this machine.'
    : REMEDY;
  return new Auth0Error('unavailable', `${what}: ${reason}`, { cause: error, remedy });
}

/** fetch wraps what happened: the code of the cause, else its sentence. */
function networkReason(error: unknown): string {
  const cause = property(error, 'cause') ?? error;
  return text(property(cause, 'code')) ?? text(property(cause, 'message')) ?? 'unknown reason';
}

/** By property, not by class: these errors come from the runtime and may be of another realm. */
function property(value: unknown, name: 'cause' | 'code' | 'message'): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function mayRepeat(request: Auth0Request, failure: Auth0Error): boolean {
  if (failure.retryAfterSeconds !== undefined) return false;
  if (request.isRepeatable) return true;
  return UNSENT.has(text(property(property(failure.cause, 'cause'), 'code')) ?? '');
}

/** @returns false when the time limit came first */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
