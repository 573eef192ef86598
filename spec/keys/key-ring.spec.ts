import { createSecretKey, type KeyObject } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createKeyRing, equalInConstantTime, type KeyLabel, mac } from '../../lib/keys/key-ring.js';

const [A, B] = [Buffer.alloc(32, 'a'), Buffer.alloc(32, 'b')];
const LABELS: readonly KeyLabel[] = [
  'access-token',
  'refresh-token',
  'authorization-code',
  'client-id',
  'client-secret',
  'consent-form',
  'record-name',
  'record-seal',
  'session-cookie',
  'session-seal',
];
const [KEY_A, KEY_B] = [createSecretKey(A), createSecretKey(B)];
const hex = (key: KeyObject): string => key.export().toString('hex');
const derive = (secrets: readonly Buffer[]): string[] =>
  createKeyRing(secrets).derive('client-id').map(hex);

describe('a key ring', () => {
  it('R-RG-7 derives the same key from the same secret in every process and version', () => {
    // A changed value here logs everybody out and makes every client id unknown.
    expect(hex(createKeyRing([A]).derive('client-id')[0])).toBe(
      'fdcf48ec8272babda72a7266e20a257d21d7c87b35f48e1615c5d2f2b5c27e33',
    );
    expect(derive([A])).toEqual(derive([A]));
  });

  it('parity 4.19 has a key of its own for every purpose', () => {
    const keys = LABELS.map((label) => hex(createKeyRing([A]).derive(label)[0]));
    expect(new Set(keys).size).toBe(LABELS.length);
  });

  it('keeps the order of the secrets: the first signs, all verify', () => {
    const [[fromA], [fromB]] = [derive([A]), derive([B])];
    expect(derive([B, A])).toEqual([fromB, fromA]);
    expect(fromA).not.toBe(fromB);
  });

  it('derives the requested number of bytes, 32 by default, once for each length', () => {
    const ring = createKeyRing([A]);
    expect(ring.derive('client-id')[0].symmetricKeySize).toBe(32);
    expect(ring.derive('client-id', 40)[0].symmetricKeySize).toBe(40);
    expect(ring.derive('client-id')).toBe(ring.derive('client-id'));
  });

  it('rejects an empty list', () => {
    expect(() => createKeyRing([])).toThrow(RangeError);
  });
});

describe('a message authentication code', () => {
  it('is different for every split of the same bytes', () => {
    const tags = [
      mac(KEY_A, 'ab', 'c'),
      mac(KEY_A, 'a', 'bc'),
      mac(KEY_A, 'abc'),
      mac(KEY_A, 'abc', ''),
      mac(KEY_A, '', 'abc'),
      mac(KEY_A),
    ].map((tag) => tag.toString('hex'));
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('encodes text as UTF-8', () => {
    expect(mac(KEY_A, 'ü')).toEqual(mac(KEY_A, Buffer.from('ü', 'utf8')));
    expect(mac(KEY_A, 'ü')).not.toEqual(mac(KEY_B, 'ü'));
    expect(mac(KEY_A, 'x')).toHaveLength(32);
  });
});

describe('comparing in constant time', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['', '', true],
    ['', 'a', false],
  ])('%j and %j: %p', (a, b, isEqual) => {
    expect(equalInConstantTime(Buffer.from(a), Buffer.from(b))).toBe(isEqual);
  });
});
