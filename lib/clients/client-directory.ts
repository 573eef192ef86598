/**
 * Every client there is, whichever way it became known.
 *
 * @module
 */
import type { PreRegisteredClient } from '../config/config.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { BY_SECRET, type Client } from './client.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';
import type { MetadataDocuments } from './metadata-documents/metadata-documents.js';
import type { RegisteredClients } from './registered-clients.js';

/** Finds clients and recognises their secrets. */
export interface ClientDirectory {
  /** Whether the id is the URL of a metadata document, and those are switched on. */
  isMetadataDocumentId(clientId: string): boolean;
  /** Fetches nothing. @throws ClientMetadataError the URL may not be fetched, or its host is not allowed */
  checkMetadataDocumentId(clientId: string): void;
  /**
   * The client, or undefined for an id nobody here made.
   *
   * @throws ClientMetadataError the metadata document cannot be had or is not valid
   */
  find(clientId: string): Promise<Client | undefined>;
  /**
   * For a client that failed at the token endpoint without a proof, which does not need its document.
   *
   * @throws ClientMetadataError the document offers no method of authentication that is supported here
   */
  requireCommonMethod(clientId: string): Promise<void>;
  /** Compared in constant time; false for a client that has no secret. */
  isSecretOf(clientId: string, secret: string): boolean;
}

interface ClientDirectoryDeps {
  readonly preRegistered: readonly PreRegisteredClient[];
  /** Undefined: switched off, so that nobody is registered. */
  readonly registered: RegisteredClients | undefined;
  /** Undefined: switched off. */
  readonly documents:
    | Pick<MetadataDocuments, 'isMetadataDocumentId' | 'check' | 'find'>
    | undefined;
}

export function createClientDirectory(deps: ClientDirectoryDeps): ClientDirectory {
  const { registered, documents } = deps;
  const preRegistered = new Map(deps.preRegistered.map((client) => [client.clientId, client]));

  function isMetadataDocumentId(clientId: string): boolean {
    return documents?.isMetadataDocumentId(clientId) === true && !preRegistered.has(clientId);
  }

  return {
    isMetadataDocumentId,
    checkMetadataDocumentId: (clientId) => documents?.check(clientId),
    async find(clientId) {
      const byHand = preRegistered.get(clientId);
      if (byHand !== undefined) return clientFrom(byHand);
      if (isMetadataDocumentId(clientId)) return documents?.find(clientId);
      return registered?.find(clientId);
    },
    async requireCommonMethod(clientId) {
      if (documents === undefined || !isMetadataDocumentId(clientId)) return;
      await documents.find(clientId).catch((error: unknown) => {
        const isKnown = error instanceof ClientMetadataError;
        if (isKnown && error.reason === 'no_common_method') throw error;
      });
    },
    isSecretOf(clientId, secret) {
      const byHand = preRegistered.get(clientId);
      if (byHand === undefined) return registered?.isSecretOf(clientId, secret) === true;
      const expected = byHand.clientSecret;
      return (
        expected !== undefined && equalInConstantTime(Buffer.from(expected), Buffer.from(secret))
      );
    },
  };
}

function clientFrom(client: PreRegisteredClient): Client {
  return {
    id: client.clientId,
    kind: 'preregistered',
    name: client.name,
    redirectUris: client.redirectUris,
    authMethods: client.clientSecret === undefined ? ['none'] : BY_SECRET,
    mayRefresh: true,
    verifiedHost: undefined,
    jwks: undefined,
    jwksUri: undefined,
  };
}
