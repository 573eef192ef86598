/**
 * Step-up for clients with MCP SDK 1. After a 403 `insufficient_scope` they refresh, get the same scopes, and give up. A
 * refresh that fails with `server_error` makes them log in for the scopes of the challenge instead, with their tokens
 * kept. Other clients do not refresh a token that has just been issued.
 */
import type { GrantRecord } from '../storage/records.js';
import type { AccessTokenClaims } from './access-token.js';

/** The challenge stays valid for this long: between the 403 and the refresh the client fetches two metadata documents at most. */
const WINDOW_SECONDS = 10;

/** Clients refresh this early without any challenge. */
const EARLY_REFRESH_SECONDS = 300;

/**
 * mcp-remote, which must keep its refresh. After a failed one, 0.1 opens a login for the scopes of its first one and
 * loses the code; 0.15 logs in for the scopes of the challenge without a refresh.
 */
const MCP_REMOTE_NAME = 'MCP CLI Proxy';

/** Whether a refresh of the token cannot be due to its age. */
export function isFresh(
  { issuedAt, expiresAt }: Pick<AccessTokenClaims, 'issuedAt' | 'expiresAt'>,
  now: number,
): boolean {
  return expiresAt - now > Math.min(EARLY_REFRESH_SECONDS, (expiresAt - issuedAt) / 2);
}

/** @returns undefined if a challenge is noted: parallel ones start one login, and clients cannot loop */
export function withChallenge(grant: GrantRecord, now: number): GrantRecord | undefined {
  if (grant.client.name === MCP_REMOTE_NAME || isRecent(grant, now)) return undefined;
  return { ...grant, stepUp: { challengedAt: now } };
}

/** @returns undefined if the grant has no recent challenge, or a refresh after it was rejected already */
export function withRejectedRefresh(grant: GrantRecord, now: number): GrantRecord | undefined {
  const { stepUp } = grant;
  if (stepUp === undefined || stepUp.hasRejectedRefresh || !isRecent(grant, now)) return undefined;
  return { ...grant, stepUp: { ...stepUp, hasRejectedRefresh: true } };
}

function isRecent({ stepUp }: GrantRecord, now: number): boolean {
  return stepUp !== undefined && Math.abs(now - stepUp.challengedAt) <= WINDOW_SECONDS;
}
