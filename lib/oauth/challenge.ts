/**
 * Challenges: the one place that writes `WWW-Authenticate`.
 *
 * Spec: RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1. Real parsers are narrower than the grammar
 * (requirements "WWW-Authenticate parser traps"): one challenge, one space after the scheme, every
 * value quoted, `scope` and `resource_metadata` before free text, no `name=` inside free text.
 *
 * @module
 */
import { InsufficientScopeError, type OAuthError } from './errors.js';
import { formatScope } from './scope.js';

/** What every challenge of one guard says. */
export interface ChallengeBase {
  readonly resourceMetadataUrl: string;
  /** Scopes for a client that holds none yet (RS-4). */
  readonly baselineScopes: readonly string[];
}

/** RS-1, RS-3: nothing was presented, so there is no error to name (RFC 6750 §3.1, R-RS-1). */
export function initialChallenge(base: ChallengeBase): string {
  return challenge('Bearer', {
    resource_metadata: base.resourceMetadataUrl,
    scope: formatScope(base.baselineScopes),
  });
}

/** A challenge for a token that was refused. For {@link InsufficientScopeError} it asks for its scopes. */
export function errorChallenge(base: ChallengeBase, error: OAuthError): string {
  const scopes = error instanceof InsufficientScopeError ? error.scopes : base.baselineScopes;
  return challenge('Bearer', {
    resource_metadata: base.resourceMetadataUrl,
    scope: formatScope(scopes),
    error: error.code,
    // No `name=` for a parser that looks for names anywhere.
    error_description: error.description.replaceAll('=', ' '),
  });
}

/** RFC 6749 §5.2: a client that tried the `Authorization` header is told which scheme to use. */
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
