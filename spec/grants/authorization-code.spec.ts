import { createHash, createSecretKey, randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import {
  CODE_TTL_SECONDS,
  completed,
  isSecretOf,
  mintCode,
  parseCode,
  type Redemption,
  redeem,
} from '../../lib/grants/authorization-code.js';
import type { CodeGrantRequest } from '../../lib/oauth/token-request.js';
import type { CodeRecord } from '../../lib/storage/records.js';

const NOW = 1_700_000_000;
const VERIFIER = 'v'.repeat(43);
const CALLBACK = 'https://a.example/cb';
const [KEY, OTHER] = [createSecretKey(randomBytes(32)), createSecretKey(randomBytes(32))];
const grantId = randomBytes(16).toString('base64url');

const RECORD: CodeRecord = {
  tag: '',
  challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  redirectUri: CALLBACK,
  expiresAt: NOW + CODE_TTL_SECONDS,
  failures: 0,
};
const REQUEST: CodeGrantRequest = {
  grantType: 'authorization_code',
  code: 'c',
  codeVerifier: VERIFIER,
  redirectUri: CALLBACK,
};
const judge = (
  record: Partial<CodeRecord>,
  request: Partial<CodeGrantRequest> = {},
  now = NOW,
): Redemption => redeem({ ...RECORD, ...record }, { ...REQUEST, ...request }, now, { id: 'mine' });

describe('an authorization code', () => {
  const { code, tag } = mintCode(grantId, [KEY, OTHER]);
  const record = { ...RECORD, tag };

  it('R-AZ-11 contains the grant id and 256 random bits', () => {
    const parts = parseCode(code);
    expect(parts?.grantId).toBe(grantId);
    expect(parts?.secret).toHaveLength(32);
    expect(code).toMatch(/^[A-Za-z0-9_-]{64}$/);
    expect(isSecretOf(record, grantId, parts?.secret ?? Buffer.of(), [KEY])).toBe(true);
    expect(mintCode(grantId, [KEY, OTHER]).code).not.toBe(code);
  });

  it('cannot be made without a key', () => {
    expect(() => mintCode(grantId, [])).toThrow(RangeError);
  });

  it('parity 4.10 is stored as a keyed hash, from which it cannot be made', () => {
    const { secret = Buffer.of() } = parseCode(code) ?? {};
    expect(tag).not.toBe(secret.toString('base64url'));
    expect(tag).not.toBe(createHash('sha256').update(secret).digest('base64url'));
    expect(isSecretOf(record, grantId, secret, [OTHER])).toBe(false);
    expect(isSecretOf(record, grantId, secret, [OTHER, KEY])).toBe(true);
    expect(isSecretOf(record, randomBytes(16).toString('base64url'), secret, [KEY])).toBe(false);
    expect(isSecretOf(RECORD, grantId, secret, [KEY])).toBe(false);
  });

  it('AS-29 is invalid when any bit of it is changed', () => {
    const bytes = Buffer.from(code, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const parts = parseCode(changed.toString('base64url'));
      const secret = parts?.secret ?? Buffer.of();
      const isOurs = parts?.grantId === grantId && isSecretOf(record, grantId, secret, [KEY]);
      expect(isOurs).toBe(false);
    }
  });

  it.each([
    ['nothing', ''],
    ['a character less', code.slice(1)],
    ['a character more', `${code}A`],
    ['padding', `${code}=`],
    ['a space', `${code.slice(0, 9)} ${code.slice(9)}`],
    ['a line break', `${code}\n`],
    [
      'the other alphabet of base64',
      mintCode(Buffer.alloc(16, 255).toString('base64url'), [KEY]).code.replaceAll('_', '/'),
    ],
    ['very much', 'A'.repeat(100_000)],
  ])('R-RS-7 is not %s', (_what, text) => {
    expect(parseCode(text)).toBeUndefined();
  });
});

describe('a redemption', () => {
  it.each([
    ['everything right', {}],
    ['R-AZ-5 redirect_uri left out', { redirectUri: undefined }],
  ])('succeeds with %s', (_what, request) => {
    expect(judge({}, request)).toEqual({
      outcome: 'redeemed',
      code: { ...RECORD, redeemedAt: NOW, pendingAttempt: 'mine' },
    });
  });

  it.each([
    ['R-AZ-12 another verifier', { codeVerifier: 'w'.repeat(43) }],
    ['R-AZ-12 the challenge as verifier', { codeVerifier: RECORD.challenge }],
    ['R-AZ-5 another redirect URI', { redirectUri: `${CALLBACK}/` }],
    ['parity 4.13 a redirect URI of another port', { redirectUri: 'https://a.example:443/cb' }],
  ])('fails, and is counted, with %s', (_what, request) => {
    expect(judge({ failures: 1 }, request)).toEqual({
      outcome: 'failed',
      code: { ...RECORD, failures: 2 },
    });
  });

  it('parity 4.5 is refused after three failures, even with the right verifier', () => {
    expect(judge({ failures: 2 }).outcome).toBe('redeemed');
    expect(judge({ failures: 3 })).toEqual({ outcome: 'unusable' });
  });

  it('R-AZ-11 is refused from the second in which the code expires', () => {
    expect(judge({}, {}, RECORD.expiresAt - 1).outcome).toBe('redeemed');
    expect(judge({}, {}, RECORD.expiresAt)).toEqual({ outcome: 'unusable' });
  });

  it('R-AZ-11 is a replay once a response was sent, with any verifier and at any time', () => {
    const redeemed = { redeemedAt: NOW };
    expect(judge(redeemed)).toEqual({ outcome: 'replayed' });
    expect(judge(redeemed, { codeVerifier: 'w'.repeat(43) })).toEqual({ outcome: 'replayed' });
    expect(judge(redeemed, {}, NOW + 1_000_000)).toEqual({ outcome: 'replayed' });
  });

  describe('while another one is in progress', () => {
    const pending = { redeemedAt: NOW, pendingAttempt: 'other' };

    it('waits', () => {
      expect(judge(pending)).toEqual({ outcome: 'in_progress', by: 'other' });
    });

    it('R-AZ-11 is a replay without the verifier', () => {
      expect(judge(pending, { codeVerifier: 'w'.repeat(43) })).toEqual({ outcome: 'replayed' });
    });

    it('takes over from the abandoned one, and from no other', () => {
      const takeOver = (abandoned: string) =>
        redeem({ ...RECORD, ...pending }, REQUEST, NOW + 4, { id: 'mine', abandoned });
      expect(takeOver('other')).toMatchObject({
        outcome: 'redeemed',
        code: { pendingAttempt: 'mine' },
      });
      expect(takeOver('third')).toEqual({ outcome: 'in_progress', by: 'other' });
      expect(judge(pending, {}, RECORD.expiresAt)).toEqual({ outcome: 'unusable' });
    });

    it('takes over at once from one that began ten seconds ago', () => {
      expect(judge(pending, {}, NOW + 9).outcome).toBe('in_progress');
      expect(judge(pending, {}, NOW + 10)).toMatchObject({ outcome: 'redeemed' });
    });

    it('is completed when the response was sent', () => {
      expect(completed({ ...RECORD, ...pending })).toEqual({ ...RECORD, redeemedAt: NOW });
    });
  });
});
