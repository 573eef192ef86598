import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { displayName, initial, visibleAscii } from '../../lib/pages/untrusted-text.js';
import { expectAlways } from '../fuzz/property.js';

describe('displayName', () => {
  it.each([
    ['a right-to-left override', 'Cl\u202eedua', 'Cledua'],
    ['bidi isolates and marks', '\u2067Claude\u2069\u200f\u061c', 'Claude'],
    ['zero-width spaces and soft hyphens', 'Cl\u200bau\u00adde\ufeff', 'Claude'],
    ['tags', 'Claude\u{e0041}\u{e007f}', 'Claude'],
    ['control characters', 'Claude\u0000\u001b[31m\r\nofficial', 'Claude [31m official'],
    ['a line of its own', 'Claude\u2028\u2029verified', 'Claude verified'],
    ['padding that pushes text away', `Claude${'\u3164\u2800 \u00a0'.repeat(50)}x`, 'Claude x'],
    ['half a surrogate pair', 'Claude\ud800', 'Claude\ufffd'],
    ['accents stacked on one letter', `C${'\u0301'.repeat(99)}x`, 'Ć\u0301\u0301\u0301\u0301x'],
  ])('R-RG-10 removes %s', (_what, name, shown) => {
    expect(displayName(name)).toBe(shown);
  });

  it.each(['مساعد الطقس', 'נמל', 'Zoë’s Café', '天気', '👩‍👩‍👧 Club', 'می‌خواهم'])(
    'keeps %s',
    (name) => {
      expect(displayName(name)).toBe(name);
    },
  );

  it.each([undefined, '', ' \t', '\u200b\u202e', '\u3164', '\u200d', '\u0301'])(
    'is undefined for %j',
    (name) => {
      expect(displayName(name)).toBeUndefined();
    },
  );

  it('truncates after 80 grapheme clusters', () => {
    expect(displayName('é'.repeat(80))).toBe('é'.repeat(80));
    expect(displayName('x'.repeat(81))).toBe(`${'x'.repeat(80)}…`);
    expect(displayName('👩‍👩‍👧'.repeat(3), 2)).toBe('👩‍👩‍👧…');
  });

  it('is short for any name, also for a chain of a thousand joined emoji', () => {
    expect(displayName(`👩${'\u200d👩'.repeat(1000)}`)).toBe('…');
    expectAlways(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (name) => {
        expect(displayName(name)?.length ?? 0).toBeLessThanOrEqual(321);
      }),
    );
  });
});

describe('initial', () => {
  it.each([
    ['claude', 'C'],
    ['éclair', 'É'],
    ['👩‍👧 Club', '👩‍👧'],
    ['', '?'],
  ])('of %j is %s', (name, letter) => {
    expect(initial(name)).toBe(letter);
  });
});

describe('visibleAscii', () => {
  it.each([
    ['a plain URI', 'https://a.example/cb?x=%20#y', 'https://a.example/cb?x=%20#y'],
    ['a Cyrillic letter in a host', 'https://аpple.com', 'https://%D0%B0pple.com'],
    ['a right-to-left override', 'a\u202eb', 'a%E2%80%AEb'],
    ['spaces and newlines', 'a b\n', 'a%20b%0A'],
    ['half a surrogate pair', 'a\ud800b', 'a%EF%BF%BDb'],
  ])('PX-7 encodes %s', (_what, uri, shown) => {
    expect(visibleAscii(uri)).toBe(shown);
  });
});
