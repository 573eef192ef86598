/** Finds clients of all kinds by id. */
import type { PreRegisteredClient } from '../config/config.js';
import { wrongOption } from '../config/errors.js';
import { equalInConstantTime } from '../keys/key-ring.js';
import { type Client, SECRET_METHODS } from './client.js';
import { type ClientKeySet, parseKeySet } from './metadata-documents/client-keys.js';
import { ClientMetadataError } from './metadata-documents/client-metadata-error.js';
import { parseDocumentUrl } from './metadata-documents/document-url.js';
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
  const secrets = new Map(
    preRegisteredClients.map(({ clientId, clientSecret }) => [clientId, clientSecret]),
  );
  const preRegistered = new Map(
    preRegisteredClients.map((client, at) => [
      client.clientId,
      clientFrom(client, `clients[${at}]`),
    ]),
  );

  function isMetadataDocumentId(clientId: string): boolean {
    return documents?.isMetadataDocumentId(clientId) === true && !preRegistered.has(clientId);
  }

  return {
    isMetadataDocumentId,
    checkMetadataDocumentId: (clientId) => documents?.check(clientId),
    async find(clientId) {
      const configured = preRegistered.get(clientId);
      if (configured !== undefined) return configured;
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
      if (!secrets.has(clientId)) return registered?.isSecretOf(clientId, secret) === true;
      const clientSecret = secrets.get(clientId);
      return (
        clientSecret !== undefined &&
        equalInConstantTime(Buffer.from(clientSecret), Buffer.from(secret))
      );
    },
  };
}

/** @param place in the options. @throws Auth0McpConfigError keys, or a URL of them, that cannot be used */
function clientFrom(client: PreRegisteredClient, place: string): Client {
  const { clientSecret, jwks, jwksUri, isAuth0Application } = client;
  const hasKeys = jwks !== undefined || jwksUri !== undefined;
  const hasSecret = clientSecret !== undefined || isAuth0Application;
  return {
    id: client.clientId,
    kind: 'preregistered',
    name: client.name,
    redirectUris: client.redirectUris,
    authMethods: hasKeys ? ['private_key_jwt'] : hasSecret ? SECRET_METHODS : ['none'],
    mayRefresh: true,
    verifiedHost: undefined,
    jwks: jwks === undefined ? undefined : usableKeys(jwks, `${place}.jwks`),
    jwksUri: jwksUri === undefined ? undefined : usableUrl(jwksUri, `${place}.jwksUri`),
    isAuth0Application,
  };
}

function usableUrl(jwksUri: string, place: string): string {
  try {
    parseDocumentUrl(jwksUri, { allowedHosts: undefined, allowedAddresses: [] });
    return jwksUri;
  } catch (error) {
    if (!(error instanceof ClientMetadataError)) throw error;
    throw wrongOption(place, jwksUri, `It cannot be fetched: ${error.detail}.`);
  }
}

function usableKeys(jwks: unknown, place: string): ClientKeySet {
  try {
    const keySet = parseKeySet(jwks);
    if (keySet.keys.length > 0) return keySet;
  } catch (error) {
    if (!(error instanceof ClientMetadataError)) throw error;
    throw wrongOption(place, jwks, `It cannot be used: ${error.detail}.`);
  }
  const remedy =
    'It has no key for signatures that is supported: RSA of 2048 to 4096 bits, EC P-256 or OKP Ed25519.';
  throw wrongOption(place, jwks, remedy);
}
