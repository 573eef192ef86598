/**
 * Why a client metadata document, or the keys it points to, could not be used.
 *
 * @module
 */

/** The step that failed. */
export type ClientMetadataFailure =
  /** The client id is no URL a metadata document may have. Nothing was fetched. */
  | 'invalid_url'
  /** The host is outside `allowedHosts`. Nothing was fetched. */
  | 'host_not_allowed'
  /** The host has no address on the public internet. Nothing was connected to. */
  | 'forbidden_address'
  /** No such host, connection refused or broken, certificate not trusted. */
  | 'unreachable'
  | 'timeout'
  /** Anything but 200, redirects included. */
  | 'bad_status'
  | 'bad_content_type'
  /** Compressed although `identity` was asked for. */
  | 'bad_content_encoding'
  | 'too_large'
  /** Not JSON, a field missing or wrong, a shared secret or private key in it. */
  | 'invalid_document'
  | 'client_id_mismatch'
  /** The client authenticates in no way that is supported here. */
  | 'no_common_method'
  /** Too many fetches, from one host or at once. */
  | 'rate_limited';

const UNAVAILABLE = 'The metadata of this client cannot be fetched at the moment.';

/**
 * What may be told to whoever sent the client id. Failures that depend on our network share one
 * sentence, so that nobody can use us to learn which internal names exist.
 */
const PUBLIC_MESSAGE: Readonly<Record<ClientMetadataFailure, string>> = {
  invalid_url: 'The client_id is a URL, but not one a client metadata document may have.',
  host_not_allowed: 'Clients of this host are not accepted here.',
  forbidden_address: UNAVAILABLE,
  unreachable: UNAVAILABLE,
  timeout: UNAVAILABLE,
  bad_status: 'The host of this client did not answer with a metadata document.',
  bad_content_type: 'The metadata of this client is not served as JSON.',
  bad_content_encoding: 'The metadata of this client is served compressed.',
  too_large: 'The metadata of this client is too large.',
  invalid_document: 'The metadata document of this client is not valid.',
  client_id_mismatch: 'The metadata document belongs to another client_id.',
  no_common_method: 'This client authenticates in no way that is supported here.',
  rate_limited: UNAVAILABLE,
};

/** Failures that the same request may not meet a little later. */
const TEMPORARY: ReadonlySet<ClientMetadataFailure> = new Set([
  'forbidden_address', // told apart from `unreachable` in the log only, for the reason above
  'unreachable',
  'timeout',
  'rate_limited',
] satisfies ClientMetadataFailure[]);

/** A client's metadata could not be had. `message` may be shown to anybody. */
export class ClientMetadataError extends Error {
  override readonly name = 'ClientMetadataError';
  readonly code = 'ERR_CLIENT_METADATA';
  readonly reason: ClientMetadataFailure;
  /** What exactly was wrong, for the log. Never holds content of an answer. */
  readonly detail: string;
  /** Whether trying again later may help: answer 503 rather than "invalid client". */
  readonly isTemporary: boolean;

  constructor(
    reason: ClientMetadataFailure,
    detail: string,
    extra: { isTemporary?: boolean; cause?: unknown } = {},
  ) {
    super(PUBLIC_MESSAGE[reason], { cause: extra.cause });
    this.reason = reason;
    this.detail = detail;
    this.isTemporary = extra.isTemporary ?? TEMPORARY.has(reason);
  }
}
