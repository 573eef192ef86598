/**
 * The schema: every kind of record the library stores, with its life and its worth to a thief.
 *
 * All of it is sealed with AES-256-GCM, and found under a keyed hash of its id: whoever copies the
 * store without the keys learns how many records there are, how they change and when they end.
 *
 * @module
 */
import type { ClientAuthMethod } from '../oauth/client-credentials.js';

/** Auth0's side of a grant. */
export interface Auth0SessionRecord {
  accessToken: string;
  /** Unix seconds. */
  accessTokenExpiresAt: number;
  refreshToken?: string;
  /** What Auth0 grants at present: `scope` plus `permissions`. */
  scopes: readonly string[];
  /** Whoever holds this refreshes at Auth0; the others wait. */
  lease?: { owner: string; until: number };
  /** After a failed attempt: not before this time (unix seconds). */
  retryAt?: number;
  /** Failed attempts in a row. */
  failures?: number;
}

/** The authorization code a grant begins with. */
export interface CodeRecord {
  /** Keyed hash of the secret half of the code, base64url. */
  tag: string;
  challenge: string;
  redirectUri: string;
  expiresAt: number;
  /** When it was first redeemed; from then on the grant lives. */
  redeemedAt?: number;
  /** The redemption attempt whose response has not been sent yet, as far as is known: random. */
  pendingAttempt?: string;
  /** Redemptions that failed on the verifier or the redirect URI. */
  failures: number;
}

/** Where a refresh token was used, and how often after it was replaced. */
export interface TokenUses {
  /** Keyed hashes of addresses, that of the first use in front; at most {@link MAX_CALLERS}. */
  callers: readonly string[];
  /** At most {@link MAX_REUSES}. */
  reuses: number;
}

/** Addresses kept of one replaced refresh token. */
export const MAX_CALLERS = 8;

/** Reuses counted of one replaced refresh token; further ones of a known address cost no write. */
export const MAX_REUSES = 32;

/**
 * Kind `grant`, id: random. One login of one person with one client, whole: everything that changes
 * together is in one record, so that every store can change it in one step.
 *
 * Life: until the code expires (60 s); once redeemed, `refreshTokenIdleTtlSeconds` from the last
 * refresh, at most `refreshTokenTtlSeconds` from the login. Where it ends by itself, the record
 * stays for 30 days more, good for nothing but giving Auth0's refresh token back.
 *
 * A thief with the keys would have Auth0's tokens for this person, and their name and e-mail.
 */
export interface GrantRecord {
  /**
   * The client as it was at login: later calls need neither its document nor its host. `authMethod`:
   * with `none` a proof is optional, until the first one.
   */
  client: {
    id: string;
    name?: string;
    authMethod: ClientAuthMethod;
    mayRefresh: boolean;
    /** It registered itself, so that its id stands for one installation; others share theirs. */
    isInstallation?: true;
  };
  subject: string;
  sid?: string;
  /** What the person consented to. */
  scopes: readonly string[];
  createdAt: number;
  lastUsedAt: number;
  /** When a later login of the same installation took its place; it ends with the grace window. */
  supersededAt?: number;
  code: CodeRecord;
  /** The newest refresh token's generation. */
  generation: number;
  /** Recent generations that were replaced, oldest first: `[generation, unix seconds, uses]`. */
  replaced: readonly (readonly [number, number, TokenUses?])[];
  auth0: Auth0SessionRecord;
  /** Claims of the ID token. */
  user: Readonly<Record<string, unknown>>;
}

/**
 * Kind `login`, id: the `state` sent to Auth0. A login between the approval and Auth0's answer.
 *
 * Life: 10 minutes; once taken, until the browser has its answer, and then as {@link SpentFormRecord}.
 * Worth little: it needs the browser's cookie and Auth0's code too.
 */
export interface LoginRecord {
  nonce: string;
  codeVerifier: string;
  browser: string;
  /** What the login is for. */
  pending: unknown;
  /** No refresh token was asked for. */
  identityOnly?: boolean;
  /** Until when the form it began with could be submitted again; unix seconds. */
  formExpiresAt?: number | undefined;
  /** When the browser was sent to Auth0; unix seconds. */
  startedAt?: number;
  /** When the answer of Auth0 arrived; unix seconds. */
  takenAt?: number;
  /** The request that took it: random. */
  takenBy?: string;
}

/**
 * Kind `login` as well, id: the `state` that the form would have had at Auth0. The form was answered.
 *
 * Life: until the form expires, 10 minutes at most.
 */
export interface SpentFormRecord {
  spent: true;
}

/**
 * Kind `approval`, id: browser, client and redirect URI. What a person allowed in this browser.
 *
 * Life: 30 days, only with `consent: 'remember'`.
 */
export interface ApprovalRecord {
  scopes: readonly string[];
}

/**
 * Kind `account`, id: a hash of the session id, which is random. Somebody who is signed in to the page
 * of their connected apps.
 *
 * Life: 15 minutes from the last use, at most an hour. Holds no token. The browser's cookie is the
 * session id with a tag that takes the signing key to make, so that a thief of the store, even with the
 * keys that seal it, is not signed in by it.
 */
export interface AccountRecord {
  subject: string;
  sid?: string;
  /** Name or e-mail address, to show. */
  name?: string;
  /** Unix seconds. */
  signedInAt: number;
  seenAt: number;
  /** The client whose access was ended last, to be confirmed once. */
  disconnected?: { name?: string };
}

/** Kind `session`, id: the session id. What express-session keeps for a browser; holds no secret. */
export type SessionRecord = Readonly<Record<string, unknown>>;

/** Kind `assertion`, id: client and `jti`. A client assertion that was used; until it expires. */
export type AssertionRecord = true;

/**
 * Kind `ended`, id: Auth0's `sid`, or `sub`. A session at Auth0 has ended; until no login that was on its
 * way then can arrive.
 */
export interface EndedSessionRecord {
  /** When Auth0 told of it; unix seconds. */
  at: number;
  /** Whose it was, where Auth0 said so. */
  subject?: string;
}

/** Kind `logout`, id: `jti`. A logout token of Auth0's that was carried out; until it expires. */
export type LogoutRecord = true;
