import { describe, expect, it } from '@jest/globals';

import { isCodeChallenge, isCodeVerifier, verifierMatches } from '../../lib/oauth/pkce.js';

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('PKCE (R-AZ-12)', () => {
  it('matches the example of RFC 7636 appendix B', () => {
    expect(verifierMatches(VERIFIER, CHALLENGE)).toBe(true);
  });

  it.each([
    ['a letter changed', `${VERIFIER.slice(0, -1)}j`],
    ['a letter more', `${VERIFIER}k`],
    ['the challenge itself, as plain would have it', CHALLENGE],
    ['nothing', ''],
  ])('rejects %s', (_what, verifier) => {
    expect(verifierMatches(verifier, CHALLENGE)).toBe(false);
  });

  it('rejects a challenge of another length without throwing', () => {
    for (const challenge of ['', CHALLENGE.slice(1), `${CHALLENGE}=`, 'ü'.repeat(43)]) {
      expect(verifierMatches(VERIFIER, challenge)).toBe(false);
    }
  });

  it.each([
    ['43 characters', 'a'.repeat(43), true],
    ['128 characters', 'a'.repeat(128), true],
    ['every unreserved character', `${'AZaz09-._~'.repeat(5)}`, true],
    ['42 characters', 'a'.repeat(42), false],
    ['129 characters', 'a'.repeat(129), false],
    ['a plus', `+${'a'.repeat(43)}`, false],
    ['a slash', `/${'a'.repeat(43)}`, false],
    ['padding', `${'a'.repeat(43)}=`, false],
    ['a space', `${'a'.repeat(43)} `, false],
    ['a line break at the end', `${'a'.repeat(43)}\n`, false],
    ['letters outside ASCII', 'ü'.repeat(43), false],
    ['nothing', '', false],
  ])('has a verifier of %s: %s → %p', (_what, verifier, isOne) => {
    expect(isCodeVerifier(verifier)).toBe(isOne);
  });

  it.each([
    [CHALLENGE, true],
    [CHALLENGE.slice(1), false],
    [`${CHALLENGE}A`, false],
    [`${CHALLENGE.slice(1)}=`, false],
    [`${CHALLENGE.slice(1)}.`, false],
    [`${CHALLENGE.slice(1)}+`, false],
    [`${CHALLENGE}\n`, false],
    ['', false],
  ])('has a challenge %j → %p', (challenge, isOne) => {
    expect(isCodeChallenge(challenge)).toBe(isOne);
  });
});
