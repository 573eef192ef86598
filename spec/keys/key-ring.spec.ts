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
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

describe('a key ring', () => {
  it('R-RG-7 derives the same key from the same secret in every process and version', () => {
    // A changed value here logs everybody out and makes every client id unknown.
    expect(hex(createKeyRing([A]).derive('client-id')[0])).toBe(
      'fdcf48ec8272babda72a7266e20a257d21d7c87b35f48e1615c5d2f2b5c27e33',
    );
    expect(createKeyRing([A]).derive('client-id')).toEqual(createKeyRing([A]).derive('client-id'));
  });

  it('parity 4.19 has a key of its own for every purpose', () => {
    const keys = LABELS.map((label) => hex(createKeyRing([A]).derive(label)[0]));
    expect(new Set(keys).size).toBe(LABELS.length);
  });

  it('keeps the order of the secrets: the first signs, all verify', () => {
    const [fromA] = createKeyRing([A]).derive('client-id');
    const [fromB] = createKeyRing([B]).derive('client-id');
    expect(createKeyRing([B, A]).derive('client-id')).toEqual([fromB, fromA]);
    expect(hex(fromA)).not.toBe(hex(fromB));
  });

  it('derives the requested number of bytes, 32 by default, once for each length', () => {
    const ring = createKeyRing([A]);
    expect(ring.derive('client-id')[0]).toHaveLength(32);
    expect(ring.derive('client-id', 40)[0]).toHaveLength(40);
    expect(ring.derive('client-id')).toBe(ring.derive('client-id'));
  });

  it('rejects an empty list', () => {
    expect(() => createKeyRing([])).toThrow(RangeError);
  });
});

describe('a message authentication code', () => {
  it('is different for every split of the same bytes', () => {
    const tags = [
      mac(A, 'ab', 'c'),
      mac(A, 'a', 'bc'),
      mac(A, 'abc'),
      mac(A, 'abc', ''),
      mac(A, '', 'abc'),
      mac(A),
    ].map(hex);
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('encodes text as UTF-8', () => {
    expect(mac(A, 'ü')).toEqual(mac(A, Buffer.from('ü', 'utf8')));
    expect(mac(A, 'ü')).not.toEqual(mac(B, 'ü'));
    expect(mac(A, 'x')).toHaveLength(32);
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
