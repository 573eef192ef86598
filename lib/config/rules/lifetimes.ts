/**
 * How long tokens live.
 *
 * @module
 */
import type { Lifetimes } from '../config.js';
import { wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';
import { wholeNumberOf } from '../values.js';

const DAY = 24 * 60 * 60;

/**
 * An hour is the most the MCP specification calls short-lived (AS-19). Clients refresh a minute before the
 * end (CLI-44), so a token of a minute would be refreshed at once; a day is what Auth0 gives.
 */
const ACCESS_TOKEN = { min: 61, max: DAY, fallback: 3600 } as const;

/** Ten years: whoever writes more has written milliseconds. */
const MAX_REFRESH = 3650 * DAY;
/** Auth0's own default for a refresh token nobody uses. */
const REFRESH_IDLE = { min: 1, max: MAX_REFRESH, fallback: 30 * DAY } as const;
/** Auth0's own limit for one login. */
const REFRESH = { min: 1, max: MAX_REFRESH, fallback: 365 * DAY } as const;
/** Bursts of parallel refreshes were measured at up to 76 s in production. */
const REFRESH_GRACE = { min: 0, max: 3600, fallback: 120 } as const;

/** @throws Auth0McpConfigError */
export function resolveLifetimes(raw: RawOptions): Lifetimes {
  const refreshTokenSeconds = wholeNumberOf(raw, 'refreshTokenTtlSeconds', REFRESH);
  return {
    accessTokenSeconds: wholeNumberOf(raw, 'accessTokenTtlSeconds', ACCESS_TOKEN),
    refreshTokenIdleSeconds: idleSeconds(raw, refreshTokenSeconds),
    refreshTokenSeconds,
    refreshGraceSeconds: wholeNumberOf(raw, 'refreshTokenGraceSeconds', REFRESH_GRACE),
  };
}

function idleSeconds(raw: RawOptions, absoluteSeconds: number): number {
  const idle = wholeNumberOf(raw, 'refreshTokenIdleTtlSeconds', REFRESH_IDLE);
  if (idle <= absoluteSeconds) return idle;
  // Nobody wrote it: a short absolute lifetime alone is clear enough.
  if (raw.refreshTokenIdleTtlSeconds === undefined) return absoluteSeconds;
  const remedy = `It cannot exceed refreshTokenTtlSeconds, which is ${absoluteSeconds}.`;
  throw wrongOption('refreshTokenIdleTtlSeconds', idle, remedy);
}
