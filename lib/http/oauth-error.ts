/**
 * From anything thrown to an OAuth error: the one place that knows every room's errors.
 *
 * @module
 */
import { Auth0Error } from '../auth0/auth0.js';
import { ClientMetadataError } from '../clients/metadata-documents/client-metadata-error.js';
import {
  AccessDeniedError,
  InvalidClientError,
  InvalidGrantError,
  InvalidRequestError,
  OAuthError,
  ServerError,
  TemporarilyUnavailableError,
  UnauthorizedClientError,
} from '../oauth/errors.js';
import { StorageUnavailableError } from '../storage/storage.js';

/** When to come back after an outage of which we know no end, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** What to answer. The cause stays attached for the log; none of its text goes on the wire. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof Auth0Error) return fromAuth0(error);
  if (error instanceof StorageUnavailableError) return unavailable(error, RETRY_AFTER_SECONDS);
  if (error instanceof ClientMetadataError) {
    if (error.isTemporary) return unavailable(error, RETRY_AFTER_SECONDS);
    const Refusal =
      error.reason === 'no_common_method' ? UnauthorizedClientError : InvalidClientError;
    return new Refusal(withoutQuotes(error.message), { detail: error.detail, cause: error });
  }
  if (isMalformedUrl(error))
    return new InvalidRequestError('The URL is malformed', { cause: error });
  return new ServerError('Something went wrong on our side', { cause: error });
}

function fromAuth0(error: Auth0Error): OAuthError {
  const detail = error.remedy;
  switch (error.kind) {
    case 'unavailable':
      return unavailable(error, error.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
    case 'denied':
      return new AccessDeniedError(denial(error.tenantMessage), { detail, cause: error });
    case 'session_ended':
      return new InvalidGrantError('The login has ended', { detail, cause: error });
    case 'unknown_login':
    case 'interrupted':
      return new InvalidRequestError('There is no such login', { cause: error });
    case 'misconfigured':
    case 'invalid_response':
      return new ServerError('The login service is not set up correctly', { detail, cause: error });
  }
}

/** The tenant's reason for a denial, if this error is one; untrusted text. */
export function tenantMessageOf({ cause }: OAuthError): string | undefined {
  return cause instanceof Auth0Error ? cause.tenantMessage : undefined;
}

/**
 * RFC 6749 §4.1.2.1 allows %x20-21 / %x23-5B / %x5D-7E in a description: accents are left out, and what
 * has no letters left in that set is not passed on.
 */
function denial(tenantMessage = ''): string {
  const reason = withoutQuotes(
    tenantMessage
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/ß/g, 'ss')
      .replace(/[\u2018-\u201f\u00ab\u00bb]/g, "'")
      .replace(/[\u2010-\u2015]/g, '-')
      .replace(/[^\x20-\x7e]/gu, '?'),
  );
  return /[a-z]/i.test(reason) ? `The login was denied: ${reason}` : 'The login was denied';
}

function unavailable(cause: unknown, retryAfterSeconds: number): TemporarilyUnavailableError {
  return new TemporarilyUnavailableError(
    'The service cannot be reached at the moment, try again later',
    {
      retryAfterSeconds,
      cause,
    },
  );
}

/** Express throws `URIError` with status 400 for a path it cannot decode. */
function isMalformedUrl(error: unknown): boolean {
  return error instanceof URIError;
}

/** RFC 6749 §5.2: no quotes in `error_description`. */
function withoutQuotes(text: string): string {
  return text.replace(/["\\]/g, "'");
}
