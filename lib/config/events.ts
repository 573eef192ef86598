/**
 * Audit events: a closed set, typed, without secrets.
 *
 * @module
 */

/** What every event may carry. Ids only: never a token, code, secret, cookie or name. */
export interface EventContext {
  /** Short fingerprint of the OAuth client's id (a registered id is long), or a URL client id. */
  readonly client?: string;
  /** As in `auth.grants`. */
  readonly grantId?: string;
  /** Auth0's `sub`. */
  readonly subject?: string;
  /** The request it belongs to: the same in its log lines and on an error page. */
  readonly correlationId?: string;
}

/** Why a grant ended. */
export type RevocationCause =
  /** The client handed a token back (RFC 7009). */
  | 'client_request'
  /** The person disconnected the client on the page of connected apps. */
  | 'person_request'
  /** `auth.grants.revoke` or `revokeAll`. */
  | 'operator'
  /** A code was used twice: one of the two is a thief. */
  | 'code_replayed'
  /** A refresh token came back long after it was replaced: the same. */
  | 'refresh_token_replayed'
  /** Auth0 refused to renew the session, or asks for a second factor. */
  | 'auth0_session_ended'
  /** Auth0 told that the session has ended. */
  | 'backchannel_logout'
  /** The person has so many logins that Auth0 would soon drop some: the least recently used go. */
  | 'auth0_limit'
  /** A later login of the same client took its place, as after a step-up: it ends with the grace window. */
  | 'superseded'
  /** It had run out by itself and was given back to Auth0 now. */
  | 'expired';

/** Something worth an audit line: `type` says what, and decides which further fields there are. */
export type Auth0McpEvent = EventContext &
  /** A client registered itself. */
  (
    | { readonly type: 'client_registered' }
    /** The person pressed Allow. */
    | { readonly type: 'consent_given' }
    /** The person pressed Deny. */
    | { readonly type: 'consent_denied' }
    /** The browser was sent to Auth0. */
    | { readonly type: 'login_started' }
    /** Auth0 sent it back, all was verified, and the client got a code. */
    | { readonly type: 'login_completed' }
    /**
     * `reason`: `denied`, `unavailable`, `misconfigured`, `invalid_response`, `unknown_login`, or an OAuth
     * error code. `tenantMessage`: why the tenant denied it, in the words of its Action or rule.
     */
    | { readonly type: 'login_failed'; readonly reason: string; readonly tenantMessage?: string }
    /** Somebody signs in to the page of connected apps, which belongs to no client. */
    | { readonly type: 'sign_in_started' }
    /** A person is signed in to the page of connected apps. */
    | { readonly type: 'signed_in' }
    /** The user was not signed in to that page. `reason` and `tenantMessage`: as of `login_failed`. */
    | { readonly type: 'sign_in_failed'; readonly reason: string; readonly tenantMessage?: string }
    /** A person signed out of the page of connected apps. */
    | { readonly type: 'signed_out' }
    /** The client has its first tokens. */
    | { readonly type: 'code_redeemed' }
    /** A code was used twice; `grant_revoked` follows. */
    | { readonly type: 'code_replayed' }
    /** The client has new tokens. */
    | { readonly type: 'tokens_refreshed' }
    /**
     * A replaced refresh token was used inside the grace window and answered: a retry, parallel refreshes,
     * or a thief. `ageSeconds`: since it was replaced. `reuses`: how often since, 32 at most. `addresses`:
     * from how many it came, its first use included, 8 at most.
     */
    | {
        readonly type: 'refresh_token_reused';
        readonly ageSeconds: number;
        readonly reuses: number;
        readonly addresses: number;
      }
    /** A refresh token came back long after it was replaced; `grant_revoked` follows. */
    | { readonly type: 'refresh_token_replayed' }
    /** Auth0's own tokens were renewed. */
    | { readonly type: 'auth0_refreshed' }
    /** A login has ended, and its tokens with it. */
    | { readonly type: 'grant_revoked'; readonly cause: RevocationCause }
    /** Auth0 told of a logout; `ended` counts the grants that ended with it. */
    | { readonly type: 'backchannel_logout'; readonly ended: number }
    /** A web page of an origin outside `allowedOrigins` called the MCP endpoint and was refused. */
    | { readonly type: 'origin_refused'; readonly origin: string }
    /** Auth0 does not answer, or answers with an error of its own. */
    | { readonly type: 'auth0_unavailable'; readonly reason: string }
    /** Something has to be repaired at Auth0; the log says what, and where. */
    | { readonly type: 'configuration_problem'; readonly reason: string }
  );

/** Receives every event, synchronously; what it throws is logged and goes no further. */
export type EventListener = (event: Auth0McpEvent) => void;

/**
 * Name of the `node:diagnostics_channel` that carries every event as well, for tools that observe a
 * process without touching its code.
 */
export const EVENT_CHANNEL = 'express-auth0-mcp';
