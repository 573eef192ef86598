/** Requests that a page of another site makes a browser send: by CORS, by navigation, by a form. */
import type { Request, RequestHandler, Response } from 'express';

import { trimOws } from '../oauth/optional-whitespace.js';

/** Request headers that MCP clients are known to send. */
const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Accept',
  'DPoP',
  'Last-Event-ID',
  'Mcp-Protocol-Version',
  'Mcp-Session-Id',
  'Mcp-Method',
  'Mcp-Name',
];
const EXPOSED_HEADERS = [
  'WWW-Authenticate',
  'Mcp-Session-Id',
  'Mcp-Protocol-Version',
  'Retry-After',
];
const ALL_EXPOSED = EXPOSED_HEADERS.join(', ');
/** Two hours: the longest time for which Chromium caches a preflight. */
const PREFLIGHT_MAX_AGE_SECONDS = 7200;
/** Longest list of requested header names that is echoed, in characters: proxies limit the headers of a response. */
const MAX_REQUESTED_LENGTH = 4096;
/** RFC 9110 §5.6.2. Never `*` alone, which would be a wildcard in the response. */
const FIELD_NAME = /^(?!\*$)[\w!#$%&'*+.^`|~-]+$/;

/**
 * CORS for machine endpoints: pages of any origin may call them, without credentials (Fetch §3.2). Errors carry the
 * headers as well, or a browser client would see a network error instead of a challenge. Preflights end here, before
 * rate limits and authentication.
 */
export function allowCors(methods: string): RequestHandler {
  return function setCorsHeaders(req, res, next) {
    allowAnyOrigin(res);
    if (req.method !== 'OPTIONS') {
      next();
      return;
    }
    res.set({
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': listOf(ALLOWED_HEADERS, requestedHeaders(req)),
      'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_SECONDS),
    });
    res.vary('Access-Control-Request-Headers');
    res.status(204).end();
  };
}

/**
 * The header names that a preflight requests. They cannot all be listed above (`Mcp-Param-…`, `traceparent`), and the
 * wildcard `*` does not cover `Authorization` (Fetch §4.8).
 */
function requestedHeaders(req: Request): readonly string[] {
  const requested = req.headers['access-control-request-headers'] ?? '';
  if (requested.length > MAX_REQUESTED_LENGTH) return [];
  return namesIn(requested).filter((name) => FIELD_NAME.test(name));
}

/** Origins and exposed headers that the app has set stay. */
function allowAnyOrigin(res: Response): void {
  if (!res.hasHeader('Access-Control-Allow-Origin'))
    res.setHeader('Access-Control-Allow-Origin', '*');
  const exposed = res.getHeader('Access-Control-Expose-Headers');
  res.setHeader(
    'Access-Control-Expose-Headers',
    exposed === undefined ? ALL_EXPOSED : listOf(namesIn(String(exposed)), EXPOSED_HEADERS),
  );
}

function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map(trimOws)
    .filter((name) => name !== '');
}

/** Field names are case-insensitive: each is listed once, in its first spelling. */
function listOf(...lists: readonly (readonly string[])[]): string {
  const names = new Map<string, string>();
  for (const name of lists.flat()) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()].join(', ');
}

/** Fetch Metadata §2.4: the user's own navigation is `none`, a link on another site is `cross-site`. */
const OTHER_SITES: readonly unknown[] = ['cross-site', 'same-site'];

/**
 * For pages: other sites may only navigate to them, and only navigations count towards the rate limits of the user's
 * address. Prefetches are refused, since the page would be old when it is first shown.
 */
export const navigationsOnly: RequestHandler = function navigationsOnly(req, res, next) {
  if (req.get('Sec-Purpose')?.startsWith('prefetch')) {
    res.status(503).end();
    return;
  }
  const destination = req.headers['sec-fetch-dest'] ?? 'document';
  const isSubresource = comesFromOtherSite(req) && destination !== 'document';
  // Browsers send no fetch metadata with the handshake of a WebSocket.
  const isWebSocket = req.headers.upgrade?.toLowerCase() === 'websocket';
  if (isSubresource || isWebSocket) res.status(403).end();
  else next();
};

/**
 * For machine endpoints: other sites may only call them by CORS. Forms and `no-cors` requests belong to no client,
 * which could not read the response, and do not count towards the rate limits of the user's address. Programs send
 * no such headers (the `fetch` of Node.js sends `Sec-Fetch-Mode` alone).
 */
export const corsOnly: RequestHandler = function corsOnly(req, res, next) {
  const mode = req.headers['sec-fetch-mode'] ?? 'cors';
  if (comesFromOtherSite(req) && mode !== 'cors') res.status(403).end();
  else next();
};

function comesFromOtherSite(req: Request): boolean {
  return OTHER_SITES.includes(req.headers['sec-fetch-site']);
}

/**
 * Evidence that a form was sent by a page of another site: fetch metadata, or `Origin` in older browsers. With the
 * referrer policy of the pages, browsers send `Origin: null` for their forms, so `null` is no evidence: what is
 * sealed in the form has to prove its origin.
 *
 * @param origin the public origin of this server
 */
export function crossSiteEvidence(req: Request, origin: string): string | undefined {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return `sec-fetch-site: ${site}`;
  const sent = req.headers.origin;
  if (sent !== undefined && sent !== 'null' && sent !== origin) return 'another origin';
  return undefined;
}
