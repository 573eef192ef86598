/**
 * Audit events: a closed set, typed, without secrets.
 *
 * @module
 */

/** What every event may carry. Ids only: never a token, code, secret, cookie or name. */
export interface EventContext {
  /** Short fingerprint of the OAuth client's id (a registered id is long), or a URL client id. */
  readonly client?: string;
  readonly grantId?: string;
  readonly subject?: string;
  /** The reference shown to the person on an error page. */
  readonly correlationId?: string;
}

/** Why a grant ended. */
export type RevocationCause =
  | 'client_request'
  | 'operator'
  | 'code_replayed'
  | 'refresh_token_replayed'
  | 'auth0_session_ended'
  | 'backchannel_logout';

/** Something worth an audit line. */
export type Auth0McpEvent = EventContext &
  (
    | { readonly type: 'client_registered' }
    | { readonly type: 'consent_given' }
    | { readonly type: 'consent_denied' }
    | { readonly type: 'login_started' }
    | { readonly type: 'login_completed' }
    | { readonly type: 'login_failed'; readonly reason: string }
    | { readonly type: 'code_redeemed' }
    | { readonly type: 'code_replayed' }
    | { readonly type: 'tokens_refreshed' }
    | { readonly type: 'refresh_token_replayed' }
    | { readonly type: 'grant_revoked'; readonly cause: RevocationCause }
    | { readonly type: 'auth0_unavailable'; readonly reason: string }
    | { readonly type: 'configuration_problem'; readonly reason: string }
  );

/** Receives every event, synchronously; what it throws is logged and goes no further. */
export type EventListener = (event: Auth0McpEvent) => void;
