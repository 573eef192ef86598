/**
 * HTTP requests to Auth0: limited in time and size, without redirects, JSON only.
 *
 * No connection, a timeout, 429 and 5xx become an {@link Auth0Error} `unavailable`; the caller reads any other response.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { OutboundProxies } from '../config/config.js';
import { withTimeLimit } from '../deadline.js';
import { jsonObjectIn } from '../oauth/json-object.js';
import {
  createOutboundFetch,
  nameOfProxy,
  OutboundProxyError,
  proxyFor,
} from '../outbound-proxy.js';
import { tracedCall } from '../telemetry.js';
import { Auth0Error } from './auth0.js';

/** A token with thousands of permissions fits. */
const MAX_BYTES = 256 * 1024;

/** Retries after the first attempt, within the same time limit. */
const MAX_RETRIES = 2;

/** Delay of the first retry, doubled for the next. */
const BACKOFF_MS = 100;

/** Upper limit for `Retry-After`: a wrong header must not stop clients for a day. */
const MAX_RETRY_AFTER_SECONDS = 600;

/** The host name is most likely misspelt. */
const UNKNOWN_HOST = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** Connection failures before anything was sent. */
const UNSENT = new Set([
  ...UNKNOWN_HOST,
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface Auth0Request {
  /** Name of the request, for messages. */
  readonly what: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; without it and `json` the method is GET. */
  readonly form?: URLSearchParams;
  /** The same as JSON. */
  readonly json?: unknown;
  readonly method?: 'DELETE';
  /** Whether it is idempotent. Otherwise it is retried only if it was not sent. */
  readonly isRepeatable: boolean;
  /** The caller's time limit, instead of the default. */
  readonly signal?: AbortSignal | undefined;
  /** Returns a redirect as the response. Redirects are never followed. */
  readonly expectsRedirect?: boolean;
}

/** A response with a status below 500, except 408 and 429. */
interface Auth0Response {
  readonly status: number;
  /** The JSON object; undefined for anything else, such as HTML or an array. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** Of a redirect. */
  readonly location?: string;
}

/** @throws Auth0Error `unavailable` */
export type Auth0Http = (request: Auth0Request) => Promise<Auth0Response>;

/** @param timeoutMs for a request with its retries, including the response body */
export function createAuth0Http(
  timeoutMs: number,
  now: () => number,
  proxies: OutboundProxies,
): Auth0Http {
  const outboundFetch = createOutboundFetch(proxies, timeoutMs);
  function call(request: Auth0Request): Promise<Auth0Response> {
    let failure: Auth0Error | undefined;
    async function attempts(signal: AbortSignal): Promise<Auth0Response> {
      for (let retries = 0; ; retries += 1) {
        try {
          return await attempt(outboundFetch, request, signal, now);
        } catch (error) {
          failure = unavailable(request, error, proxies);
          if (retries >= MAX_RETRIES || !canRetry(request, failure)) throw failure;
          if (!(await delay(BACKOFF_MS * 2 ** retries, signal))) throw failure;
        }
      }
    }
    if (request.signal !== undefined) return attempts(request.signal);
    // The failure of an attempt says more than the timeout.
    const missed = (): Auth0Error => failure ?? timedOut(request, timeoutMs, proxies);
    return withTimeLimit(timeoutMs, attempts, missed);
  }
  return function callAuth0(request) {
    return tracedCall(request, () => call(request));
  };
}

async function attempt(
  outboundFetch: ReturnType<typeof createOutboundFetch>,
  request: Auth0Request,
  signal: AbortSignal,
  now: () => number,
): Promise<Auth0Response> {
  const body = request.form ?? (request.json === undefined ? null : JSON.stringify(request.json));
  const response = await outboundFetch(request.url, {
    method: request.method ?? (body === null ? 'GET' : 'POST'),
    headers: {
      accept: 'application/json',
      'user-agent': 'express-auth0-mcp',
      ...(request.json !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    },
    body,
    // A redirect would send the credentials to its target.
    redirect: request.expectsRedirect === true ? 'manual' : 'error',
    signal,
  });
  const { status, headers } = response;
  if (status >= 500 || status === 429 || status === 408) {
    await response.body?.cancel();
    throw new Auth0Error('unavailable', `${request.what}: Auth0 responded with ${status}`, {
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
  // Leaving the loop cancels the body and frees the connection.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new Auth0Error(
        'unavailable',
        `${what}: the response is longer than ${MAX_BYTES} bytes`,
      );
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

const REMEDY = 'If this persists, run npx express-auth0-mcp doctor for the cause.';

function timedOut(
  { what, url }: Auth0Request,
  timeoutMs: number,
  proxies: OutboundProxies,
): Auth0Error {
  const message = `${what}: no complete response from ${route(url, proxies)} within ${timeoutMs} ms`;
  return new Auth0Error('unavailable', message, { remedy: REMEDY + unusedProxy(proxies) });
}

function unavailable(
  { what, url }: Auth0Request,
  error: unknown,
  proxies: OutboundProxies,
): Auth0Error {
  if (error instanceof Auth0Error) return error;
  if (error instanceof OutboundProxyError) {
    const { message, remedy } = error;
    return new Auth0Error('unavailable', `${what}: ${message}`, { cause: error, remedy });
  }
  const reason = `no response from ${route(url, proxies)} (${networkReason(error)})`;
  const remedy = UNKNOWN_HOST.has(networkReason(error))
    ? 'The host name cannot be resolved: check configUrl or domain for a typing error, and the DNS of this machine.'
    : REMEDY;
  return new Auth0Error('unavailable', `${what}: ${reason}`, {
    cause: error,
    remedy: remedy + unusedProxy(proxies),
  });
}

function route(url: string, proxies: OutboundProxies): string {
  const target = new URL(url);
  const proxy = proxyFor(proxies, target);
  return proxy === undefined ? target.host : `${target.host} through ${nameOfProxy(proxy)}`;
}

/** The usual reason where machines reach the internet through a proxy only. */
function unusedProxy({ unusedVariable: name }: OutboundProxies): string {
  return name === undefined
    ? ''
    : ` ${name} is set but not used: set NODE_USE_ENV_PROXY=1 if this machine needs that proxy.`;
}

/** fetch wraps the error: the code of its cause, or its message. */
function networkReason(error: unknown): string {
  const cause = property(error, 'cause') ?? error;
  return text(property(cause, 'code')) ?? text(property(cause, 'message')) ?? 'unknown reason';
}

/** By property, not by class: the errors of the runtime may be of another realm. */
function property(value: unknown, name: 'cause' | 'code' | 'message'): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function canRetry(request: Auth0Request, failure: Auth0Error): boolean {
  if (failure.retryAfterSeconds !== undefined) return false;
  if (request.isRepeatable) return true;
  return UNSENT.has(text(property(property(failure.cause, 'cause'), 'code')) ?? '');
}

/** @returns false if the time limit came first */
async function delay(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
