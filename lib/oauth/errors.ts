/**
 * OAuth errors, one class per error code.
 *
 * The response contains `description`, the log also `detail` and `cause`. Errors that an attacker must not tell apart
 * have the same description.
 */
import type { AuthenticationRequest } from './user-authentication.js';

interface ErrorDetail {
  /** For the log. */
  readonly detail?: string | undefined;
  /** For the log. */
  readonly cause?: unknown;
  /** For `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
}

/** An error of the protocol. Anything else that is thrown becomes `server_error`. */
export abstract class OAuthError extends Error {
  /** The OAuth `error`. */
  abstract readonly code: string;
  /** Of the HTTP response. */
  abstract readonly status: number;
  /** `error_description`: ASCII without `"` and `\` (RFC 6749 §5.2), without secrets. */
  readonly description: string;
  /** For the log. */
  readonly detail: string | undefined;
  /** For `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(description: string, { detail, cause, retryAfterSeconds }: ErrorDetail = {}) {
    super(detail === undefined ? description : `${description} (${detail})`, { cause });
    this.name = new.target.name;
    this.description = description;
    this.detail = detail;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** RFC 6749 §5.2: a missing or repeated parameter, several credentials, or a malformed request. */
export class InvalidRequestError extends OAuthError {
  readonly code = 'invalid_request';
  readonly status: number = 400;
}

/** RFC 9110 §15.5.14: the body is too large. */
export class RequestTooLargeError extends InvalidRequestError {
  override readonly status = 413;
}

/** RFC 9110 §15.5.5. */
export class NotFoundError extends InvalidRequestError {
  override readonly status = 404;
}

/** RFC 9110 §15.5.9: the body did not arrive in time. */
export class RequestTimeoutError extends InvalidRequestError {
  override readonly status = 408;
}

/** RFC 9110 §15.5.16: the encoding of the body is not supported. */
export class UnsupportedBodyError extends InvalidRequestError {
  override readonly status = 415;
}

/** RFC 9110 §15.5.6. */
export class MethodNotAllowedError extends InvalidRequestError {
  override readonly status = 405;
}

/** RFC 6749 §5.2: client authentication failed. */
export class InvalidClientError extends OAuthError {
  readonly code = 'invalid_client';
  readonly status = 401;
}

/** RFC 6749 §5.2: the grant is invalid, expired, revoked, or was issued to another client. */
export class InvalidGrantError extends OAuthError {
  readonly code = 'invalid_grant';
  readonly status = 400;
}

/** RFC 6749 §5.2: the client may not use this grant type, or has no supported authentication method. */
export class UnauthorizedClientError extends OAuthError {
  readonly code = 'unauthorized_client';
  readonly status = 400;
}

/** RFC 6749 §5.2: the grant type is not supported. */
export class UnsupportedGrantTypeError extends OAuthError {
  readonly code = 'unsupported_grant_type';
  readonly status = 400;
}

/** RFC 6749 §5.2: the scope exceeds what was granted. */
export class InvalidScopeError extends OAuthError {
  readonly code = 'invalid_scope';
  readonly status = 400;
}

/** RFC 8707 §2: the resource is unknown or malformed. */
export class InvalidTargetError extends OAuthError {
  readonly code = 'invalid_target';
  readonly status = 400;
}

/** RFC 6749 §4.1.2.1: the response type is not supported. */
export class UnsupportedResponseTypeError extends OAuthError {
  readonly code = 'unsupported_response_type';
  readonly status = 400;
}

/** RFC 6749 §4.1.2.1: the user or the authorization server denied the request. */
export class AccessDeniedError extends OAuthError {
  readonly code = 'access_denied';
  readonly status = 403;
}

/** RFC 9470 §5: the user was not authenticated as the scopes require. */
export class UnmetAuthenticationError extends OAuthError {
  readonly code = 'unmet_authentication_requirements';
  readonly status = 403;
}

/** OpenID Connect Core §3.1.2.6: `prompt=none`, but user interaction is needed. */
export class InteractionRequiredError extends OAuthError {
  readonly code = 'interaction_required';
  readonly status = 400;
}

/** OpenID Connect Core §3.1.2.6: the `request` parameter is not supported. */
export class RequestNotSupportedError extends OAuthError {
  readonly code = 'request_not_supported';
  readonly status = 400;
}

/** OpenID Connect Core §3.1.2.6: the `request_uri` parameter is not supported. */
export class RequestUriNotSupportedError extends OAuthError {
  readonly code = 'request_uri_not_supported';
  readonly status = 400;
}

/** RFC 7591 §3.2.2: the value of one or more redirect URIs is invalid. */
export class InvalidRedirectUriError extends OAuthError {
  readonly code = 'invalid_redirect_uri';
  readonly status = 400;
}

/** RFC 7591 §3.2.2: a client metadata field is invalid. */
export class InvalidClientMetadataError extends OAuthError {
  readonly code = 'invalid_client_metadata';
  readonly status = 400;
}

/** RFC 6750 §3.1: the access token is expired, revoked, malformed or otherwise invalid. */
export class InvalidTokenError extends OAuthError {
  /** The `error` of the challenge. */
  readonly code = 'invalid_token';
  /** Of the HTTP response. */
  readonly status = 401;
}

/** RFC 6750 §3.1: the request requires more scopes than the access token has. */
export class InsufficientScopeError extends OAuthError {
  readonly code = 'insufficient_scope';
  readonly status = 403;
  /** All scopes that the request needs. */
  readonly scopes: readonly string[];
  /** How the user has to be authenticated for them. */
  readonly authentication: AuthenticationRequest | undefined;

  constructor(scopes: readonly string[], authentication?: AuthenticationRequest) {
    super('The access token does not cover this operation');
    this.scopes = scopes;
    this.authentication = authentication;
  }
}

/** RFC 6749 §4.1.2.1: overload or an outage. Nothing was redeemed; the client may retry. */
export class TemporarilyUnavailableError extends OAuthError {
  readonly code = 'temporarily_unavailable';
  readonly status = 503;
}

/** A rate limit. On this error code MCP SDKs keep their credentials. */
export class TooManyRequestsError extends OAuthError {
  readonly code = 'too_many_requests';
  readonly status = 429;
}

/** Any other failure of this server. */
export class ServerError extends OAuthError {
  readonly code = 'server_error';
  readonly status: number = 500;
}

/** In place of tokens with the same scopes: clients with MCP SDK 1 then start a login for those of the challenge. */
export class StepUpNeededError extends ServerError {
  override readonly status = 400;
}
