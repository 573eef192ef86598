/** The secrets that sign tokens and seal records, and the lifetimes of tokens. */
import type { Lifetimes } from '../config.js';
import { wrongOption } from '../errors.js';
import type { RawOptions } from '../option-table.js';
import { refuseCopyErrors, wholeNumberOf } from '../values.js';

/** As strong as the keys derived from it: 256 bits. */
const MIN_BYTES = 32;
/** 43 characters of base64url are 32 bytes; a password manager's 32 characters are strong enough. */
const MIN_CHARACTERS = 32;

/** Prints a strong secret. */
export const KEY_COMMAND =
  "node -e \"console.log(require('node:crypto').randomBytes(32).toString('base64url'))\"";

/**
 * The secrets of an option as bytes, the current one first; none if the option is absent.
 *
 * @throws Auth0McpConfigError not a string, bytes or a list of them, or too short
 */
export function resolveKeys(
  raw: RawOptions,
  option: 'jwtSigningKey' | 'storageEncryptionKey',
): readonly Uint8Array[] {
  const value = raw[option];
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [keyBytes(value, option)];
  if (value.length === 0) throw wrongOption(option, value, `Give at least one. ${GENERATE}`);
  return value.map((entry: unknown, at) => keyBytes(entry, `${option}[${at}]`));
}

const GENERATE = `This command generates one: ${KEY_COMMAND}`;

function keyBytes(value: unknown, option: string): Uint8Array {
  if (typeof value === 'string') {
    if (value.trim() !== value) {
      throw wrongOption(option, value, 'Remove the white space before or after it.');
    }
    refuseCopyErrors(value, option);
    if (value.length >= MIN_CHARACTERS) return new TextEncoder().encode(value);
    throw wrongOption(option, value, `It needs ${MIN_CHARACTERS} characters or more. ${GENERATE}`);
  }
  if (value instanceof Uint8Array) {
    // A copy: the caller may wipe or reuse the buffer.
    if (value.length >= MIN_BYTES) return new Uint8Array(value);
    throw wrongOption(option, value, `It needs ${MIN_BYTES} bytes or more. ${GENERATE}`);
  }
  throw wrongOption(option, value, 'Give a string, a Uint8Array, or a list of them.');
}

const DAY = 24 * 60 * 60;

/**
 * Clients refresh a minute before the expiry, so a token of a minute would be refreshed at once. An hour is
 * short-lived, as MCP authorization, "Token Theft", recommends; a day is Auth0's default.
 */
const ACCESS_TOKEN = { min: 61, max: DAY, fallback: 3600 } as const;

/** Ten years: a larger number is in milliseconds by mistake. */
const MAX_REFRESH = 3650 * DAY;
/** Auth0's own default for an unused refresh token. */
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
  // The default may exceed a short absolute lifetime.
  if (raw.refreshTokenIdleTtlSeconds === undefined) return absoluteSeconds;
  const remedy = `It cannot exceed refreshTokenTtlSeconds, which is ${absoluteSeconds}.`;
  throw wrongOption('refreshTokenIdleTtlSeconds', idle, remedy);
}
