/**
 * Puts the clients' room together.
 *
 * @module
 */

import { createClientAssertions } from '../clients/client-assertion.js';
import {
  type AuthenticateClient,
  createClientAuthentication,
} from '../clients/client-authentication.js';
import { type ClientDirectory, createClientDirectory } from '../clients/client-directory.js';
import { createMetadataDocuments } from '../clients/metadata-documents/metadata-documents.js';
import { createRegisteredClients, type RegisteredClients } from '../clients/registered-clients.js';
import { redirectUriKind } from '../oauth/redirect-uri.js';
import { matchesRedirectUriPattern } from '../oauth/redirect-uri-pattern.js';
import { openCollection } from '../storage/collection.js';
import type { AssertionRecord } from '../storage/records.js';
import type { Ground } from './ground.js';

/** What the endpoints need to know about clients. */
export interface Clients {
  readonly registered: RegisteredClients;
  readonly directory: ClientDirectory;
  readonly authenticate: AuthenticateClient;
  readonly isAllowedRedirectUri: (uri: string) => boolean;
  close(): Promise<void>;
}

export function wireClients(ground: Ground): Clients {
  const { config, collections, signingKeys, now, allowedNetwork } = ground;
  const patterns = config.allowedClientRedirectUris;
  const isAllowedRedirectUri = (uri: string): boolean =>
    patterns === undefined || matchesRedirectUriPattern(uri, patterns);
  const documents = createMetadataDocuments({
    now,
    log: config.logger,
    isAcceptableRedirectUri: (uri) => redirectUriKind(uri) !== undefined,
    allowedHosts: config.allowedClientMetadataHosts,
    allowedNetwork,
  });
  const registered = createRegisteredClients(signingKeys, config.issuer);
  const directory = createClientDirectory({
    preRegistered: config.clients,
    registered: config.clientRegistration ? registered : undefined,
    documents: config.clientIdMetadataDocuments ? documents : undefined,
  });
  const assertions = openCollection<AssertionRecord>(collections, 'assertion');
  const authenticate = createClientAuthentication({
    clients: directory,
    verifyAssertion: createClientAssertions({
      clientKeys: documents.clientKeys,
      rememberJti: (jti, ttlSeconds) => assertions.add(jti, true, ttlSeconds),
    }),
    audiences: [config.issuer, `${config.baseUrl}/token`],
    now,
  });
  return { registered, directory, authenticate, isAllowedRedirectUri, close: documents.close };
}
