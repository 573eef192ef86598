/** The interface to Auth0: upstream login, refresh, revocation and back-channel logout. */
import type { Request, Response } from 'express';

import { deepFreeze } from '../config/deep-freeze.js';
import type { AuthenticationRequest } from '../oauth/user-authentication.js';
import { displayName } from '../pages/untrusted-text.js';
import { shareInstances } from '../process-wide.js';

/** Auth0's tokens of one login. They never leave the server. */
export interface Auth0Tokens {
  readonly accessToken: string;
  /** Unix seconds. */
  readonly accessTokenExpiresAt: number;
  /** Undefined without offline access. */
  readonly refreshToken: string | undefined;
}

/** A verified login. */
export interface Auth0Login {
  /** `sub` of the access token, the same as of the ID token. */
  readonly subject: string;
  /** Auth0's browser session, for back-channel logout. */
  readonly sid: string | undefined;
  /** When the browser was redirected to Auth0; unix seconds. Undefined for a login of an earlier version. */
  readonly startedAt?: number | undefined;
  /** Claims of the access token: `iss`, `aud`, `scope`, `permissions` … */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Claims of the ID token: `name`, `email` …; empty for a third-party application, which receives none. */
  readonly user: Readonly<Record<string, unknown>>;
  /** `scope` of token response and access token, and `permissions` (RBAC), without duplicates. */
  readonly scopes: readonly string[];
  readonly tokens: Auth0Tokens;
}

/** The verified result of a refresh, or what Auth0 grants to an application without a user. */
export interface Auth0Authorization {
  readonly tokens: Auth0Tokens;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}

/** The API that a token is for, and its scopes. Never take them from a client: they decide where the user's rights go. */
export interface Auth0TokenRequest {
  /** Identifier of the API at Auth0, exactly. Default: the option `audience`. */
  readonly audience?: string | undefined;
  /**
   * The scopes that the token must have; as a string, with spaces between them. Default: all that Auth0 grants for this
   * API.
   */
  readonly scope?: string | readonly string[] | undefined;
}

/** An API of the tenant, and scopes there. */
export interface ApiRequest {
  /** Its identifier. */
  readonly audience: string;
  /** Sorted; none for all that Auth0 grants. */
  readonly scopes: readonly string[];
}

/** A verified access token for another API. */
export interface ApiToken {
  readonly accessToken: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly subject: string;
  readonly scopes: readonly string[];
}

/** The response to a request by refresh token. */
export interface Auth0Refresh<Result> {
  /** Replaces the one that was sent, for all APIs; undefined without rotation. */
  readonly refreshToken: string | undefined;
  /** The result, or why it cannot be used: its refresh token is the new one nevertheless. */
  readonly result: Result | Auth0ApiAccessError | Auth0Error;
}

