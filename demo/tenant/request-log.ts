/**
 * What arrived at the tenant, for specs to look at. Secrets are kept as they came.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { Step } from './provider-module.js';
import { formOf, type Params } from './request-body.js';

/** One request that arrived. */
export interface TenantRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  readonly query: Readonly<Params>;
  /** Body parameters, form or JSON. */
  readonly form: Readonly<Params>;
  readonly headers: IncomingHttpHeaders;
  /** Status answered; `undefined` as long as there is no answer, or if there never was one. */
  status: number | undefined;
}

/** Writes every request into `log`, oldest first. */
export function requestLog(log: TenantRequest[]): Step {
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
