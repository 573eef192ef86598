/**
 * Client metadata of a registration (RFC 7591 §2), reduced to the supported fields.
 *
 * Unknown fields are ignored and unsupported values replaced, as RFC 7591 §2 and §3.2.1 allow; the response contains
 * the registered values. No URL in the metadata is fetched here.
 */
import type { ClientAuthMethod } from './client-credentials.js';
import { InvalidClientMetadataError, InvalidRedirectUriError } from './errors.js';
import { isJsonObject, withoutEmptyMembers } from './json-object.js';
import { redirectUriKind } from './redirect-uri.js';

/** `token_endpoint_auth_method`; their order is part of the format of client ids. */
export const AUTH_METHODS: readonly ClientAuthMethod[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
];

export interface ClientMetadata {
  readonly redirectUris: readonly string[];
  readonly clientName: string | undefined;
  readonly authMethod: ClientAuthMethod;
  /** With `private_key_jwt` one of the two, not validated yet. */
  readonly jwks?: unknown;
  readonly jwksUri?: string | undefined;
  /** Whether `grant_types` contains `refresh_token` or is missing. */
  readonly mayRefresh: boolean;
  /** OpenID Connect Dynamic Client Registration §2. */
  readonly applicationType: 'native' | 'web';
}

/** Known clients register up to four. */
export const MAX_REDIRECT_URIS = 20;
export const MAX_CLIENT_NAME_LENGTH = 200;

/**
 * @throws InvalidRedirectUriError an entry of `redirect_uris` must not be used, or there is none
 * @throws InvalidClientMetadataError any other field has the wrong form
 */
export function parseClientMetadata(body: unknown): ClientMetadata {
  if (!isJsonObject(body)) throw new InvalidClientMetadataError('The body must be a JSON object');
  const fields = new Map<string, unknown>(Object.entries(withoutEmptyMembers(body)));
  if (fields.has('software_statement')) {
    throw new InvalidClientMetadataError('Software statements are not supported');
  }
  const method = authMethod(fields.get('token_endpoint_auth_method'));
  const uris = redirectUris(fields.get('redirect_uris'));
  return {
    redirectUris: uris,
    clientName: clientName(fields.get('client_name')),
    authMethod: method,
    ...keys(method, fields.get('jwks'), fields.get('jwks_uri')),
    mayRefresh: mayRefresh(fields.get('grant_types'), fields.get('response_types')),
    applicationType: applicationType(fields.get('application_type'), uris),
  };
}

/** A value that the redirect URIs contradict is replaced: Cursor registers `web` with an app scheme. */
function applicationType(value: unknown, uris: readonly string[]): 'native' | 'web' {
  // RFC 8252 §7.2: a native app may also have https URIs.
  const isWeb = value !== 'native' && uris.every((uri) => redirectUriKind(uri) === 'https');
  return isWeb ? 'web' : 'native';
}

function redirectUris(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidRedirectUriError('redirect_uris must be a list with at least one URI');
  }
  if (value.length > MAX_REDIRECT_URIS) {
    throw new InvalidRedirectUriError(
      `redirect_uris must have at most ${MAX_REDIRECT_URIS} entries`,
    );
  }
  const wrong = value.findIndex(
    (uri) => typeof uri !== 'string' || redirectUriKind(uri) === undefined,
  );
  if (wrong >= 0) {
    throw new InvalidRedirectUriError(
      `${nameOfRedirectUri(value, wrong)} must be https, http on a loopback host, or of an app scheme, without fragment, wildcard or credentials`,
    );
  }
  return [...new Set<string>(value)];
}

/** Longest part of a redirect URI in an error description, in characters. */
const MAX_NAMED_LENGTH = 200;

/**
 * An entry of `redirect_uris` in an `error_description`: its position, and the URI without credentials and query, in the
 * characters of RFC 6749 §5.2.
 */
export function nameOfRedirectUri(uris: readonly unknown[], index: number): string {
  const position = `redirect_uris[${index}]`;
  const uri = uris[index];
  if (typeof uri !== 'string') return `${position}, which is not text,`;
  const plain = uri.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//');
  const named = plain.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, '_').slice(0, MAX_NAMED_LENGTH);
  return `${position} (${named})`;
}

function clientName(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > MAX_CLIENT_NAME_LENGTH) {
    throw new InvalidClientMetadataError(
      `client_name must be text of at most ${MAX_CLIENT_NAME_LENGTH} characters`,
    );
  }
  return value;
}

/** The default is `none`, since clients without a method, such as VS Code, are public. */
function authMethod(value: unknown): ClientAuthMethod {
  if (value === undefined) return 'none';
  const method = AUTH_METHODS.find((known) => known === value);
  if (method !== undefined) return method;
  throw new InvalidClientMetadataError(
    `token_endpoint_auth_method must be one of ${AUTH_METHODS.join(', ')}`,
  );
}

/** RFC 7591 §2: `jwks` and `jwks_uri` are mutually exclusive. */
function keys(
  method: ClientAuthMethod,
  jwks: unknown,
  jwksUri: unknown,
): Pick<ClientMetadata, 'jwks' | 'jwksUri'> {
  if (method !== 'private_key_jwt') return { jwks: undefined, jwksUri: undefined };
  if (jwks !== undefined && jwksUri === undefined) return { jwks, jwksUri: undefined };
  if (jwks === undefined && typeof jwksUri === 'string') return { jwks: undefined, jwksUri };
  throw new InvalidClientMetadataError('private_key_jwt needs jwks, or else jwks_uri');
}

/**
 * RFC 7591 §2 defaults `grant_types` to the authorization code grant, but clients that omit it use refresh tokens.
 */
function mayRefresh(grantTypes: unknown, responseTypes: unknown): boolean {
  const grants = stringList(grantTypes, 'grant_types') ?? ['authorization_code', 'refresh_token'];
  const responses = stringList(responseTypes, 'response_types') ?? ['code'];
  if (!grants.includes('authorization_code') || !responses.includes('code')) {
    throw new InvalidClientMetadataError(
      'Only the grant type authorization_code with the response type code is supported',
    );
  }
  return grants.includes('refresh_token');
}

function stringList(value: unknown, field: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((one): one is string => typeof one === 'string')) {
    throw new InvalidClientMetadataError(`${field} must be a list of text`);
  }
  return value.length === 0 ? undefined : value;
}
