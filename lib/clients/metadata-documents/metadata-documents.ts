/**
 * Clients whose id is the URL of a document that describes them, CIMD
 * (draft-ietf-oauth-client-id-metadata-document-03): fetched when used, validated and cached.
 */
import type { Core } from '../../core.js';
import { MAX_CLIENT_NAME_LENGTH, MAX_REDIRECT_URIS } from '../../oauth/client-metadata.js';
import { isJsonObject, withoutEmptyMembers } from '../../oauth/json-object.js';
import { redirectUriKind } from '../../oauth/redirect-uri.js';
import type { AuthMethods, Client } from '../client.js';
import { createClientKeys, type FindClientKeys, parseKeySet } from './client-keys.js';
import { ClientMetadataError } from './client-metadata-error.js';
import { createDocumentCache, type OnLoadFailure } from './document-cache.js';
import { createDocumentFetch, type DocumentFetch, MAX_DOCUMENT_BYTES } from './document-fetch.js';

export interface MetadataDocuments {
  /** Whether a client id is a URL, so that no other kind of client needs to be tried. */
  isMetadataDocumentId(clientId: string): boolean;
  /** Validates the URL and its host; fetches nothing. @throws ClientMetadataError */
  check(clientId: string): void;
  /** @throws ClientMetadataError; `isTemporary` distinguishes an outage from an invalid client */
  find(clientId: string): Promise<Client>;
  readonly findKeys: FindClientKeys;
  /** Aborts pending fetches. */
  close(): Promise<void>;
}

export function createMetadataDocuments(core: Core): MetadataDocuments {
  const documents = createDocumentFetch(core);
  const onFailure: OnLoadFailure = (url, { reason, detail }, isCopyUsed) => {
    // Without the query, which may contain anything.
    const { host, pathname: path } = new URL(url);
    const then = isCopyUsed ? 'the last good copy is used' : 'the client is rejected';
    core.config.logger.warn(
      { host, path, reason, detail },
      `client metadata could not be used: ${then}`,
    );
  };
  const cache = createDocumentCache(
    async (clientId) => {
      const { body, header } = await documents.fetch(clientId, MAX_DOCUMENT_BYTES);
      return { value: parseClientDocument(body, clientId, documents.check), header };
    },
    onFailure,
    core.now,
  );
  const ofOptions = new Set(core.config.clients.map(({ jwksUri }) => jwksUri));
  return {
    isMetadataDocumentId: (clientId) => /^https?:/i.test(clientId),
    check: (clientId) => void documents.check(clientId),
    async find(clientId) {
      documents.check(clientId);
      return cache.find(clientId);
    },
    findKeys: createClientKeys(
      (url, maxBytes) => documents.fetch(url, maxBytes, ofOptions.has(url) ? 'options' : undefined),
      onFailure,
      core.now,
    ),
    close: documents.close,
  };
}

/**
 * The client that a document describes (§4.1 and §6; RFC 7591 §2). Unknown fields are ignored.
 *
 * @param clientId the URL it was fetched from, exactly as the client sent it
 * @param checkUrl validates `jwks_uri`
 * @throws ClientMetadataError `invalid_document`, `client_id_mismatch` or `no_common_method`
 */
export function parseClientDocument(
  document: unknown,
  clientId: string,
  checkUrl: DocumentFetch['check'],
): Client {
  if (!isJsonObject(document)) throw invalid('not a JSON object');
  const body = withoutEmptyMembers(document);
  // §4.1: simple string comparison. A host that copies or forwards documents proves nothing.
  if (body['client_id'] !== clientId) {
    throw new ClientMetadataError('client_id_mismatch', 'client_id is not the URL of the document');
  }
  for (const field of ['client_secret', 'client_secret_expires_at']) {
    // §4.1: anyone can read the document, so it must not contain a secret.
    if (Object.hasOwn(body, field)) throw invalid(`${field} must not be published`);
  }
  const keys = keysOf(body, checkUrl);
  return {
    id: clientId,
    kind: 'metadata_document',
    name: nameOf(body['client_name']),
    redirectUris: redirectUrisOf(body['redirect_uris']),
    authMethods: authMethodsOf(body, keys),
    mayRefresh: mayRefresh(body['grant_types']),
    verifiedHost: new URL(clientId).host,
    ...keys,
  };
}

