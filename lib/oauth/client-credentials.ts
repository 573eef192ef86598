/** Client credentials of a request: RFC 6749 §2.3.1, RFC 7521 §4.2. */
import { InvalidClientError, InvalidRequestError } from './errors.js';
import { jsonObjectIn } from './json-object.js';
import { optionalParameter, type Parameters } from './parameters.js';

/** RFC 7523 §2.2. */
export const JWT_BEARER_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** RFC 7591 §2, `token_endpoint_auth_method`. */
export type ClientAuthMethod =
  | 'none'
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt';

/** Not verified. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly method: ClientAuthMethod;
  /** The secret or the assertion; undefined for `none`. */
  readonly proof: string | undefined;
}

/**
 * @param authorization the header; schemes other than Basic are ignored, since clients may send the headers of their
 *   MCP requests here as well
 * @throws InvalidRequestError two methods at once, or two different client ids
 * @throws InvalidClientError no client id, or malformed Basic credentials
 */
export function parseClientCredentials(
  authorization: string | undefined,
  parameters: Parameters,
): ClientCredentials {
  const inBody = credentialsInBody(parameters);
  if (authorization === undefined || !isBasicScheme(authorization)) {
    if (inBody === undefined) throw new InvalidClientError('Client authentication failed');
    return inBody;
  }
  const basic = parseBasic(authorization);
  if (inBody !== undefined && (inBody.method !== 'none' || inBody.clientId !== basic.clientId)) {
    throw new InvalidRequestError('Only one method of client authentication may be used');
  }
  return basic;
}

/** RFC 6749 §2.3.1. */
export function isBasicScheme(authorization: string): boolean {
  return /^basic(?:\s|$)/i.test(authorization);
}

function credentialsInBody(parameters: Parameters): ClientCredentials | undefined {
  const clientId = optionalParameter(parameters, 'client_id');
  const secret = optionalParameter(parameters, 'client_secret');
  const assertion = optionalParameter(parameters, 'client_assertion');
  if (assertion !== undefined) {
    if (secret !== undefined) {
      throw new InvalidRequestError('Only one method of client authentication may be used');
    }
    return assertionCredentials(assertion, clientId, parameters);
  }
  if (clientId === undefined) {
    if (secret === undefined) return undefined;
    throw new InvalidClientError('Client authentication failed', {
      detail: 'a secret without client_id',
    });
  }
  return { clientId, method: secret === undefined ? 'none' : 'client_secret_post', proof: secret };
}

function assertionCredentials(
  assertion: string,
  clientId: string | undefined,
  parameters: Parameters,
): ClientCredentials {
  if (optionalParameter(parameters, 'client_assertion_type') !== JWT_BEARER_ASSERTION) {
    throw new InvalidClientError('Client authentication failed', {
      detail: 'client_assertion_type',
    });
  }
  // RFC 7521 §4.2: client_id is optional, the subject of the assertion is the client.
  const subject = clientId ?? subjectOf(assertion);
  if (subject === undefined) throw new InvalidClientError('Client authentication failed');
  return { clientId: subject, method: 'private_key_jwt', proof: assertion };
}

/** Not verified: it selects the keys to verify with. */
function subjectOf(assertion: string): string | undefined {
  const payload = Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8');
  const sub = jsonObjectIn(payload)?.['sub'];
  return typeof sub === 'string' ? sub : undefined;
}

function parseBasic(authorization: string): ClientCredentials {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization)?.[1];
  const decoded = Buffer.from(encoded ?? '', 'base64').toString('utf8');
  // RFC 7617 §2: an id has no colon, a secret may. The id of a metadata document is a URL, and has no secret.
  const colon = /^https:/i.test(decoded) ? decoded.lastIndexOf(':') : decoded.indexOf(':');
  if (colon < 1)
    throw new InvalidClientError('Client authentication failed', { detail: 'bad header' });
  return {
    clientId: formDecoded(decoded.slice(0, colon)),
    method: 'client_secret_basic',
    proof: formDecoded(decoded.slice(colon + 1)),
  };
}

/**
 * RFC 6749 §2.3.1 encodes both parts as form values; SDKs send them raw. For this server both are the same: issued
 * values are base64url, and the configuration rejects spaces, which form encoding turns into `+`, and percent signs.
 */
function formDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
