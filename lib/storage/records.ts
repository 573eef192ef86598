/**
 * The schema: every kind of stored record, its lifetime, and what an attacker with the keys gets from it.
 *
 * Records are sealed with AES-256-GCM and stored under a keyed hash of their id: a copy of the store without
 * the keys shows how many records exist, how they change and when they expire.
 */
import type { ClientAuthMethod } from '../oauth/client-credentials.js';

/** An Auth0 access token for another API than that of the login, or with other scopes. */
export interface ApiTokenRecord {
  audience: string;
  /** The requested scopes, sorted; none for all that Auth0 grants. */
  scopes: readonly string[];
  accessToken: string;
  /** Unix seconds. */
  expiresAt: number;
}

/** Stored {@link ApiTokenRecord}s of one grant: its record is read at every request. */
export const MAX_API_TOKENS = 8;

/** An access token of a connected account at another provider. */
export interface ConnectionTokenRecord {
  connection: string;
  loginHint?: string;
  accessToken: string;
  /** Unix seconds. */
  expiresAt: number;
}

/** The Auth0 session of a grant. */
export interface Auth0SessionRecord {
  accessToken: string;
  /** Unix seconds. */
  accessTokenExpiresAt: number;
  refreshToken?: string;
  /** Scopes that Auth0 grants at present: `scope` plus `permissions`. */
  scopes: readonly string[];
  /** Oldest first; at most {@link MAX_API_TOKENS}. */
  apiTokens?: readonly ApiTokenRecord[];
  /** The same for connected accounts. */
  connectionTokens?: readonly ConnectionTokenRecord[];
  /** Its owner refreshes at Auth0; other processes wait. */
  lease?: { owner: string; until: number };
  /** After a failed attempt: earliest time of the next one, in unix seconds. */
  retryAt?: number;
  /** Failed attempts in a row. */
  failures?: number;
}

/** The authorization code of a grant. */
export interface CodeRecord {
  /** Keyed hash of the secret part of the code, base64url. */
  tag: string;
  challenge: string;
  redirectUri: string;
  expiresAt: number;
  /** When it was first redeemed, which activates the grant. */
  redeemedAt?: number;
  /** The redemption attempt whose response has not been sent yet, as far as is known: random. */
  pendingAttempt?: string;
  /** Redemptions that failed on the verifier or the redirect URI. */
  failures: number;
}

/** Uses of a refresh token after it was replaced. */
export interface TokenUses {
  /** Keyed hashes of addresses, that of the first use first; at most {@link MAX_CALLERS}. */
  callers: readonly string[];
  /** At most {@link MAX_REUSES}. */
  reuses: number;
}

/** Stored addresses of one replaced refresh token. */
export const MAX_CALLERS = 8;

/** Counted reuses of one replaced refresh token; further ones from a known address cause no write. */
export const MAX_REUSES = 32;

/**
 * Kind `grant`, id: random. One login of one user with one client, or one access token that was issued without a
 * login: everything that changes together is in one record, so that every store can change it atomically.
 *
 * Lifetime: until the code expires (60 s); once redeemed, `refreshTokenIdleTtlSeconds` from the last
 * refresh, at most `refreshTokenTtlSeconds` from the login. After it expires, the record is retained for 30
 * days, only to revoke Auth0's refresh token. Without a login: as long as its access token.
 *
 * An attacker with the keys has Auth0's tokens for this user, and their name and e-mail address.
 */
