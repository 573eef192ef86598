/** The metadata of Auth0 as the authorization server, unchanged, for clients of MCP 2025-03-26, which look here. */
import type { RequestHandler } from 'express';

import type { ResourceContext } from '../app/resource-context.js';
import { toOAuthError } from '../http/error-responses.js';
import { cacheableFor } from '../http/response-headers.js';
import { TemporarilyUnavailableError } from '../oauth/errors.js';

/** Short: the document can change at Auth0. */
const MAX_AGE_SECONDS = 300;

/** `Retry-After`, in seconds: Auth0 is tried again before that. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Handlers of the GET of the document.
 *
 * @throws TemporarilyUnavailableError the document cannot be fetched; the log has the reason
 */
export function upstreamMetadataEndpoint({
  authorizationServer,
}: ResourceContext): RequestHandler[] {
  return [
    async function sendUpstreamMetadata(_req, res) {
      const document = await authorizationServer.metadata().catch(throwUnavailable);
      cacheableFor(res, MAX_AGE_SECONDS);
      res.type('json').send(JSON.stringify(document));
    },
  ];
}

function throwUnavailable(cause: unknown): never {
  const error = toOAuthError(cause);
  if (error instanceof TemporarilyUnavailableError) throw error;
  throw new TemporarilyUnavailableError(
    'The authorization server cannot be reached at the moment',
    { retryAfterSeconds: RETRY_AFTER_SECONDS, cause },
  );
}
