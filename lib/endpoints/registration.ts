/** Dynamic client registration, RFC 7591. Stores nothing: the client id carries the metadata. */
import type { RequestHandler } from 'express';

import type { Context } from '../app/context.js';
import { clientFingerprint } from '../clients/client.js';
import { sendJson } from '../http/handlers.js';
import { readJson } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import { parseClientMetadata } from '../oauth/client-metadata.js';
import { InvalidRedirectUriError } from '../oauth/errors.js';
import { isClientsOwnChoice } from '../oauth/redirect-uri.js';
import { registrationResponse } from '../oauth/registration-response.js';

/** Request body limit in bytes: the fields we read at their limits, and as much of others. */
const MAX_BODY_BYTES = 32 * 1024;

/**
 * Handlers of `POST /register`.
 *
 * @throws InvalidRedirectUriError a redirect URI that `/authorize` would refuse
 * @throws InvalidClientMetadataError any other invalid field
 */
export function registrationEndpoint(context: Context): RequestHandler[] {
  const { registeredClients, isAllowedRedirectUri, limits, emit, now } = context;
  return [
    limits.registration,
    noStore,
    async function register(req, res) {
      const metadata = parseClientMetadata(await readJson(req, res, MAX_BODY_BYTES));
      const refused = metadata.redirectUris.find((uri) => !isAllowedRedirectUri(uri));
      if (refused !== undefined) throw redirectUriError(refused);
      const client = registeredClients.register(metadata, now());
      emit({ type: 'client_registered', client: clientFingerprint(client.clientId) });
      sendJson(res, 201, registrationResponse(client, metadata));
    },
  ];
}

function redirectUriError(uri: string): InvalidRedirectUriError {
  return isClientsOwnChoice(uri)
    ? new InvalidRedirectUriError('This server does not allow one of the redirect URIs', {
        detail: `allowedClientRedirectUris does not match ${uri}`,
      })
    : new InvalidRedirectUriError(
        'The scheme of an app has to be a reverse domain name such as com.example.app (RFC 8252 §7.1)',
        { detail: `to admit ${uri}, enter it in clients or allowedClientRedirectUris` },
      );
}