/** A verified back-channel logout. At least one of `subject` and `sid` is set. */
export interface Auth0Logout {
  readonly subject: string | undefined;
  /** One browser session; undefined for all sessions of the user. */
  readonly sid: string | undefined;
  /** `jti`: unique per logout. */
  readonly id: string;
  /** Unix seconds. */
  readonly issuedAt: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** State of a login between the redirect to Auth0 and the callback. */
export interface LoginTransaction {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Identifies the browser that started the login; only it may complete the login. */
  readonly browser: string;
  /** Data of the caller, such as the client's authorization request; JSON. */
  readonly pending: unknown;
  /** As in {@link LoginStart}. */
  readonly identityOnly?: boolean;
  /** As in {@link LoginStart}. */
  readonly formExpiresAt?: number | undefined;
}

/** Stores transactions by `state`: for 10 minutes, taken once. */
export interface LoginTransactions {
  /** @returns false if the state exists: its form was submitted before */
  add(state: string, transaction: LoginTransaction): Promise<boolean>;
  /** The login of a state that no callback has taken. */
  findPending(state: string): Promise<LoginTransaction | undefined>;
  /**
   * Takes a login once, for its own browser only; a call for another browser has no effect. A login that was taken
   * and not finished is returned once more after a while with `wasInterrupted`: it can be restarted, not completed.
   */
  take(state: string, browser: string): Promise<TakenTransaction | undefined>;
  /**
   * Deletes a login that was taken. Its state remains marked as used until `formExpiresAt`. Does not reject.
   */
  finish(state: string, formExpiresAt?: number): Promise<void>;
}

export type TakenTransaction = LoginTransaction & {
  readonly wasInterrupted?: boolean;
  /** When it was added; unix seconds. */
  readonly startedAt?: number;
};

/** A login to start. */
export interface LoginStart {
  /** As in {@link LoginTransaction}. */
  readonly browser: string;
  /** 43 base64url characters with at least 128 random bits. Default: a random value. */
  readonly state?: string | undefined;
  /** When the submitted form expires; unix seconds. */
  readonly formExpiresAt?: number | undefined;
  readonly pending: unknown;
  /** API scopes to request, in addition to `openid profile email offline_access`. */
  readonly scopes: readonly string[];
  /** Allow-listed parameters of the client's request (`login_hint`, `ui_locales`). */
  readonly hints: Readonly<Record<string, string>>;
  /** Identifies the user only, without offline access. */
  readonly identityOnly?: boolean;
  /** How the user has to be authenticated. Sent only: the caller checks the ID token. */
  readonly authentication?: AuthenticationRequest | undefined;
}

/** A verified login, with the data of {@link LoginStart}. */
export interface LoginResult {
  readonly login: Auth0Login;
  readonly pending: unknown;
}

export type Auth0ErrorKind =
  /** No such login in this browser: expired, used, or of another browser. Nothing was changed. */
  | 'unknown_login'
  /** The process that handled the callback has died: restart the login, the Auth0 session exists. */
  | 'interrupted'
  /** The user, or a rule or Action of the tenant, denied the login. */
  | 'denied'
  /** The Auth0 session has ended: the user has to log in again. */
  | 'session_ended'
  /** Auth0 cannot be reached or has failed: retry later. */
  | 'unavailable'
  /** The tenant or the options are misconfigured; see `remedy`. */
  | 'misconfigured'
  /** A response does not verify. */
  | 'invalid_response'
  /** Id or secret of a client that is an application of the tenant are wrong. */
  | 'invalid_client';

/** `message` and `remedy` are for the log, never for a response. */
export class Auth0Error extends Error {
  override readonly name = 'Auth0Error';
  readonly code = 'ERR_AUTH0';
  readonly kind: Auth0ErrorKind;
  /** What to change in the Auth0 dashboard or in the options. */
  readonly remedy: string | undefined;
  /** For `unavailable`. */
  readonly retryAfterSeconds: number | undefined;
  /** Of {@link LoginStart}, once the callback is known to belong to that login. */
  readonly pending: unknown;
  /**
   * For `denied`: the tenant's reason, written for the user. Untrusted text without control characters, truncated.
   * Set only if the response belongs to a login of this browser.
   */
  readonly tenantMessage: string | undefined;

  constructor(
    kind: Auth0ErrorKind,
    message: string,
    extra: {
      remedy?: string | undefined;
      retryAfterSeconds?: number | undefined;
      pending?: unknown;
      tenantMessage?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: extra.cause });
    this.kind = kind;
    this.remedy = extra.remedy;
    this.retryAfterSeconds = extra.retryAfterSeconds;
    this.pending = extra.pending;
    this.tenantMessage = extra.tenantMessage;
  }
}

/**
 * Auth0 issues no token for this API, or none with these scopes, because the tenant does not allow it. A new login does
 * not help: `remedy` says what to change in the Auth0 dashboard.
 */
