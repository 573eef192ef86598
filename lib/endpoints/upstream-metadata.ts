/**
 * The metadata of the authorization server that is not ours, for clients that look for it here.
 *
 * Clients of 2025-03-26 ask the MCP server for it, at the root and nowhere else. It is passed on as
 * Auth0 gave it: a changed copy would send them wrong.
 *
 * Spec: RFC 8414 §3.2; MCP authorization 2025-03-26, "Server Metadata Discovery".
 * Flow: route table → send → Auth0's document, kept for an hour and through outages.
 *
 * @module
 */
import type { RequestHandler } from 'express';
import { handler } from '../http/handler.js';
import { toOAuthError } from '../http/oauth-error.js';
import { cacheableFor } from '../http/response-headers.js';
import { TemporarilyUnavailableError } from '../oauth/errors.js';

/** Where it comes from. */
export interface UpstreamMetadataDeps {
  /** @throws whatever stands between us and the document */
  readonly metadata: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Short, since the document can change at Auth0 and a copy is not told. */
const MAX_AGE_SECONDS = 300;

/** When to come back, in seconds: the next attempt to reach Auth0 is made before that. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Builds the handlers of the document.
 *
 * @throws TemporarilyUnavailableError (503) whatever keeps it from being read: the client can do nothing but
 *   come back, and the reason is for the log
 */
export function upstreamMetadataEndpoint({ metadata }: UpstreamMetadataDeps): RequestHandler[] {
  return [
    handler(async function sendUpstreamMetadata(_req, res) {
      const document = await metadata().catch(unavailable);
      cacheableFor(res, MAX_AGE_SECONDS);
      res.type('json').send(JSON.stringify(document));
    }),
  ];
}

function unavailable(thrown: unknown): never {
  const error = toOAuthError(thrown);
  if (error instanceof TemporarilyUnavailableError) throw error;
  throw new TemporarilyUnavailableError(
    'The authorization server cannot be reached at the moment',
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause: thrown,
    },
  );
}
