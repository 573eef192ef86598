/** Why a client metadata document, or the keys it points to, could not be used. */

type ClientMetadataFailure =
  /** Not a URL of a metadata document. Nothing was fetched. */
  | 'invalid_url'
  /** The host is not in `allowedClientMetadataHosts`. Nothing was fetched. */
  | 'host_not_allowed'
  /** The host has no public address. No connection was made. */
  | 'forbidden_address'
  /** No such host, connection refused or broken, certificate not trusted. */
  | 'unreachable'
  | 'timeout'
  /** Anything but 200, redirects included. */
  | 'bad_status'
  | 'bad_content_type'
  /** Compressed although `identity` was requested. */
  | 'bad_content_encoding'
  | 'too_large'
  /** Not JSON, a field missing or wrong, a shared secret or private key in it. */
  | 'invalid_document'
  | 'client_id_mismatch'
  /** No authentication method of the client is supported here. */
  | 'no_common_method'
  /** Too many fetches, from one host, for one caller, or at once. */
  | 'rate_limited';

const UNAVAILABLE = 'The metadata of this client cannot be fetched at the moment';

/**
 * What the sender of the client id may read. Failures that depend on this server's network share one sentence, which
 * does not reveal which internal names exist.
 */
const PUBLIC_MESSAGE: Readonly<Record<ClientMetadataFailure, string>> = {
  invalid_url: 'The client_id is a URL, but not one a client metadata document may have',
  host_not_allowed: 'Clients of this host are not accepted here',
  forbidden_address: UNAVAILABLE,
  unreachable: UNAVAILABLE,
  timeout: UNAVAILABLE,
  bad_status: 'The host of this client did not respond with a metadata document',
  bad_content_type: 'The metadata of this client is not served as JSON',
  bad_content_encoding: 'The metadata of this client is served compressed',
  too_large: 'The metadata of this client is too large',
  invalid_document: 'The metadata document of this client is not valid',
  client_id_mismatch: 'The metadata document belongs to another client_id',
  no_common_method: 'No authentication method of this client is supported here',
  rate_limited: UNAVAILABLE,
};

/** Failures that the same request may not meet a little later. */
const TEMPORARY: ReadonlySet<ClientMetadataFailure> = new Set<ClientMetadataFailure>([
  'forbidden_address', // differs from `unreachable` in the log only, for the reason above
  'unreachable',
  'timeout',
  'rate_limited',
]);

/** A client's metadata cannot be used. `message` is public. */
export class ClientMetadataError extends Error {
  override readonly name = 'ClientMetadataError';
  readonly code = 'ERR_CLIENT_METADATA';
  readonly reason: ClientMetadataFailure;
  /** The exact reason, for the log. Contains nothing of a response. */
  readonly detail: string;
  /** Whether a later attempt can succeed: respond with 503 rather than "invalid client". */
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
