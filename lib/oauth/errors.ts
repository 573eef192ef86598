/**
 * OAuth errors: one class per code, each under the sentence of its specification.
 *
 * Two channels: `description` goes on the wire, `detail` and `cause` go to the log only. Branches
 * an attacker can choose between share one description.
 *
 * Spec: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, RFC 8707 §2, RFC 9101 §7.
 *
 * @module
 */

/** What only the log sees. */
export interface ErrorDetail {
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  /** For `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
}

/** An error with a place in the protocol. Anything else that is thrown becomes `server_error`. */
export abstract class OAuthError extends Error {
  /** `error` of the protocol. */
  abstract readonly code: string;
  /** Of the HTTP answer. */
  abstract readonly status: number;
  /** `error_description`: plain ASCII without `"` and `\` (RFC 6749 §5.2), safe for anyone to read. */
  readonly description: string;
  /** For the log: what the wire does not say. */
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

/** RFC 6749 §5.2: missing or repeated parameter, more than one credential, otherwise malformed. */
export class InvalidRequestError extends OAuthError {
  readonly code = 'invalid_request';
  readonly status: number = 400;
}

/** RFC 9110 §15.5.14, said in OAuth's words: the body is larger than this endpoint reads. */
export class RequestTooLargeError extends InvalidRequestError {
  override readonly status = 413;
}

/** RFC 9110 §15.5.5: an address that is ours, where nothing is. */
export class NotFoundError extends InvalidRequestError {
  override readonly status = 404;
}

/** RFC 9110 §15.5.9, said in OAuth's words: the body did not come within the time it has. */
export class RequestTimeoutError extends InvalidRequestError {
  override readonly status = 408;
}

/** RFC 9110 §15.5.16, said in OAuth's words: a body in this encoding is not read. */
export class UnsupportedBodyError extends InvalidRequestError {
  override readonly status = 415;
}

/** RFC 9110 §15.5.6: the endpoint is there, this method is not. */
export class MethodNotAllowedError extends InvalidRequestError {
  override readonly status = 405;
}

/** RFC 6749 §5.2: client authentication failed: unknown client, none included, wrong secret. */
export class InvalidClientError extends OAuthError {
  readonly code = 'invalid_client';
  readonly status = 401;
}

/** RFC 6749 §5.2: the grant is invalid, expired, revoked, or was issued to another client. */
export class InvalidGrantError extends OAuthError {
  readonly code = 'invalid_grant';
  readonly status = 400;
}

/** RFC 6749 §5.2: the client may not use this grant, or no method of authentication that is known here. */
export class UnauthorizedClientError extends OAuthError {
  readonly code = 'unauthorized_client';
  readonly status = 400;
}

/** RFC 6749 §5.2: the authorization server does not know this grant type. */
export class UnsupportedGrantTypeError extends OAuthError {
  readonly code = 'unsupported_grant_type';
  readonly status = 400;
}

/** RFC 6749 §5.2: the scope exceeds what was granted. */
export class InvalidScopeError extends OAuthError {
  readonly code = 'invalid_scope';
  readonly status = 400;
}

/** RFC 8707 §2: the resource is unknown, malformed or not ours. */
export class InvalidTargetError extends OAuthError {
  readonly code = 'invalid_target';
  readonly status = 400;
}

/** RFC 6749 §4.1.2.1: this way of obtaining a code is not supported. */
export class UnsupportedResponseTypeError extends OAuthError {
  readonly code = 'unsupported_response_type';
  readonly status = 400;
}

/** RFC 6749 §4.1.2.1: the person, or the authorization server, denied the request. */
export class AccessDeniedError extends OAuthError {
  readonly code = 'access_denied';
  readonly status = 403;
}

/** OpenID Connect Core §3.1.2.6: `prompt=none`, but a page would have to be shown. */
export class InteractionRequiredError extends OAuthError {
  readonly code = 'interaction_required';
  readonly status = 400;
}

/** OpenID Connect Core §3.1.2.6: the `request` parameter is not supported. */
export class RequestNotSupportedError extends OAuthError {
  readonly code = 'request_not_supported';
  readonly status = 400;
}

/** OpenID Connect Core §3.1.2.6: the `request_uri` parameter is not supported (nor fetched). */
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

/** RFC 6750 §3.1: the access token is expired, revoked, malformed or invalid otherwise. */
export class InvalidTokenError extends OAuthError {
  /** `error` of the challenge. */
  readonly code = 'invalid_token';
  /** Of the HTTP answer. */
  readonly status = 401;
}

/** RFC 6750 §3.1: the request needs more than the access token grants. */
export class InsufficientScopeError extends OAuthError {
  readonly code = 'insufficient_scope';
  readonly status = 403;
  /** Everything the operation needs, at once (RS-14). */
  readonly scopes: readonly string[];

  constructor(scopes: readonly string[], detail?: ErrorDetail) {
    super('The access token does not cover this operation', detail);
    this.scopes = scopes;
  }
}

/** RFC 6749 §4.1.2.1: overload or an outage behind us. Nothing was consumed; try again. */
export class TemporarilyUnavailableError extends OAuthError {
  readonly code = 'temporarily_unavailable';
  readonly status = 503;
}

/** A rate limit was reached; SDKs keep their credentials on exactly this code (CLI-40 table). */
export class TooManyRequestsError extends OAuthError {
  readonly code = 'too_many_requests';
  readonly status = 429;
}

/** Something that is a fault of ours, told in fixed words. */
export class ServerError extends OAuthError {
  readonly code = 'server_error';
  readonly status = 500;
}
