/**
 * Auth0 as the rest of the library sees it: send a browser there, get a verified login back,
 * keep its tokens alive, give them back.
 *
 * @module
 */
import type { Request, Response } from 'express';

/** Auth0's tokens for one login. They never leave the server. */
export interface Auth0Tokens {
  readonly accessToken: string;
  /** Unix seconds. */
  readonly accessTokenExpiresAt: number;
  /** Undefined where the tenant grants no offline access. */
  readonly refreshToken: string | undefined;
}

/** What Auth0 vouched for, verified: signature, `iss`, `aud`, nonce, times. */
export interface Auth0Login {
  /** `sub` of the access token, the same as of the ID token. */
  readonly subject: string;
  /** Auth0's browser session, for back-channel logout. */
  readonly sid: string | undefined;
  /** When the browser was sent to Auth0; unix seconds. Undefined where that was not kept. */
  readonly startedAt?: number | undefined;
  /** Claims of the access token: `iss`, `aud`, `scope`, `permissions` … */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Claims of the ID token: `name`, `email` …; empty for a third-party application, which gets none. */
  readonly user: Readonly<Record<string, unknown>>;
  /** `scope` of the token response and the access token, plus `permissions` (RBAC), no duplicates. */
  readonly scopes: readonly string[];
  readonly tokens: Auth0Tokens;
}

/** What a refresh at Auth0 brought. */
export interface Auth0Refresh {
  readonly tokens: Auth0Tokens;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}

/** Whom Auth0 has logged out, verified. At least one of `subject` and `sid` is there. */
export interface Auth0Logout {
  readonly subject: string | undefined;
  /** One browser session; without it all of the person's. */
  readonly sid: string | undefined;
  /** `jti`: unique for this logout. */
  readonly id: string;
  /** When Auth0 told of it; unix seconds. */
  readonly issuedAt: number;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** What is remembered between the redirect to Auth0 and its callback. */
export interface LoginTransaction {
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Names the browser that approved; only that browser may bring the answer (PX-20). */
  readonly browser: string;
  /** The caller's own data, e.g. the client's authorization request; JSON. */
  readonly pending: unknown;
  /** As in {@link LoginStart}. */
  readonly identityOnly?: boolean;
  /** As in {@link LoginStart}. */
  readonly formExpiresAt?: number | undefined;
}

/** Keeps transactions under their `state`: 10 minutes, taken once. */
export interface LoginTransactions {
  /** @returns false where that state was used before: the form it comes from was answered already */
  add(state: string, transaction: LoginTransaction): Promise<boolean>;
  /** The login of that state, as long as no callback has taken it. */
  waiting(state: string): Promise<LoginTransaction | undefined>;
  /**
   * Of parallel callers one gets it, and only for the browser it is bound to: another one changes
   * nothing. One that was taken and never finished comes back after a while, as `wasInterrupted`:
   * good for beginning the login anew, not for finishing it.
   */
  take(state: string, browser: string): Promise<TakenTransaction | undefined>;
  /**
   * The browser has its answer: forgets what was taken, except that the form has been answered, as long as
   * it could be submitted again. Does not reject.
   */
  finish(state: string, formExpiresAt?: number): Promise<void>;
}

/** A transaction in hand. */
export type TakenTransaction = LoginTransaction & {
  readonly wasInterrupted?: boolean;
  /** When it was added; unix seconds. */
  readonly startedAt?: number;
};

/** One login on its way to Auth0. */
export interface LoginStart {
  /** As in {@link LoginTransaction}. */
  readonly browser: string;
  /** 43 characters of base64url, at least 128 bits of them random. Default: a random one. */
  readonly state?: string | undefined;
  /** Until when the form that was answered could be submitted again; unix seconds. */
  readonly formExpiresAt?: number | undefined;
  readonly pending: unknown;
  /** API scopes to ask Auth0 for, besides `openid profile email offline_access`. */
  readonly scopes: readonly string[];
  /** Allow-listed parameters of the client's request to pass on (`login_hint`, `ui_locales`). */
  readonly hints: Readonly<Record<string, string>>;
  /** Asks who the person is and nothing more: no offline access, so that Auth0 keeps nothing of it. */
  readonly identityOnly?: boolean;
}

/** A verified login with the caller's data from {@link LoginStart}. */
export interface LoginResult {
  readonly login: Auth0Login;
  readonly pending: unknown;
}

/** Why Auth0 did not give what was asked. */
export type Auth0ErrorKind =
  /** No such login in this browser: expired, used, or somebody else's. Nothing was changed. */
  | 'unknown_login'
  /** The process that had this login in hand died over it: begin anew, Auth0 knows the person. */
  | 'interrupted'
  /** The person, or a rule of the tenant, said no. */
  | 'denied'
  /** The session at Auth0 is over: a new browser login is needed. */
  | 'session_ended'
  /** Auth0 cannot be reached, is overloaded or broken: try again later, nothing is lost. */
  | 'unavailable'
  /** The tenant or our options are set up wrongly; `remedy` says what to change. */
  | 'misconfigured'
  /** Auth0 (or somebody in between) sent something that does not verify. */
  | 'invalid_response';

/** A failure on the Auth0 leg. `message` and `remedy` are for the log, never for the wire. */
export class Auth0Error extends Error {
  override readonly name = 'Auth0Error';
  readonly code = 'ERR_AUTH0';
  readonly kind: Auth0ErrorKind;
  /** What to change in the Auth0 dashboard or in the options. */
  readonly remedy: string | undefined;
  /** For `unavailable`: when to try again, in seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** The caller's data, once the answer is known to belong to that login. */
  readonly pending: unknown;
  /**
   * For `denied`: the tenant's reason in its own words, which are meant for the user. Untrusted text
   * without control characters, cut. Only in a response that belongs to a login of this browser.
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

/** The upstream identity provider. */
export interface Auth0 {
  /**
   * Fetches discovery and signing keys, and asks Auth0 whether it knows our client id, callback URL
   * and audience; rejects with an {@link Auth0Error} that names the remedy.
   */
  ready(): Promise<void>;
  /**
   * Answers with the redirect to Auth0. Rejects before anything is sent if that cannot be.
   *
   * @returns something where a login of this state was begun before, and nothing was sent: where that login
   *   goes on, as long as it waits at Auth0
   */
  startLogin(
    req: Request,
    res: Response,
    start: LoginStart,
  ): Promise<undefined | { readonly location: string | undefined }>;
  /**
   * Verifies Auth0's answer on the callback and fetches its tokens. What the transactions
   * themselves throw passes through as it is: then nothing was taken.
   *
   * @param browser the browser that brings the answer
   * @throws Auth0Error with `pending` set in every case but `unknown_login`
   */
  finishLogin(req: Request, res: Response, browser: string): Promise<LoginResult>;
  /**
   * One refresh-token grant at Auth0, sent at most once and answered within the time limit. The
   * caller compares `claims.sub` with the person the grant is for.
   *
   * @throws Auth0Error `session_ended`, `unavailable`, `misconfigured`, `invalid_response`
   */
  refresh(refreshToken: string): Promise<Auth0Refresh>;
  /** Gives a refresh token back to Auth0 (RFC 7009). @throws Auth0Error */
  revoke(refreshToken: string): Promise<void>;
  /** Checks a back-channel logout token. @throws Auth0Error `invalid_response`, `unavailable` */
  verifyLogout(token: string): Promise<Auth0Logout>;
}
