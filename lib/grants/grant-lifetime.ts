/** How long a grant, its access tokens and its record live. Pure rules; times in unix seconds. */
import type { Lifetimes } from '../config/config.js';
import type { GrantRecord } from '../storage/records.js';

/** A record outlives its grant by at least this, for clock differences between instances. */
const MARGIN_SECONDS = 60;

/**
 * A record with an Auth0 refresh token outlives its grant by this, so that the token can still be revoked at Auth0: as
 * long as Auth0's default idle lifetime, after which Auth0 retires it.
 */
const REVOCABLE_SECONDS = 30 * 24 * 60 * 60;

/** When a grant expires as things stand: every refresh extends it. */
export function expiryOf(grant: GrantRecord, lifetimes: Lifetimes): number {
  const { code, client, auth0, lastUsedAt, createdAt, supersededAt } = grant;
  if (code === undefined) return grant.expiresAt ?? 0;
  if (code.redeemedAt === undefined) return code.expiresAt;
  const idleSeconds = client.mayRefresh
    ? lifetimes.refreshTokenIdleSeconds
    : lifetimes.accessTokenSeconds;
  const limits = [lastUsedAt + idleSeconds, createdAt + lifetimes.refreshTokenSeconds];
  // Without a refresh token of Auth0, nothing can be renewed after its access token.
  if (auth0?.refreshToken === undefined) limits.push(auth0?.accessTokenExpiresAt ?? 0);
  if (supersededAt !== undefined) limits.push(supersededAt + lifetimes.refreshGraceSeconds);
  return Math.min(...limits);
}

/** Lifetime of an access token issued now: it does not outlive its grant. 0 or less for an expired grant. */
export function accessTokenLifetime(grant: GrantRecord, lifetimes: Lifetimes, now: number): number {
  const remaining = expiryOf(grant, lifetimes) - now;
  return grant.code === undefined ? remaining : Math.min(lifetimes.accessTokenSeconds, remaining);
}

/** TTL of a grant's record: whole seconds, at least one. */
export function storageTtlSeconds(grant: GrantRecord, lifetimes: Lifetimes, now: number): number {
  const after = grant.auth0?.refreshToken === undefined ? MARGIN_SECONDS : REVOCABLE_SECONDS;
  return Math.max(1, expiryOf(grant, lifetimes) - now + after);
}

/** Seconds after which the record of any grant is gone. */
export function maxStorageTtlSeconds(lifetimes: Lifetimes): number {
  return lifetimes.refreshTokenSeconds + REVOCABLE_SECONDS;
}
