/**
 * `WWW-Authenticate` challenges: RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1.
 *
 * Parsers of known clients accept less than the grammar: one challenge, one space after the scheme, all values quoted,
 * `scope` and `resource_metadata` before free text, no `name=` in free text.
 */
import { InsufficientScopeError, type OAuthError } from './errors.js';
import { formatScope } from './scope.js';

export interface ChallengeBase {
  readonly resourceMetadataUrl: string;
  /** Scopes of a first login. */
  readonly baselineScopes: readonly string[];
}

/** For a request without a token; it has no error (RFC 6750 §3.1). */
export function initialChallenge(base: ChallengeBase): string {
  return challenge('Bearer', {
    resource_metadata: base.resourceMetadataUrl,
    scope: formatScope(base.baselineScopes),
  });
}

/** For a rejected token. */
export function errorChallenge(base: ChallengeBase, error: OAuthError): string {
  const isInsufficient = error instanceof InsufficientScopeError;
  const { acrValues = [], maxAgeSeconds = '' } = (isInsufficient && error.authentication) || {};
  return challenge('Bearer', {
    resource_metadata: base.resourceMetadataUrl,
    scope: formatScope(isInsufficient ? error.scopes : base.baselineScopes),
    // RFC 9470 §3
    acr_values: acrValues.join(' '),
    max_age: String(maxAgeSeconds),
    error: error.code,
    // No `name=` in free text.
    error_description: error.description.replaceAll('=', ' '),
  });
}

/** RFC 6749 §5.2: for a client that used the `Authorization` header. */
export function basicChallenge(issuer: string): string {
  return challenge('Basic', { realm: issuer });
}

function challenge(scheme: string, parameters: Readonly<Record<string, string>>): string {
  const written = Object.entries(parameters).filter(([, value]) => value !== '');
  return `${scheme} ${written.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}`;
}

/** RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E: no quote, no backslash, no control character. */
function quoted(value: string): string {
  return `"${value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, ' ')}"`;
}
