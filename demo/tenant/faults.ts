/**
 * Bad days: ways in which a tenant can fail a request.
 *
 * @module
 */
import { setTimeout as wait } from 'node:timers/promises';

import type { Context, Step } from './provider-module.js';

/** A way to fail. */
export type Fault =
  /** Answers properly, but late. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Closes the connection before the request is looked at. */
  | { readonly kind: 'drop' }
  /** Does the work, then closes the connection: the caller cannot know what happened. */
  | { readonly kind: 'drop-answer' }
  /** Answers this instead. A string body is HTML unless the headers say otherwise. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Readonly<Record<string, unknown>>;
    }
  /** 429 as Auth0 writes it; `resetSeconds` from now in `x-ratelimit-reset`. */
  | { readonly kind: 'rate-limited'; readonly resetSeconds: number }
  /** A web page with status 200 (or the one given) where JSON is due. */
  | { readonly kind: 'html'; readonly status?: number }
  /** Headers at once, the proper body in pieces over this time. */
  | { readonly kind: 'slow-body'; readonly milliseconds: number }
  /** JSON cut off in the middle. */
  | { readonly kind: 'malformed-json' }
  /** A proper JSON object of this size. */
  | { readonly kind: 'huge-body'; readonly bytes: number };

/** The faults in force. */
export interface Faults {
  /** Fails the next `times` requests to `path` (`*`: any path). Returns what takes it back. */
  add(path: string, fault: Fault, times?: number): () => void;
  clear(): void;
  readonly step: Step;
}

/** How many pieces a slow body comes in. */
const PIECES = 10;

/** No faults yet. */
export function createFaults(): Faults {
  let armed: { path: string; fault: Fault; left: number }[] = [];

  function take(path: string): Fault | undefined {
    const found = armed.find((entry) => entry.path === path || entry.path === '*');
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) armed = armed.filter((entry) => entry !== found);
    return found.fault;
  }

  return {
    add(path, fault, times = Number.POSITIVE_INFINITY) {
      const entry = { path, fault, left: times };
      armed.push(entry);
      return () => {
        armed = armed.filter((other) => other !== entry);
      };
    },
    clear() {
      armed = [];
    },
    step: async function failIfArmed(ctx, next) {
      const fault = take(ctx.path);
      await (fault === undefined ? next() : fail(fault, ctx, next));
    },
  };
}

async function fail(fault: Fault, ctx: Context, next: () => Promise<unknown>): Promise<void> {
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
    case 'drop-answer':
      await next();
      return drop(ctx);
    case 'slow-body':
      await next();
      return await dribble(ctx, fault.milliseconds);
    default:
      return instead(fault, ctx);
  }
}

function drop(ctx: Context): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}

async function dribble(ctx: Context, milliseconds: number): Promise<void> {
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

function instead(fault: Replacement, ctx: Context): void {
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
