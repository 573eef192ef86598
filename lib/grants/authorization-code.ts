/**
 * Authorization codes: lifetime, format and rules of redemption (RFC 6749 §4.1.2 and §10.5, OAuth 2.1 §4.1.2).
 *
 * Format, in base64url: grant id (16 bytes), secret (32). The grant record holds a keyed hash of the secret, so that
 * a copy of the store redeems nothing.
 */
import { type KeyObject, randomBytes } from 'node:crypto';

import { equalInConstantTime, mac } from '../keys/key-ring.js';
import { InvalidGrantError } from '../oauth/errors.js';
import { verifierMatches } from '../oauth/pkce.js';
import type { CodeGrantRequest } from '../oauth/token-request.js';
import type { CodeRecord } from '../storage/records.js';

/** Lifetime of a code. Clients redeem at once; RFC 6749 §4.1.2 permits ten minutes at most. */
export const CODE_TTL_SECONDS = 60;

/** Redemptions with a wrong verifier or redirect URI after which a code is refused. */
const MAX_FAILURES = 3;

/**
 * Age at which an attempt is abandoned by its own date. Well above the two seconds in which an attempt responds, since
 * two clocks are compared.
 */
const ABANDONED_AFTER_SECONDS = 10;

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * A new code for a grant, and the tag to store.
 *
 * @param keys the first one makes the tag
 * @throws RangeError without a key
 */
export function mintCode(
  grantId: string,
  [key]: readonly KeyObject[],
): { code: string; tag: string } {
  if (key === undefined) throw new RangeError('codes need at least one key');
  const secret = randomBytes(SECRET_BYTES);
  const code = Buffer.concat([Buffer.from(grantId, 'base64url'), secret]).toString('base64url');
  return { code, tag: mac(key, grantId, secret).toString('base64url') };
}

/** The parts of a code; undefined for text that cannot be one. */
export function parseCode(code: string): { grantId: string; secret: Buffer } | undefined {
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== ID_BYTES + SECRET_BYTES) return undefined;
  // One text per code: the decoder skips characters that are not base64url.
  if (bytes.toString('base64url') !== code) return undefined;
  return {
    grantId: bytes.subarray(0, ID_BYTES).toString('base64url'),
    secret: bytes.subarray(ID_BYTES),
  };
}

/** Whether the secret belongs to the record's tag, under any of the keys. */
export function isSecretOf(
  record: CodeRecord,
  grantId: string,
  secret: Uint8Array,
  keys: readonly KeyObject[],
): boolean {
  const expected = Buffer.from(record.tag, 'base64url');
  return keys.some((key) => equalInConstantTime(mac(key, grantId, secret), expected));
}

export type Redemption =
  | { readonly outcome: 'redeemed' | 'failed'; readonly code: CodeRecord }
  | { readonly outcome: 'replayed' | 'unusable' }
  /** Another attempt is in progress, or its process has died. */
  | { readonly outcome: 'in_progress'; readonly by: string };

export interface Attempt {
  /** Random. */
  readonly id: string;
  /** An attempt whose process died: its time is over and it has not responded. */
  readonly abandoned?: string | undefined;
}

/**
 * Decides on one redemption with the right secret. Pure: the caller stores the result by compare-and-set, so that of
 * parallel ones exactly one succeeds.
 *
 * A redemption whose response was never sent can be repeated with the right verifier, so that a process that dies
 * in between does not cost the login.
 */
export function redeem(
  record: CodeRecord,
  request: CodeGrantRequest,
  now: number,
  attempt: Attempt,
): Redemption {
  const { pendingAttempt, redeemedAt } = record;
  const isRight =
    verifierMatches(request.codeVerifier, record.challenge) && hasRedirectUri(record, request);
  if (redeemedAt !== undefined && (pendingAttempt === undefined || !isRight)) {
    return { outcome: 'replayed' };
  }
  if (record.expiresAt <= now || record.failures >= MAX_FAILURES) return { outcome: 'unusable' };
  if (pendingAttempt !== undefined) {
    const isAbandoned =
      pendingAttempt === attempt.abandoned || now - (redeemedAt ?? 0) >= ABANDONED_AFTER_SECONDS;
    if (!isAbandoned) return { outcome: 'in_progress', by: pendingAttempt };
  }
  return isRight
    ? { outcome: 'redeemed', code: { ...record, redeemedAt: now, pendingAttempt: attempt.id } }
    : { outcome: 'failed', code: { ...record, failures: record.failures + 1 } };
}

/** RFC 6749 §4.1.3: must be equal if it was in the request; OAuth 2.1 lets the client leave it out. */
function hasRedirectUri(record: CodeRecord, { redirectUri }: CodeGrantRequest): boolean {
  return redirectUri === undefined || redirectUri === record.redirectUri;
}

/** The code once its response was sent, or one of its tokens was used: never redeemed again. */
export function completed({ pendingAttempt: _, ...code }: CodeRecord): CodeRecord {
  return code;
}

/** The same error for every refused code: it does not say why. */
export function invalidCode(detail: string): InvalidGrantError {
  return new InvalidGrantError('The authorization code is invalid, expired or was used before', {
    detail,
  });
}
