/**
 * How long a grant lives: pure rules over its record.
 *
 * @module
 */
import type { Lifetimes } from '../config/config.js';
import type { GrantRecord } from '../storage/records.js';

/** Kept this long past an access token's end, so that clock differences between instances fit in. */
const MARGIN_SECONDS = 60;

/**
 * The end nothing can move, in unix seconds: our absolute limit, and where Auth0 gave no refresh
 * token the end of its access token, since nothing can be renewed after that.
 */
function absoluteEnd({ createdAt, auth0 }: GrantRecord, lifetimes: Lifetimes): number {
  const limit = createdAt + lifetimes.refreshTokenSeconds;
  return auth0.refreshToken === undefined ? Math.min(limit, auth0.accessTokenExpiresAt) : limit;
}

/** The end as things are, in unix seconds: moves on with every refresh. */
export function currentEnd(grant: GrantRecord, lifetimes: Lifetimes): number {
  if (grant.code.redeemedAt === undefined) return grant.code.expiresAt;
  const idleEnd = grant.client.mayRefresh
    ? grant.lastUsedAt + lifetimes.refreshTokenIdleSeconds
    : grant.lastUsedAt + lifetimes.accessTokenSeconds;
  const end = Math.min(idleEnd, absoluteEnd(grant, lifetimes));
  const { supersededAt } = grant;
  return supersededAt === undefined
    ? end
    : Math.min(end, supersededAt + lifetimes.refreshGraceSeconds);
}

/**
 * Seconds an access token made now may live: not beyond its grant, without which it is worth
 * nothing. 0 or less when the grant has come to its end.
 */
export function accessTokenLifetime(grant: GrantRecord, lifetimes: Lifetimes, now: number): number {
  return Math.min(lifetimes.accessTokenSeconds, currentEnd(grant, lifetimes) - now);
}

/**
 * Seconds a record outlives its grant where there is a refresh token to give back to Auth0: as long
 * as Auth0 itself lets one lie idle by default, for then it has retired it by itself.
 */
const RETIREMENT_SECONDS = 30 * 24 * 60 * 60;

/** For the store: whole seconds, at least one. */
export function storageTtlSeconds(grant: GrantRecord, lifetimes: Lifetimes, now: number): number {
  const after = grant.auth0.refreshToken === undefined ? MARGIN_SECONDS : RETIREMENT_SECONDS;
  return Math.max(1, currentEnd(grant, lifetimes) - now + after);
}

/** Seconds within which the record of any grant is gone. */
export function longestLifeSeconds(lifetimes: Lifetimes): number {
  return lifetimes.refreshTokenSeconds + RETIREMENT_SECONDS;
}
