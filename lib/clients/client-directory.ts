/** Finds clients of all kinds by id. */
import type { PreRegisteredClient } from '../config/config.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { type Client, SECRET_METHODS } from './client.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';
import type { MetadataDocuments } from './metadata-documents/metadata-documents.js';
import type { RegisteredClients } from './registered-clients.js';

export interface ClientDirectory {
  /** Whether the id is the URL of a metadata document, and these are enabled. */
  isMetadataDocumentId(clientId: string): boolean;
  /** Fetches nothing. @throws ClientMetadataError the URL must not be fetched, or its host is not allowed */
  checkMetadataDocumentId(clientId: string): void;
  /**
   * The client, or undefined for an unknown id.
   *
   * @throws ClientMetadataError the metadata document cannot be fetched or is not valid
   */
  find(clientId: string): Promise<Client | undefined>;
  /**
   * For a client whose token request failed without credentials: that request does not need its document.
   *
   * @throws ClientMetadataError the document offers no authentication method that is supported here
   */
  requireCommonMethod(clientId: string): Promise<void>;
  /** Compared in constant time; false for a client without a secret. */
  isSecretOf(clientId: string, secret: string): boolean;
}

/**
 * @param registered undefined where registration is disabled
 * @param documents undefined where metadata documents are disabled
 */
export function createClientDirectory(
  preRegisteredClients: readonly PreRegisteredClient[],
  registered: RegisteredClients | undefined,
  documents: Pick<MetadataDocuments, 'isMetadataDocumentId' | 'check' | 'find'> | undefined,
): ClientDirectory {
  const preRegistered = new Map(preRegisteredClients.map((client) => [client.clientId, client]));

  function isMetadataDocumentId(clientId: string): boolean {
    return documents?.isMetadataDocumentId(clientId) === true && !preRegistered.has(clientId);
  }

  return {
    isMetadataDocumentId,
    checkMetadataDocumentId: (clientId) => documents?.check(clientId),
    async find(clientId) {
      const configured = preRegistered.get(clientId);
      if (configured !== undefined) return clientFrom(configured);
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
      const configured = preRegistered.get(clientId);
      if (configured === undefined) return registered?.isSecretOf(clientId, secret) === true;
      const { clientSecret } = configured;
      return (
        clientSecret !== undefined &&
        equalInConstantTime(Buffer.from(clientSecret), Buffer.from(secret))
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
    authMethods: client.clientSecret === undefined ? ['none'] : SECRET_METHODS,
    mayRefresh: true,
    verifiedHost: undefined,
    jwks: undefined,
    jwksUri: undefined,
  };
}
