/** Audit events: a closed set, typed, without secrets. */
import { channel } from 'node:diagnostics_channel';

import { type CounterName, count } from '../telemetry.js';
import type { Logger } from './logger.js';
import { currentCorrelationId } from './request-context.js';

/** Fields that every event may have. Ids only: never a token, code, secret, cookie or name. */
export interface EventContext {
  /** Short fingerprint of the OAuth client's id (a registered id is long), or a URL client id. */
  readonly client?: string;
  /** As in `auth.grants`. */
  readonly grantId?: string;
  /** Auth0's `sub`. */
  readonly subject?: string;
  /** The reference of the request, as in its log lines and on an error page. */
  readonly correlationId?: string;
}

/** Why a grant ended. */
export type RevocationCause =
  /** The client revoked a token (RFC 7009). */
  | 'client_request'
  /** The user disconnected the client on the page of connected apps. */
  | 'user_request'
  /** `auth.grants.revoke` or `revokeAll`. */
  | 'operator'
  /** A code was used twice: one of the two callers is a thief. */
  | 'code_replayed'
  /** A refresh token was used after its grace window: the same. */
  | 'refresh_token_replayed'
  /** Auth0 refused to renew the session, or requires a second factor. */
  | 'auth0_session_ended'
  /** Auth0 reported that the session has ended. */
  | 'backchannel_logout'
  /** The user has so many logins that Auth0 would soon drop some: the least recently used are revoked. */
  | 'auth0_limit'
  /** A later login of the same client replaced it, as after a step-up: it ends with the grace window. */
  | 'superseded'
  /** It had expired; its refresh token was now revoked at Auth0. */
  | 'expired';

/** Why an identity assertion (ID-JAG) was refused. */
export type AssertionRefusalReason =
  /** Not a JWT, too long, or a required claim is missing or malformed. */
  | 'malformed'
  /** `typ` is not `oauth-id-jag+jwt`. */
  | 'wrong_type'
  /** `iss` is not configured. */
  | 'unknown_issuer'
  /** No key of the issuer has signed it, or not with a permitted algorithm. */
  | 'bad_signature'
  /** `aud` is not this server's issuer alone. */
  | 'wrong_audience'
  /** `client_id` is another client. */
  | 'wrong_client'
  /** `resource` is not this server's MCP endpoint alone. */
  | 'wrong_resource'
  | 'expired'
  /** `iat` or `nbf` is in the future. */
  | 'not_yet_valid'
  /** The time from `iat` to `exp` is too long. */
  | 'lifetime_too_long'
  /** It has `cnf` or `authorization_details`, which are not supported and must not be ignored. */
  | 'unsupported_claim'
  /** The client is not configured for this issuer. */
  | 'client_not_allowed'
  /** `subject` returned no user for it, or failed. */
  | 'no_subject'
  /** It allows none of the requested scopes, or not those that are required. */
  | 'no_scope'
  | 'used_before'
  /** Auth0 has reported a logout of the user since it was issued. */
  | 'logged_out';

