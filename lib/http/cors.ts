// CORS for machine endpoints: pages of any origin may call them, without credentials (Fetch §3.2). Refusals
// carry the headers too, or a browser client would see a network error instead of a challenge.
import type { Request, RequestHandler, Response } from 'express';

import { trimOws } from '../oauth/optional-whitespace.js';

/** What clients of the transport are known to send. */
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
/** How long a browser may cache a preflight: two hours, the most that Chromium accepts. */
const MAX_AGE_SECONDS = 7200;
/** Longest list of names that is echoed, in characters: proxies limit the headers of a response. */
const MAX_ASKED_LENGTH = 4096;
/** RFC 9110 §5.6.2. Never `*` alone, which would be a wildcard in the response. */
const FIELD_NAME = /^(?!\*$)[\w!#$%&'*+.^`|~-]+$/;

/**
 * Opens an endpoint to browser clients and answers preflights, before limits and credentials.
 *
 * @param answers A browser names the origin of every request whose answer it would withhold, so that
 *   other callers can be spared the headers; but not where a cache could give their answer to it.
 */
export function allowCors(
  methods: string,
  answers: 'may be cached' | 'are never cached' = 'may be cached',
): RequestHandler {
  return function setCorsHeaders(req, res, next) {
    const isPreflight = req.method === 'OPTIONS';
    const isFromBrowser = isPreflight || req.headers.origin !== undefined;
    if (isFromBrowser || answers === 'may be cached') allowAnyOrigin(res);
    if (!isPreflight) {
      next();
      return;
    }
    res.set({
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': listOf(ALLOWED_HEADERS, askedHeaders(req)),
      'Access-Control-Max-Age': String(MAX_AGE_SECONDS),
    });
    res.vary('Access-Control-Request-Headers');
    res.status(204).end();
  };
}

/**
 * The names that the preflight asks for. They cannot be known beforehand (`Mcp-Param-…`, `traceparent`), and
 * the wildcard `*` would not cover `Authorization` (Fetch §4.8).
 */
function askedHeaders(req: Request): readonly string[] {
  const asked = req.headers['access-control-request-headers'] ?? '';
  return asked.length > MAX_ASKED_LENGTH ? [] : namesIn(asked).filter((n) => FIELD_NAME.test(n));
}

/** A host app that has chosen its own origins, or exposes headers of its own, keeps both. */
function allowAnyOrigin(res: Response): void {
  if (!res.hasHeader('Access-Control-Allow-Origin'))
    res.setHeader('Access-Control-Allow-Origin', '*');
  const exposed = String(res.getHeader('Access-Control-Expose-Headers') ?? '');
  res.setHeader('Access-Control-Expose-Headers', listOf(namesIn(exposed), EXPOSED_HEADERS));
}

function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map(trimOws)
    .filter((name) => name !== '');
}

/** Field names are case-insensitive: each is listed once, as it was written first. */
function listOf(...lists: readonly (readonly string[])[]): string {
  const names = new Map<string, string>();
  for (const name of lists.flat()) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()].join(', ');
}
