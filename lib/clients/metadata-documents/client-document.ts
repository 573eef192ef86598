/**
 * From the JSON a client publishes about itself to a {@link Client}, or a refusal.
 *
 * Spec: draft-ietf-oauth-client-id-metadata-document-03 §4.1 and §6 (contents), RFC 7591 §2 (fields). Fields we
 * do not know are left alone; wire names stop here.
 *
 * @module
 */
import { MAX_CLIENT_NAME_LENGTH, MAX_REDIRECT_URIS } from '../../oauth/client-metadata.js';
import { isJsonObject, withoutEmptyMembers } from '../../oauth/json-object.js';
import type { AuthMethods, Client } from '../client.js';
import { type ClientKeySet, parseKeySet } from './client-keys.js';
import { ClientMetadataError } from './client-metadata-error.js';

/** What the document's rules need from outside. */
export interface ClientDocumentRules {
  /** Whether a redirect URI may be used at all. */
  readonly isAcceptableRedirectUri: (uri: string) => boolean;
  /** Judges `jwks_uri`. @throws ClientMetadataError */
  readonly checkUrl: (url: string) => URL;
}

/**
 * The client that a document describes.
 *
 * @param clientId the URL it was fetched from, as the client sent it
 * @throws ClientMetadataError `invalid_document`, `client_id_mismatch` or `no_common_method`
 */
export function parseClientDocument(
  document: unknown,
  clientId: string,
  rules: ClientDocumentRules,
): Client {
  if (!isJsonObject(document)) throw invalid('not a JSON object');
  const body = withoutEmptyMembers(document);
  // §4.1: simple string comparison. A host that copies or forwards documents proves nothing.
  if (body['client_id'] !== clientId) {
    throw new ClientMetadataError('client_id_mismatch', 'client_id is not the URL of the document');
  }
  refuseSecrets(body);
  const keys = keysOf(body, rules);
  return {
    id: clientId,
    kind: 'metadata_document',
    name: nameOf(body['client_name']),
    redirectUris: redirectUrisOf(body['redirect_uris'], rules),
    authMethods: authMethodsOf(body, keys),
    mayRefresh: mayRefresh(body['grant_types']),
    verifiedHost: new URL(clientId).host,
    ...keys,
  };
}

function refuseSecrets(body: Record<string, unknown>): void {
  for (const field of ['client_secret', 'client_secret_expires_at']) {
    // §4.1: anybody can read the document, so what stands in it is no secret.
    if (Object.hasOwn(body, field)) throw invalid(`${field} must not be published`);
  }
}

function nameOf(name: unknown): string {
  if (typeof name !== 'string' || name.trim() === '') throw invalid('client_name is missing');
  if (name.length > MAX_CLIENT_NAME_LENGTH) {
    throw invalid(`client_name is longer than ${MAX_CLIENT_NAME_LENGTH} characters`);
  }
  if (/\p{Cc}/u.test(name)) throw invalid('client_name has control characters');
  return name;
}

function redirectUrisOf(uris: unknown, rules: ClientDocumentRules): readonly string[] {
  if (!isStringList(uris) || uris.length === 0) {
    throw invalid('redirect_uris is not a list of at least one string');
  }
  if (uris.length > MAX_REDIRECT_URIS) throw invalid(`over ${MAX_REDIRECT_URIS} redirect_uris`);
  // A document serves every authorization server there is: one URI we would never redirect to is
  // no reason to lock out a client that uses another.
  const usable = uris.filter(rules.isAcceptableRedirectUri);
  if (usable.length === 0) throw invalid('none of the redirect_uris can be used');
  return usable;
}

type ClientKeys = Pick<Client, 'jwks' | 'jwksUri'>;

function keysOf(body: Record<string, unknown>, rules: ClientDocumentRules): ClientKeys {
  const { jwks, jwks_uri: jwksUri } = body;
  // RFC 7591 §2: "The 'jwks_uri' and 'jwks' parameters MUST NOT both be present".
  if (jwks !== undefined && jwksUri !== undefined) throw invalid('both jwks and jwks_uri');
  const keySet: ClientKeySet | undefined = jwks === undefined ? undefined : parseKeySet(jwks);
  if (jwksUri === undefined) return { jwks: keySet, jwksUri };
  if (typeof jwksUri !== 'string') throw invalid('jwks_uri is not a string');
  try {
    rules.checkUrl(jwksUri);
  } catch (cause) {
    const detail = cause instanceof ClientMetadataError ? cause.detail : 'not valid';
    throw invalid(`jwks_uri: ${detail}`, cause);
  }
  return { jwks: undefined, jwksUri };
}

/** What such a client may do here, the strongest first. */
const SUPPORTED_METHODS = ['private_key_jwt', 'none'] as const;

/** §6: the client may use any method that both sides know; one that we do not know is no error. */
function authMethodsOf(body: Readonly<Record<string, unknown>>, keys: ClientKeys): AuthMethods {
  const offered = offeredMethods(body);
  if (offered.some((method) => method.startsWith('client_secret_'))) {
    throw invalid('a method of authentication that needs a shared secret');
  }
  const hasKeys = (keys.jwks?.keys.length ?? 0) > 0 || keys.jwksUri !== undefined;
  const common = SUPPORTED_METHODS.filter((method) => offered.includes(method));
  const [first, ...others] = common.filter((method) => method === 'none' || hasKeys);
  if (first !== undefined) return [first, ...others];
  if (common.length > 0)
    throw invalid('private_key_jwt without a jwks_uri or a key in jwks that is supported');
  const detail = 'its methods of authentication are neither none nor private_key_jwt';
  throw new ClientMetadataError('no_common_method', detail);
}

/** One, or several (OpenID Connect RP Metadata Choices §2). A list alone never means `none`. */
function offeredMethods(body: Readonly<Record<string, unknown>>): readonly string[] {
  const {
    token_endpoint_auth_method: single,
    token_endpoint_auth_methods_supported: several = [single ?? 'none'],
  } = body;
  if (!isStringList(several) || (single !== undefined && typeof single !== 'string')) {
    throw invalid('the methods of authentication are no text, or no list of text');
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
