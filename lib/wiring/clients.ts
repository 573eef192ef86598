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
import type { Core } from '../core.js';
import type { RateLimits } from '../http/rate-limits.js';
import { isClientsOwnChoice, redirectUriKind } from '../oauth/redirect-uri.js';
import { matchesRedirectUriPattern } from '../oauth/redirect-uri-pattern.js';
import { openCollection } from '../storage/collection.js';
import type { AssertionRecord } from '../storage/records.js';

/** What the endpoints need to know about clients. */
export interface Clients {
  readonly registered: RegisteredClients;
  readonly directory: ClientDirectory;
  readonly authenticate: AuthenticateClient;
  readonly isAllowedRedirectUri: (uri: string) => boolean;
  close(): Promise<void>;
}

export function wireClients(ground: Core, limits: Pick<RateLimits, 'count'>): Clients {
  const { config, collections, signingKeys, now, allowedNetwork } = ground;
  const patterns = config.allowedClientRedirectUris;
  const named = new Set(config.clients.flatMap(({ redirectUris }) => redirectUris));
  const isAllowedRedirectUri = (uri: string): boolean =>
    patterns === undefined
      ? isClientsOwnChoice(uri) || named.has(uri)
      : matchesRedirectUriPattern(uri, patterns);
  const documents = createMetadataDocuments({
    now,
    log: config.logger,
    isAcceptableRedirectUri: (uri) => redirectUriKind(uri) !== undefined,
    allowedHosts: config.allowedClientMetadataHosts,
    allowedNetwork,
  });
  const registered = createRegisteredClients(
    signingKeys,
    config.issuer,
    config.clientIdMetadataDocuments ? documents.check : undefined,
  );
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
      async rememberJti({ key, clientId, grantId, ttlSeconds }) {
        // The narrowest first: what one grant has too many of counts for nothing else.
        await limits.count('assertionsOfGrant', grantId);
        await limits.count('assertionsOfHost', hostOf(clientId));
        await limits.count('assertions', 'all');
        return assertions.add(key, true, ttlSeconds);
      },
    }),
    issuer: config.issuer,
    now,
  });
  return { registered, directory, authenticate, isAllowedRedirectUri, close: documents.close };
}

/** Whose assertions are counted together. */
function hostOf(clientId: string): string {
  return URL.canParse(clientId) ? `host ${new URL(clientId).hostname}` : `client ${clientId}`;
}
