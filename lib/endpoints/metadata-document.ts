/**
 * A metadata document: protected resource, authorization server, or key set, all fixed at start.
 *
 * Spec: RFC 9728 §3.2, RFC 8414 §3.2, RFC 7517 §5.
 * Flow: route table → cacheable → send.
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { cacheable } from '../http/response-headers.js';

/** Builds the handlers of one document. The text is made once; every request gets the same bytes. */
export function metadataDocumentEndpoint(document: unknown): RequestHandler[] {
  const body = JSON.stringify(document);
  return [
    cacheable,
    function sendDocument(_req, res) {
      res.type('json').send(body);
    },
  ];
}
