import { describe, expect, it } from '@jest/globals';

import { trimOws } from '../../lib/oauth/optional-whitespace.js';

describe('optional whitespace of a header', () => {
  it.each([
    ['', ''],
    [' \t ', ''],
    [' \ta b\t ', 'a b'],
    ['a', 'a'],
  ])('RFC 9110 §5.6.3 is space and tab: of %j stays %j', (text, rest) => {
    expect(trimOws(text)).toBe(rest);
  });

  it.each(['\u00a0', '\u0085', '\v', '\f', '\r', '\n', '\ufeff', '\u2003'])(
    'RFC 9110 §5.6.3 is not %j',
    (character) => {
      expect(trimOws(`${character}a${character}`)).toBe(`${character}a${character}`);
    },
  );
});
