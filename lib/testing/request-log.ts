/** Received requests, for assertions in specs, secrets included. */
import type { IncomingHttpHeaders } from 'node:http';

import type { Middleware } from './provider-module.js';
import { formOf } from './request-body.js';

/** A received request. */
export interface TenantRequest {
  /** Such as `POST`. */
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Parameters of the URL. */
  readonly query: Readonly<Record<string, string>>;
  /** Body parameters, form or JSON. */
  readonly form: Readonly<Record<string, string>>;
  /** In lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Status of the response; `undefined` without one. */
  status: number | undefined;
}

/** Appends every request to `log`. */
export function requestLog(log: TenantRequest[]): Middleware {
  return async function record(ctx, next) {
    const entry: TenantRequest = {
      method: ctx.method,
      path: ctx.path,
      query: Object.fromEntries(new URLSearchParams(ctx.querystring)),
      form: { ...formOf(ctx) },
      headers: { ...ctx.headers },
      status: undefined,
    };
    log.push(entry);
    await next();
    if (ctx.respond !== false) entry.status = ctx.status;
  };
}
