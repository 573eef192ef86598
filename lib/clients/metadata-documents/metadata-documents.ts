/**
 * Clients that are known by a URL: the client id is where its description can be read (CIMD).
 *
 * Spec: draft-ietf-oauth-client-id-metadata-document-03; MCP authorization 2025-11-25 and later.
 * Flow: authorize request → find → URL rules → cache → fetch → document rules → Client.
 *
 * @module
 */
import type { Logger } from '../../config/logger.js';
import type { Client } from '../client.js';
import { type ClientDocumentRules, parseClientDocument } from './client-document.js';
import { createClientKeys, type FindClientKeys } from './client-keys.js';
import { createDocumentCache, type OnLoadFailure } from './document-cache.js';
import {
  createDocumentFetch,
  type DocumentFetchDeps,
  MAX_DOCUMENT_BYTES,
} from './document-fetch.js';

/** What metadata documents need from the rest of the library. */
export interface MetadataDocumentsDeps
  extends DocumentFetchDeps,
    Pick<ClientDocumentRules, 'isAcceptableRedirectUri'> {
  readonly log: Logger;
}

/** Finds clients by the URL of their metadata document. */
export interface MetadataDocuments {
  /** Whether a client id is meant as a URL, so that no other kind of client has to be tried. */
  isMetadataDocumentId(clientId: string): boolean;
  /** Judges the URL and its host; fetches nothing. @throws ClientMetadataError */
  check(clientId: string): void;
  /** @throws ClientMetadataError; `isTemporary` tells an outage from a client that is not valid */
  find(clientId: string): Promise<Client>;
  /** The keys of a `private_key_jwt` client. */
  readonly clientKeys: FindClientKeys;
  /** Aborts fetches under way. */
  close(): Promise<void>;
}

/** Metadata documents, fetched on demand and cached. */
export function createMetadataDocuments(deps: MetadataDocumentsDeps): MetadataDocuments {
  const { now, isAcceptableRedirectUri } = deps;
  const documents = createDocumentFetch(deps);
  const rules = { isAcceptableRedirectUri, checkUrl: documents.check };
  const onFailure = failureLog(deps.log);
  const cache = createDocumentCache<Client>({
    now,
    onFailure,
    async load(clientId) {
      const { body, caching } = await documents.fetch(clientId, MAX_DOCUMENT_BYTES);
      return { value: parseClientDocument(body, clientId, rules), caching };
    },
  });
  return {
    isMetadataDocumentId: (clientId) => /^https?:/i.test(clientId),
    check: (clientId) => void documents.check(clientId),
    async find(clientId) {
      documents.check(clientId);
      return cache.find(clientId);
    },
    clientKeys: createClientKeys(documents, now, onFailure),
    close: documents.close,
  };
}

function failureLog(log: Logger): OnLoadFailure {
  return (url, { reason, detail }, isCopyUsed) => {
    // Without the query, which may hold anything.
    const { host, pathname: path } = new URL(url);
    const then = isCopyUsed ? 'the last good copy is used' : 'the client is refused';
    log.warn({ host, path, reason, detail }, `client metadata could not be used: ${then}`);
  };
}
