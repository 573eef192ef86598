/**
 * CORS for machine endpoints: anybody may read, nobody's cookies count.
 *
 * Browser-based clients (MCP Inspector) call these with `fetch`. Answers to refusals carry the
 * headers too, or the client would see a network error instead of a challenge.
 *
 * Spec: Fetch §3.3; requirement R-DP-1.
 *
 * @module
 */
import type { Response } from 'express';

import type { Step } from './step.js';

/** What the transport's clients send (R-DP-1). */
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Accept, DPoP, Last-Event-ID, Mcp-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name';
const EXPOSED_HEADERS = 'WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After';
/** How long a browser may remember a preflight: two hours, the most that Chromium accepts. */
const MAX_AGE_SECONDS = 7200;

/**
 * Opens an endpoint to browser clients and answers preflights, before limits and credentials.
 *
 * @param answers A browser names the origin of every request whose answer it would withhold, so that
 *   other callers can be spared the headers; but not where a cache could give their answer to it.
 */
export function openToBrowsers(
  methods: string,
  answers: 'may be cached' | 'are never cached' = 'may be cached',
): Step {
  return function setCorsHeaders(req, res) {
    const isPreflight = req.method === 'OPTIONS';
    const isFromBrowser = isPreflight || req.headers.origin !== undefined;
    if (isFromBrowser || answers === 'may be cached') allowAnyOrigin(res);
    if (!isPreflight) return true;
    res.set({
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(MAX_AGE_SECONDS),
    });
    res.status(204).end();
    return false;
  };
}

/** A host app that has chosen its own origins for this route keeps them. */
function allowAnyOrigin(res: Response): void {
  if (!res.hasHeader('Access-Control-Allow-Origin'))
    res.setHeader('Access-Control-Allow-Origin', '*');
  res.setHeader('Access-Control-Expose-Headers', EXPOSED_HEADERS);
}
