/** PKCE (RFC 7636 §4), S256 only: RFC 9700 §2.1.1. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** §4.2: a SHA-256 in base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
/** §4.1. */
const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;

export function isCodeChallenge(value: string): boolean {
  return CHALLENGE.test(value);
}

export function isCodeVerifier(value: string): boolean {
  return VERIFIER.test(value);
}

/** §4.6, in constant time. */
export function verifierMatches(verifier: string, challenge: string): boolean {
  const computed = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  const expected = Buffer.from(challenge);
  return computed.length === expected.length && timingSafeEqual(computed, expected);
}
