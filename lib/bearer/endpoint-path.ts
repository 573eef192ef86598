/** Whether a request is for the MCP endpoint itself, as Express routes it: not below it, not elsewhere. */
import type { Request } from 'express';

import { pathname } from '../http/mounts/missed-requests.js';

/** @param paths of the endpoint: the whole one, and those that a proxy which cuts a prefix off leaves */
export function createEndpointTest(paths: readonly string[]): (req: Request) => boolean {
  const endpoints = new Set(paths.map(asRouted));
  return ({ baseUrl, url }) => endpoints.has(asRouted(pathname(baseUrl + url)));
}

/** Express ignores case and one slash at the end, unless told otherwise; it decodes nothing. */
function asRouted(path: string): string {
  return path.toLowerCase().replace(/\/$/, '');
}
