/**
 * Authorization codes: they say which grant they begin, with a secret half.
 *
 * Layout, then base64url: grant id (16 bytes), secret (32). The grant keeps a keyed hash of the
 * secret, so that the store cannot be used to redeem.
 *
 * Spec: RFC 6749 §4.1.2 and §10.5, OAuth 2.1 §4.1.2.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { InvalidGrantError } from '../oauth/errors.js';
import { verifierMatches } from '../oauth/pkce.js';
import type { CodeGrantRequest } from '../oauth/token-request.js';
import type { CodeRecord } from '../storage/records.js';

/** Seconds a code lives. Clients redeem at once; a short life keeps stolen ones worthless. */
export const CODE_TTL_SECONDS = 60;

/** Redemptions with a wrong verifier or redirect URI after which the code is burnt. */
const MAX_FAILURES = 3;

/**
 * An attempt this old will not answer any more. Some seconds above the two that an answer may take,
 * since the age is told by two clocks.
 */
const ABANDONED_AFTER_SECONDS = 10;

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * A fresh code for a grant, and the tag to keep of it.
 *
 * @param keys the first one makes the tag
 * @throws RangeError without a key
 */
export function mintCode(
  grantId: string,
  [key]: readonly Uint8Array[],
): { code: string; tag: string } {
  if (key === undefined) throw new RangeError('codes need at least one key');
  const secret = randomBytes(SECRET_BYTES);
  const code = Buffer.concat([Buffer.from(grantId, 'base64url'), secret]).toString('base64url');
  return { code, tag: mac(key, grantId, secret).toString('base64url') };
}

/** A code taken apart; undefined for text that cannot be one. */
export function parseCode(code: string): { grantId: string; secret: Buffer } | undefined {
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== ID_BYTES + SECRET_BYTES) return undefined;
  // One text per code: the decoder skips what is no base64url.
  if (bytes.toString('base64url') !== code) return undefined;
  return {
    grantId: bytes.subarray(0, ID_BYTES).toString('base64url'),
    secret: bytes.subarray(ID_BYTES),
  };
}

/** Whether this is the secret half behind the record's tag, under any of the keys. */
export function isSecretOf(
  record: CodeRecord,
  grantId: string,
  secret: Uint8Array,
  keys: readonly Uint8Array[],
): boolean {
  const expected = Buffer.from(record.tag, 'base64url');
  return keys.some((key) => equalInConstantTime(mac(key, grantId, secret), expected));
}

/** What a redemption does to the code. */
export type Redemption =
  | { readonly outcome: 'redeemed' | 'failed'; readonly code: CodeRecord }
  | { readonly outcome: 'replayed' | 'burnt' }
  /** Another attempt is being answered, or its process has died. */
  | { readonly outcome: 'in_progress'; readonly by: string };

/** Who redeems. */
export interface Attempt {
  /** Random, so that attempts can be told apart. */
  readonly id: string;
  /** An attempt that has had its time and did not answer: its process died. */
  readonly abandoned?: string | undefined;
}

/**
 * Judges one redemption by somebody who holds the right code. Pure: the caller stores the result
 * in one step, so that of two parallel ones exactly one redeems (R-AZ-11).
 *
 * A redemption whose answer never left has given nobody anything. It may be repeated, by whoever has
 * the verifier, so that a process that dies in between costs nobody a login.
 */
export function redeem(
  record: CodeRecord,
  request: CodeGrantRequest,
  now: number,
  attempt: Attempt,
): Redemption {
  const { answering } = record;
  const isRight =
    verifierMatches(request.codeVerifier, record.challenge) && hasRedirectUri(record, request);
  if (record.redeemedAt !== undefined && (answering === undefined || !isRight)) {
    return { outcome: 'replayed' };
  }
  if (record.expiresAt <= now || record.failures >= MAX_FAILURES) return { outcome: 'burnt' };
  if (answering !== undefined && !isOver(record, now, attempt)) {
    return { outcome: 'in_progress', by: answering };
  }
  return isRight
    ? { outcome: 'redeemed', code: { ...record, redeemedAt: now, answering: attempt.id } }
    : { outcome: 'failed', code: { ...record, failures: record.failures + 1 } };
}

/** Whoever redeems has seen for long enough that nothing happens, or the record itself says so. */
function isOver({ answering, redeemedAt = 0 }: CodeRecord, now: number, attempt: Attempt): boolean {
  return answering === attempt.abandoned || now - redeemedAt >= ABANDONED_AFTER_SECONDS;
}

/** The code once its answer has left, or one of its tokens was used: never redeemed again. */
export function settled({ answering: _, ...code }: CodeRecord): CodeRecord {
  return code;
}

/** The one answer to every bad code: it does not say what was wrong with it. */
export function badCode(detail: string): InvalidGrantError {
  return new InvalidGrantError('The authorization code is invalid, expired or was used before', {
    detail,
  });
}

/** RFC 6749 §4.1.3: must be equal if it was in the request; OAuth 2.1 lets the client leave it out. */
function hasRedirectUri(record: CodeRecord, { redirectUri }: CodeGrantRequest): boolean {
  return redirectUri === undefined || redirectUri === record.redirectUri;
}
