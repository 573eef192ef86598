/**
 * Proof key for code exchange, S256 only.
 *
 * Spec: RFC 7636 §4. `plain` is not supported: RFC 9700 §2.1.1, and clients refuse servers that
 * offer it less strictly (AS-4).
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** §4.2 with S256: BASE64URL of a SHA-256 is 43 characters. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** §4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

/** Whether a `code_challenge` can be the S256 of anything. */
export function isCodeChallenge(value: string): boolean {
  return CHALLENGE.test(value);
}

/** Whether a `code_verifier` has the form of §4.1. */
export function isCodeVerifier(value: string): boolean {
  return VERIFIER.test(value);
}

/** §4.6: whether the verifier is the one behind the challenge; compared in constant time. */
export function verifierMatches(verifier: string, challenge: string): boolean {
  const computed = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  const expected = Buffer.from(challenge);
  return computed.length === expected.length && timingSafeEqual(computed, expected);
}
