/** Faults that a spec can inject into the tenant's responses. */
import { setTimeout as wait } from 'node:timers/promises';

import type { Context, Middleware } from './provider-module.js';

/** A fault. */
export type Fault =
  /** A correct response, late. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** No response. */
  | { readonly kind: 'hang' }
  /** Closes the connection before the request is processed. */
  | { readonly kind: 'drop' }
  /** Processes the request, then closes the connection: the outcome is unknown to the caller. */
  | { readonly kind: 'drop-response' }
  /** This response instead. A string body is HTML unless the headers say otherwise. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Readonly<Record<string, unknown>>;
    }
  /** Auth0's 429; `resetSeconds` from now in `x-ratelimit-reset`. */
  | { readonly kind: 'rate-limited'; readonly resetSeconds: number }
  /** A web page instead of JSON, with status 200 by default. */
  | { readonly kind: 'html'; readonly status?: number }
  /** Headers at once, the correct body in pieces over this time. */
  | { readonly kind: 'slow-body'; readonly milliseconds: number }
  /** Truncated JSON. */
  | { readonly kind: 'malformed-json' }
  /** A valid JSON object of this size. */
  | { readonly kind: 'huge-body'; readonly bytes: number };

/**
 * A fault by its name. `down`: connections are closed without a response. `timeout`: there is no response. `slow`: the
 * correct response, after two seconds. `429`: Auth0's rate limit, for a second. `500` and `503`: errors with this status.
 * `html`: a web page with status 200 instead of JSON, as from a captive portal.
 */
export type FaultName = 'down' | 'timeout' | 'slow' | '429' | '500' | '503' | 'html';

/** The faults that have a name. */
export const NAMED_FAULTS: Readonly<Record<FaultName, Fault>> = {
  down: { kind: 'drop' },
  timeout: { kind: 'hang' },
  slow: { kind: 'delay', milliseconds: 2000 },
  '429': { kind: 'rate-limited', resetSeconds: 1 },
  '500': { kind: 'respond', status: 500, body: { error: 'server_error' } },
  '503': { kind: 'respond', status: 503, body: 'Service Unavailable' },
  html: { kind: 'html' },
};

/** The active faults. */
export interface Faults {
  /** Applies to the next `times` requests to `path` (`*`: any path). Returns a function that removes it. */
  add(path: string, fault: Fault, times?: number): () => void;
  clear(): void;
  readonly middleware: Middleware;
}

/** Pieces of a slow body. */
const PIECES = 10;

/** No faults yet. */
export function createFaults(): Faults {
  let active: { path: string; fault: Fault; left: number }[] = [];

  function take(path: string): Fault | undefined {
    const found = active.find((entry) => entry.path === path || entry.path === '*');
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) active = active.filter((entry) => entry !== found);
    return found.fault;
  }

  return {
    add(path, fault, times = Number.POSITIVE_INFINITY) {
      const entry = { path, fault, left: times };
      active.push(entry);
      return () => {
        active = active.filter((other) => other !== entry);
      };
    },
    clear() {
      active = [];
    },
    middleware: async function applyFault(ctx, next) {
      const fault = take(ctx.path);
      await (fault === undefined ? next() : inject(fault, ctx, next));
    },
  };
}

async function inject(fault: Fault, ctx: Context, next: () => Promise<unknown>): Promise<void> {
  switch (fault.kind) {
    case 'delay':
      await wait(fault.milliseconds, undefined, { ref: false });
      await next();
      return;
    case 'hang':
      ctx.respond = false;
      return;
    case 'drop':
      return drop(ctx);
    case 'drop-response':
      await next();
      return drop(ctx);
    case 'slow-body':
      await next();
      return await sendSlowly(ctx, fault.milliseconds);
    default:
      return respondInstead(fault, ctx);
  }
}

function drop(ctx: Context): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}

async function sendSlowly(ctx: Context, milliseconds: number): Promise<void> {
  const bytes = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
  ctx.respond = false;
  ctx.res.writeHead(ctx.status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  const step = Math.ceil(bytes.length / PIECES);
  for (let at = 0; at < bytes.length && !ctx.res.destroyed; at += step) {
    await wait(milliseconds / PIECES, undefined, { ref: false });
    ctx.res.write(bytes.subarray(at, at + step));
  }
  ctx.res.end();
}

type Replacement = Extract<
  Fault,
  { kind: 'respond' | 'rate-limited' | 'html' | 'malformed-json' | 'huge-body' }
>;

function respondInstead(fault: Replacement, ctx: Context): void {
  const json = 'application/json; charset=utf-8';
  switch (fault.kind) {
    case 'respond':
      ctx.status = fault.status;
      ctx.body = fault.body ?? '';
      ctx.set({ ...fault.headers });
      return;
    case 'rate-limited':
      ctx.status = 429;
      ctx.set({ 'x-ratelimit-limit': '30', 'x-ratelimit-remaining': '0' });
      ctx.set('x-ratelimit-reset', String(Math.floor(Date.now() / 1000) + fault.resetSeconds));
      ctx.body = { error: 'too_many_requests', error_description: 'Global limit has been reached' };
      return;
    case 'html':
      ctx.status = fault.status ?? 200;
      ctx.type = 'html';
      ctx.body = '<!doctype html><title>Oops</title><h1>Something is not right</h1>';
      return;
    case 'malformed-json':
      ctx.status = 200;
      ctx.type = json;
      ctx.body = '{"access_token":"eyJhbGciOi';
      return;
    case 'huge-body':
      ctx.status = 200;
      ctx.type = json;
      ctx.body = JSON.stringify({ padding: 'x'.repeat(Math.max(0, fault.bytes - 14)) });
  }
}