/** An audit event: `type` determines the further fields. */
export type Auth0McpEvent = EventContext &
  /** A client registered itself. */
  (
    | { readonly type: 'client_registered' }
    /** The user pressed Allow. */
    | { readonly type: 'consent_given' }
    /** The user pressed Deny. */
    | { readonly type: 'consent_denied' }
    /** The browser was redirected to Auth0. */
    | {
        readonly type: 'login_started';
        /** Required by `scopeAuthentication` for the scopes of this login. */
        readonly acrValues?: readonly string[];
        readonly maxAgeSeconds?: number;
      }
    /** The callback was verified, and the client received a code. */
    | { readonly type: 'login_completed' }
    /**
     * `reason`: `denied`, `unavailable`, `misconfigured`, `invalid_response`, `unknown_login`, or an OAuth
     * error code. `tenantMessage`: the reason of the tenant's Action or rule for denying it.
     */
    | { readonly type: 'login_failed'; readonly reason: string; readonly tenantMessage?: string }
    /** A sign-in to the page of connected apps, which belongs to no client, was redirected to Auth0. */
    | { readonly type: 'sign_in_started' }
    /** The user is signed in to the page of connected apps. */
    | { readonly type: 'signed_in' }
    /** The user was not signed in to that page. `reason` and `tenantMessage`: as of `login_failed`. */
    | { readonly type: 'sign_in_failed'; readonly reason: string; readonly tenantMessage?: string }
    /** The user signed out of the page of connected apps. */
    | { readonly type: 'signed_out' }
    /** The client received its first tokens. */
    | { readonly type: 'code_redeemed' }
    /**
     * A client received an access token without a login in a browser: by its credentials, or by an identity assertion of
     * `issuer`.
     */
    | {
        readonly type: 'access_token_issued';
        readonly grantType: string;
        readonly issuer?: string;
      }
    /** An identity assertion was refused. `issuer`: if it is one of the option `enterprise`. */
    | {
        readonly type: 'assertion_refused';
        readonly reason: AssertionRefusalReason;
        readonly issuer?: string;
      }
    /** A code was used twice; `grant_revoked` follows. */
    | { readonly type: 'code_replayed' }
    /** The client received new tokens. */
    | { readonly type: 'tokens_refreshed' }
    /**
     * A replaced refresh token was used inside the grace window and accepted: a retry, parallel refreshes,
     * or a thief. `ageSeconds`: since it was replaced. `reuses`: uses since then, 32 at most. `addresses`:
     * number of addresses, including that of its first use, 8 at most.
     */
    | {
        readonly type: 'refresh_token_reused';
        readonly ageSeconds: number;
        readonly reuses: number;
        readonly addresses: number;
      }
    /** A replaced refresh token was used after the grace window; `grant_revoked` follows. */
    | { readonly type: 'refresh_token_replayed' }
    /** Auth0's own tokens were renewed, or a token for another API was issued: `audience`. */
    | { readonly type: 'auth0_refreshed'; readonly audience?: string }
    /** The user connected an account at another provider. */
    | { readonly type: 'account_connected'; readonly connection: string }
    /** Connecting an account was not completed. `reason`: as of `login_failed`. */
    | {
        readonly type: 'account_connection_failed';
        readonly connection: string;
        readonly reason: string;
      }
    /** The user removed an account on the page of connected apps. */
    | { readonly type: 'account_removed'; readonly connection: string }
    /** A grant has ended, and its tokens with it. */
    | { readonly type: 'grant_revoked'; readonly cause: RevocationCause }
    /** Auth0 reported a logout; `ended` is the number of grants that ended with it. */
    | { readonly type: 'backchannel_logout'; readonly ended: number }
    /** A web page of an origin outside `allowedOrigins` called the MCP endpoint and was rejected. */
    | { readonly type: 'origin_refused'; readonly origin: string }
    /** Auth0 does not respond, or responds with a server error. */
    | { readonly type: 'auth0_unavailable'; readonly reason: string }
    /** A setting at Auth0 has to be corrected; the log says which. */
    | { readonly type: 'configuration_problem'; readonly reason: string }
  );

/** Receives every event, synchronously; what it throws is logged and goes no further. */
export type EventListener = (event: Auth0McpEvent) => void;

/**
 * Name of the `node:diagnostics_channel` that carries every event as well, for tools that observe a
 * process without touching its code.
 */
export const EVENT_CHANNEL = 'express-auth0-mcp';

/** Sends events to the listener, and to subscribers of the channel. An error of the listener is logged. */
export function createEmitter(
  listener: EventListener | undefined,
  log: Pick<Logger, 'error'>,
): EventListener {
  const events = channel(EVENT_CHANNEL);
  return function emit(event) {
    countLogin(event);
    if (listener === undefined && !events.hasSubscribers) return;
    const id = currentCorrelationId();
    const complete = Object.freeze(id === undefined ? event : { ...event, correlationId: id });
    if (events.hasSubscribers) events.publish(complete);
    try {
      listener?.(complete);
    } catch (error) {
      log.error({ event: event.type, error: String(error) }, 'onEvent threw');
    }
  };
}

const COUNTERS: ReadonlyMap<Auth0McpEvent['type'], CounterName> = new Map([
  ['login_started', 'auth0_mcp.logins.started'],
  ['sign_in_started', 'auth0_mcp.logins.started'],
  ['login_completed', 'auth0_mcp.logins'],
  ['login_failed', 'auth0_mcp.logins'],
  ['signed_in', 'auth0_mcp.sign_ins'],
  ['sign_in_failed', 'auth0_mcp.sign_ins'],
]);

function countLogin(event: Auth0McpEvent): void {
  const counter = COUNTERS.get(event.type);
  if (counter !== undefined) count(counter, 'reason' in event ? event.reason : undefined);
}
