/** A metadata document that is fixed at start: RFC 9728 §3.2, RFC 8414 §3.2, RFC 7517 §5. */
import type { RequestHandler } from 'express';

import { cacheable } from '../http/response-headers.js';

/** Handlers of the GET of one document. */
export function metadataDocumentEndpoint(document: unknown): RequestHandler[] {
  const body = JSON.stringify(document);
  return [
    cacheable,
    function sendDocument(_req, res) {
      res.type('json').send(body);
    },
  ];
}