function nameOf(name: unknown): string {
  if (typeof name !== 'string' || name.trim() === '') throw invalid('client_name is missing');
  if (name.length > MAX_CLIENT_NAME_LENGTH) {
    throw invalid(`client_name is longer than ${MAX_CLIENT_NAME_LENGTH} characters`);
  }
  if (/\p{Cc}/u.test(name)) throw invalid('client_name has control characters');
  return name;
}

function redirectUrisOf(uris: unknown): readonly string[] {
  if (!isStringList(uris) || uris.length === 0) {
    throw invalid('redirect_uris is not a list of at least one string');
  }
  if (uris.length > MAX_REDIRECT_URIS) throw invalid(`over ${MAX_REDIRECT_URIS} redirect_uris`);
  // A document serves every authorization server: a URI that is not accepted here does not make the client invalid.
  const usable = uris.filter((uri) => redirectUriKind(uri) !== undefined);
  if (usable.length === 0) throw invalid('none of the redirect_uris can be used');
  return usable;
}

type PublicKeys = Pick<Client, 'jwks' | 'jwksUri'>;

function keysOf(body: Record<string, unknown>, checkUrl: DocumentFetch['check']): PublicKeys {
  const { jwks, jwks_uri: jwksUri } = body;
  // RFC 7591 §2: "The 'jwks_uri' and 'jwks' parameters MUST NOT both be present".
  if (jwks !== undefined && jwksUri !== undefined) throw invalid('both jwks and jwks_uri');
  const keySet = jwks === undefined ? undefined : parseKeySet(jwks);
  if (jwksUri === undefined) return { jwks: keySet, jwksUri };
  if (typeof jwksUri !== 'string') throw invalid('jwks_uri is not a string');
  try {
    checkUrl(jwksUri);
  } catch (cause) {
    const detail = cause instanceof ClientMetadataError ? cause.detail : 'not valid';
    throw invalid(`jwks_uri: ${detail}`, cause);
  }
  return { jwks: undefined, jwksUri };
}

/** Supported for clients with a document, the strongest first. */
const SUPPORTED_METHODS = ['private_key_jwt', 'none'] as const;

/** §6: the client may use any method that both sides support; an unknown one is not an error. */
function authMethodsOf(body: Readonly<Record<string, unknown>>, keys: PublicKeys): AuthMethods {
  const offered = offeredMethods(body);
  if (offered.some((method) => method.startsWith('client_secret_'))) {
    throw invalid('an authentication method that needs a shared secret');
  }
  const hasKeys = (keys.jwks?.keys.length ?? 0) > 0 || keys.jwksUri !== undefined;
  const common = SUPPORTED_METHODS.filter((method) => offered.includes(method));
  const [first, ...others] = common.filter((method) => method === 'none' || hasKeys);
  if (first !== undefined) return [first, ...others];
  if (common.length > 0)
    throw invalid('private_key_jwt without a jwks_uri or a key in jwks that is supported');
  const detail = 'its authentication methods include neither none nor private_key_jwt';
  throw new ClientMetadataError('no_common_method', detail);
}

/** One, or several (OpenID Connect RP Metadata Choices §2). A list alone never means `none`. */
function offeredMethods(body: Readonly<Record<string, unknown>>): readonly string[] {
  const {
    token_endpoint_auth_method: single,
    token_endpoint_auth_methods_supported: several = [single ?? 'none'],
  } = body;
  if (!isStringList(several) || (single !== undefined && typeof single !== 'string')) {
    throw invalid('the authentication methods are not a string or a list of strings');
  }
  const isKnown = SUPPORTED_METHODS.some((method) => method === single);
  if (isKnown && single !== undefined && !several.includes(single)) {
    throw invalid('token_endpoint_auth_method is not in token_endpoint_auth_methods_supported');
  }
  return several;
}

function mayRefresh(grantTypes: unknown): boolean {
  if (grantTypes === undefined) return true;
  if (!isStringList(grantTypes)) throw invalid('grant_types is not a list of strings');
  if (grantTypes.length === 0) return true;
  if (!grantTypes.includes('authorization_code')) {
    throw invalid('grant_types lacks authorization_code');
  }
  return grantTypes.includes('refresh_token');
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(detail: string, cause?: unknown): ClientMetadataError {
  return new ClientMetadataError('invalid_document', detail, { cause });
}
