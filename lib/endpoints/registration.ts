/**
 * Dynamic client registration: a client introduces itself and gets an id that carries all it said.
 *
 * Spec: RFC 7591 §3; MCP authorization, "Dynamic Client Registration".
 * Flow: route table → noStore → register → RegisteredClients (no storage).
 *
 * @module
 */
import type { RequestHandler } from 'express';

import { clientFingerprint } from '../clients/fingerprint.js';
import type { RegisteredClients } from '../clients/registered-clients.js';
import type { EventListener } from '../config/events.js';
import { handler } from '../http/handler.js';
import { readJson } from '../http/request-body.js';
import { noStore } from '../http/response-headers.js';
import { sendJson } from '../http/send-json.js';
import { parseClientMetadata } from '../oauth/client-metadata.js';
import { InvalidRedirectUriError } from '../oauth/errors.js';
import { isClientsOwnChoice } from '../oauth/redirect-uri.js';
import { registrationResponse } from '../oauth/registration-response.js';

/** Largest body accepted, in bytes: the fields we read at their limits, and as much unread. */
const MAX_BODY_BYTES = 32 * 1024;

export interface RegistrationDeps {
  registered: Pick<RegisteredClients, 'register'>;
  /** What `/authorize` will accept as well: nothing is registered that is refused later. */
  isAllowedRedirectUri: (uri: string) => boolean;
  emit: EventListener;
  now: () => number;
}

/**
 * Builds the handlers of `POST /register`.
 *
 * @throws InvalidRedirectUriError (400) a URI that must not, or may not, be used
 * @throws InvalidClientMetadataError (400) any other field that does not fit
 */
export function registrationEndpoint(deps: RegistrationDeps): RequestHandler[] {
  return [
    noStore,
    handler(async function register(req, res) {
      const metadata = parseClientMetadata(await readJson(req, res, MAX_BODY_BYTES));
      const refused = metadata.redirectUris.find((uri) => !deps.isAllowedRedirectUri(uri));
      if (refused !== undefined) {
        throw isClientsOwnChoice(refused)
          ? new InvalidRedirectUriError('A redirect URI is outside what this server allows', {
              detail: `allowedClientRedirectUris does not match ${refused}`,
            })
          : new InvalidRedirectUriError(
              'The scheme of an app has to be a reverse domain name such as com.example.app (RFC 8252 §7.1)',
              { detail: `to admit ${refused}, enter it in clients or allowedClientRedirectUris` },
            );
      }
      const client = deps.registered.register(metadata, deps.now());
      deps.emit({ type: 'client_registered', client: clientFingerprint(client.clientId) });
      sendJson(res, 201, registrationResponse(client, metadata));
    }),
  ];
}
