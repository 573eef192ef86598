import { createSecretKey, randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createSealer } from '../../lib/keys/seal.js';

describe('createSealer()', () => {
  const [older, newer, foreign] = [
    createSecretKey(randomBytes(32)),
    createSecretKey(randomBytes(32)),
    createSecretKey(randomBytes(32)),
  ];
  const text = Buffer.from('the text of a record');

  it.each([[0], [1], [2_200], [1_048_576]])('opens what it sealed, at %d bytes', (length) => {
    const sealer = createSealer([newer]);
    const plaintext = randomBytes(length);
    expect(sealer.open(sealer.seal(plaintext, 'place'), 'place')?.equals(plaintext)).toBe(true);
  });

  it('never produces the same bytes for the same text', () => {
    const sealer = createSealer([newer]);
    const seals = Array.from({ length: 100 }, () => sealer.seal(text, 'place').toString('hex'));
    expect(new Set(seals).size).toBe(100);
  });

  it('adds 33 bytes and contains nothing of text, place or key', () => {
    const sealed = createSealer([newer]).seal(text, 'place');
    expect(sealed.length).toBe(text.length + 33);
    for (const secret of [text, Buffer.from('place'), newer.export().subarray(0, 4)]) {
      expect(sealed.includes(secret)).toBe(false);
    }
  });

  it('does not open with any bit flipped', () => {
    const sealer = createSealer([newer]);
    const sealed = sealer.seal(text, 'place');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const damaged = Buffer.from(sealed);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(sealer.open(damaged, 'place')).toBeUndefined();
    }
  });

  it('does not open truncated or extended', () => {
    const sealer = createSealer([newer]);
    const sealed = sealer.seal(text, 'place');
    for (let length = 0; length < sealed.length; length += 1) {
      expect(sealer.open(sealed.subarray(0, length), 'place')).toBeUndefined();
    }
    expect(sealer.open(Buffer.concat([sealed, Buffer.of(0)]), 'place')).toBeUndefined();
  });

  it('does not open in another place, nor under another key', () => {
    const sealed = createSealer([newer]).seal(text, 'place');
    expect(createSealer([newer]).open(sealed, 'elsewhere')).toBeUndefined();
    expect(createSealer([foreign]).open(sealed, 'place')).toBeUndefined();
  });

  it('encrypts with the first key and decrypts with all', () => {
    const before = createSealer([older]);
    const during = createSealer([newer, older]);
    const after = createSealer([newer]);
    expect(during.open(before.seal(text, 'place'), 'place')).toEqual(text);
    expect(after.open(during.seal(text, 'place'), 'place')).toEqual(text);
    expect(after.open(before.seal(text, 'place'), 'place')).toBeUndefined();
  });

  it('requires at least one key, of 32 bytes', () => {
    expect(() => createSealer([])).toThrow(RangeError);
    expect(() => createSealer([newer, createSecretKey(randomBytes(16))])).toThrow(
      /32 bytes, this one has 16/,
    );
  });
});
