/** Dynamic client registration, RFC 7591. Stores nothing: the client id carries the metadata. */
import type { RequestHandler } from 'express';

import type { Context } from '../app/context.js';
import { clientFingerprint } from '../clients/client.js';
import { sendJson } from '../http/handlers.js';
import { readJson } from '../http/read-request.js';
import { noStore } from '../http/response-headers.js';
import { nameOfRedirectUri, parseClientMetadata } from '../oauth/client-metadata.js';
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
      const { redirectUris } = metadata;
      const refused = redirectUris.findIndex((uri) => !isAllowedRedirectUri(uri));
      if (refused >= 0) throw redirectUriError(redirectUris, refused);
      const client = registeredClients.register(metadata, now());
      emit({ type: 'client_registered', client: clientFingerprint(client.clientId) });
      sendJson(res, 201, registrationResponse(client, metadata));
    },
  ];
}

function redirectUriError(uris: readonly string[], index: number): InvalidRedirectUriError {
  const uri = uris[index] ?? '';
  const name = nameOfRedirectUri(uris, index);
  return isClientsOwnChoice(uri)
    ? new InvalidRedirectUriError(`This server does not allow ${name}`, {
        detail: `allowedClientRedirectUris does not match ${uri}`,
      })
    : new InvalidRedirectUriError(
        `The scheme of ${name} has to be a reverse domain name such as com.example.app (RFC 8252 section 7.1)`,
        { detail: `to admit ${uri}, enter it in clients or allowedClientRedirectUris` },
      );
}