export interface GrantRecord {
  /**
   * The client at the time of the login: later requests need neither its document nor its host. `authMethod`
   * `none`: client authentication is optional, until the client first uses it.
   */
  client: {
    id: string;
    name?: string;
    authMethod: ClientAuthMethod;
    mayRefresh: boolean;
    /** It registered itself: its id identifies one installation. Other clients share theirs. */
    isInstallation?: true;
  };
  /** The user. Absent for a client that acts on its own behalf: no index of a user contains it. */
  subject?: string;
  sid?: string;
  /** Scopes that the user consented to, or that the client has without a user. */
  scopes: readonly string[];
  createdAt: number;
  lastUsedAt: number;
  /** When a later login of the same installation replaced it; it ends with the grace window. */
  supersededAt?: number;
  /** The last 403 for a missing scope, in unix seconds, and whether the refresh after it was rejected. */
  stepUp?: { challengedAt: number; hasRejectedRefresh?: true };
  /** Absent for a grant without a login in a browser. */
  code?: CodeRecord;
  /** Of a grant without a login in a browser: when it and its access token expire; unix seconds. */
  expiresAt?: number;
  /** Generation of the newest refresh token. */
  generation: number;
  /** Recent generations that were replaced, oldest first: `[generation, unix seconds, uses]`. */
  replaced: readonly (readonly [number, number, TokenUses?])[];
  /** Absent for a grant without a token of Auth0. */
  auth0?: Auth0SessionRecord;
  /** Claims of the ID token; empty without a user. */
  user: Readonly<Record<string, unknown>>;
  /** The identity assertion in place of a login: its issuer and its claims. */
  enterprise?: { issuer: string; claims: Readonly<Record<string, unknown>> };
}

/**
 * Kind `login`, id: the `state` sent to Auth0. A login between the approval and the callback.
 *
 * Lifetime: 10 minutes; once taken, until the browser has its response, and then as {@link SpentFormRecord}.
 * An attacker would also need the browser's cookie and Auth0's code.
 */
export interface LoginRecord {
  nonce: string;
  codeVerifier: string;
  browser: string;
  /** The request that the login is for. */
  pending: unknown;
  /** No refresh token was requested. */
  identityOnly?: boolean;
  /** When the form that began it expires; unix seconds. */
  formExpiresAt?: number | undefined;
  /** When the browser was redirected to Auth0; unix seconds. */
  startedAt?: number;
  /** When the callback took it; unix seconds. */
  takenAt?: number;
  /** The request that took it: random. */
  takenBy?: string;
}

/**
 * Kind `login` as well, id: the `state` that belongs to the form. The form was submitted.
 *
 * Lifetime: until the form expires, 10 minutes at most.
 */
export interface SpentFormRecord {
  spent: true;
}

/**
 * Kind `approval`, id: browser, client and redirect URI. Scopes that a user allowed in this browser.
 *
 * Lifetime: 30 days, only with `consent: 'remember'`.
 */
export interface ApprovalRecord {
  scopes: readonly string[];
}

/**
 * Kind `account`, id: a hash of the session id, which is random. A user who is signed in to the page
 * of connected apps.
 *
 * Lifetime: 15 minutes from the last use, at most an hour. Contains no token. The browser's cookie is the
 * session id with a tag made with the signing key, so that a copy of the store, even with the sealing keys, is
 * not enough to sign in.
 */
export interface AccountRecord {
  subject: string;
  sid?: string;
  /** Name or e-mail address, for display. */
  name?: string;
  /** Unix seconds. */
  signedInAt: number;
  seenAt: number;
  /** The client that was disconnected last, to be confirmed once. */
  disconnected?: { name?: string };
}

/** Kind `session`, id: the session id. A session of express-session; contains no secret. */
export type SessionRecord = Readonly<Record<string, unknown>>;

/** Kind `id-jag`, id: issuer and `jti`. A used identity assertion, until it expires. */
export type IdJagRecord = true;

/**
 * Kind `connection`, id: the `state` sent to Auth0. An account that a user has begun to connect.
 *
 * Lifetime: 10 minutes at most; until the callback takes it. An attacker would also need the browser's cookie and
 * Auth0's code.
 */
export interface ConnectionRecord {
  /** The secret of the browser's cookie. */
  browser: string;
  subject: string;
  grantId: string;
  connection: string;
  /** Auth0's handle of the connection. */
  authSession: string;
  codeVerifier: string;
}

/** Kind `connection-link`, id: random. A link to connect an account that was used, until it expires. */
export type UsedLinkRecord = true;

/** Kind `assertion`, id: client and `jti`. A used client assertion, until it expires. */
export type AssertionRecord = true;

/**
 * Kind `ended`, id: Auth0's `sid`, or `sub`. A session at Auth0 that has ended, for logins that were pending
 * then.
 */
export interface EndedSessionRecord {
  /** When Auth0 reported it; unix seconds. */
  at: number;
  /** Its user, if Auth0 reported it. */
  subject?: string;
}

/** Kind `logout`, id: `jti`. A processed logout token of Auth0, until it expires. */
export type LogoutRecord = true;