export class Auth0ApiAccessError extends Error {
  /** For code that cannot use `instanceof`. */
  override readonly name = 'Auth0ApiAccessError';
  /** Stable error code, as in Node. */
  readonly code = 'ERR_AUTH0_MCP_API_ACCESS';
  /** The requested API. */
  readonly audience: string;
  /** Requested scopes that Auth0 did not grant; empty if it issued no token for the API at all. */
  readonly missingScopes: readonly string[];
  /** The setting to change in the Auth0 dashboard. */
  readonly remedy: string;

  constructor(
    { audience }: Pick<ApiRequest, 'audience'>,
    reason: string,
    remedy: string,
    extra: { missingScopes?: readonly string[]; cause?: unknown } = {},
  ) {
    super(`Auth0 issued no token for ${plainText(audience)}: ${reason}. ${remedy}`, {
      cause: extra.cause,
    });
    this.audience = audience;
    this.missingScopes = deepFreeze([...(extra.missingScopes ?? [])]);
    this.remedy = remedy;
  }
}
shareInstances(Auth0ApiAccessError, 'Auth0ApiAccessError');

/** Longest text of Auth0 in a log message. */
const MAX_LOG_CHARACTERS = 200;

/** Longest reason for a denial that is shown to the user. */
const MAX_MESSAGE_CHARACTERS = 300;

/** Untrusted text for the log: printable ASCII, truncated; `''` for anything but a string. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.slice(0, MAX_LOG_CHARACTERS).replaceAll(/[^\x20-\x7e]/g, ' ');
}

/** An `error_description` for the user, in any language: without control and bidi characters, truncated. */
export function messageToUser(description: unknown): string | undefined {
  return typeof description === 'string'
    ? displayName(description, MAX_MESSAGE_CHARACTERS)
    : undefined;
}

export interface Auth0 {
  /** Fetches discovery and signing keys, and checks client id, callback URL and audience. @throws Auth0Error */
  ready(): Promise<void>;
  /**
   * Redirects to Auth0. If it rejects, nothing was sent.
   *
   * @returns undefined, or without sending a response if the state was used before: the location of that login,
   *   unless a callback has taken it
   */
  startLogin(
    req: Request,
    res: Response,
    start: LoginStart,
  ): Promise<undefined | { readonly location: string | undefined }>;
  /**
   * Verifies the callback and redeems its code. Errors of the transactions are thrown unchanged; then the login was
   * not taken.
   *
   * @throws Auth0Error with `pending` set, except for `unknown_login`
   */
  finishLogin(req: Request, res: Response, browser: string): Promise<LoginResult>;
  /**
   * One refresh token request, sent at most once, within the time limit. The caller stores the refresh token, whatever
   * the result, and compares `claims.sub` with the user of the grant.
   *
   * @throws Auth0Error `session_ended`, `unavailable`, `misconfigured`
   */
  refresh(refreshToken: string): Promise<Auth0Refresh<Auth0Authorization>>;
  /**
   * The same for an access token of another API, or with other scopes. The caller compares `subject`.
   *
   * @throws Auth0ApiAccessError the refresh token was not used up
   * @throws Auth0Error `session_ended`, also if Auth0 requires a new login for this API; `unavailable`, `misconfigured`
   */
  refreshFor(refreshToken: string, api: ApiRequest): Promise<Auth0Refresh<ApiToken>>;
  /**
   * An access token for another application of the tenant, without a user (RFC 6749 §4.4).
   *
   * @throws Auth0Error `invalid_client`, `denied`, `unavailable`, `misconfigured`, `invalid_response`
   */
  authenticateApplication(clientId: string, clientSecret: string): Promise<Auth0Authorization>;
  /** Revokes a refresh token (RFC 7009). @throws Auth0Error */
  revoke(refreshToken: string): Promise<void>;
  /** Verifies a back-channel logout token. @throws Auth0Error `invalid_response`, `unavailable` */
  verifyLogout(token: string): Promise<Auth0Logout>;
}
