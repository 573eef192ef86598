/**
 * Request bodies. Auth0 accepts form and JSON at its token and revocation endpoints, `oidc-provider` only
 * forms; so a body is read here and passed on as a form.
 */
import type { IncomingMessage } from 'node:http';

import { jsonObjectIn } from '../oauth/json-object.js';
import type { Context, Middleware } from './provider-module.js';

/** Parameters by name. A repeated one keeps its last value. */
export type Params = Record<string, string>;

const MAX_BODY_BYTES = 64 * 1024;

/** Reads the body of a POST. */
export const readBody: Middleware = async function readBody(ctx, next) {
  if (ctx.method === 'POST') {
    const bytes = await bytesOf(ctx.req);
    const form = bytes === undefined ? undefined : parse(bytes, ctx.get('Content-Type'));
    if (form === undefined) {
      ctx.status = 400;
      ctx.body = { error: 'invalid_request', error_description: 'Invalid request payload' };
      return;
    }
    ctx.state.json = jsonObjectIn(String(bytes));
    setForm(ctx, form);
  }
  await next();
};

/** The form of this request; empty for a GET. */
export function formOf(ctx: Context): Params {
  return (ctx.state.form as Params | undefined) ?? {};
}

/** The JSON body of this request; empty without one. */
export function jsonOf(ctx: Context): Readonly<Record<string, unknown>> {
  return (ctx.state.json as Record<string, unknown> | undefined) ?? {};
}

/** Replaces the form of this request for all later middleware. */
export function setForm(ctx: Context, form: Params): void {
  ctx.state.form = form;
  const bytes = Buffer.from(new URLSearchParams(form).toString());
  const { req } = ctx;
  delete req.headers['transfer-encoding'];
  req.headers['content-type'] = 'application/x-www-form-urlencoded';
  req.headers['content-length'] = String(bytes.length);
  // The stream has been read: reading it again returns the replacement.
  Object.defineProperty(req, 'readable', { value: true, configurable: true });
  Object.defineProperty(req, 'iterator', {
    value: async function* replay() {
      yield bytes;
    },
    configurable: true,
  });
}

/** What a refresh asks for; the provider decides about the refresh token alone. */
export interface RefreshRequest {
  readonly audience: string | undefined;
  readonly scope: string | undefined;
}

/** Undefined for another grant type. */
export function requestOfRefresh(ctx: Context): RefreshRequest | undefined {
  return ctx.state.refresh as RefreshRequest | undefined;
}

async function bytesOf(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer, contentType: string): Params | undefined {
  if (!/^application\/json\b/i.test(contentType)) {
    return Object.fromEntries(new URLSearchParams(bytes.toString()));
  }
  const json = jsonObjectIn(bytes.toString());
  if (json === undefined) return undefined;
  const entries = Object.entries(json).filter(([, value]) => typeof value !== 'object');
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
