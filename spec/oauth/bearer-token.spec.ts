import { describe, expect, it } from '@jest/globals';

import {
  bearerCredentials,
  MAX_OWN_TOKEN_LENGTH,
  requireToken,
} from '../../lib/oauth/bearer-token.js';
import { InvalidTokenError } from '../../lib/oauth/errors.js';

/** The token in the header, if it can be one. */
function tokenIn(header: string | undefined): string | undefined {
  const credentials = bearerCredentials(header);
  if (credentials !== undefined) requireToken(credentials, MAX_OWN_TOKEN_LENGTH);
  return credentials;
}

describe('the bearer token of a request', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    ['Bearer abc  ', 'abc'],
    ['Bearer a-b.c_d~e+f/g==', 'a-b.c_d~e+f/g=='],
    [`Bearer ${'x'.repeat(4096)}`, 'x'.repeat(4096)],
  ])('R-RS-3 of %.20s', (header, token) => {
    expect(tokenIn(header)).toBe(token);
  });

  it.each([
    undefined,
    '',
    'Basic YTpi',
    'DPoP abc',
    'Bearerabc',
    'Bearer\tabc',
    ' Bearer abc',
    'abc',
  ])('R-RS-2 is missing in %p', (header) => {
    expect(tokenIn(header)).toBeUndefined();
  });

  it.each([
    ['nothing', 'Bearer'],
    ['spaces', 'Bearer   '],
    ['two words', 'Bearer a b'],
    ['two challenges', 'Bearer a, Bearer b'],
    ['a quote', 'Bearer "a"'],
    ['padding in the middle', 'Bearer a=b'],
    ['padding alone', 'Bearer =='],
    ['a control character', 'Bearer a\u0000b'],
    ['a line break', 'Bearer a\r\nX: y'],
    ['letters outside ASCII', 'Bearer ü'],
    ['a space that is none', 'Bearer abc\u00a0'],
    ['more characters than any of ours has', `Bearer ${'x'.repeat(4097)}`],
  ])('R-RS-2 is invalid_token with %s', (_what, header) => {
    expect(() => tokenIn(header)).toThrow(InvalidTokenError);
  });

  it('R-RS-7 parses a hostile header in linear time', () => {
    const header = `Bearer ${'='.repeat(100_000)} ${' '.repeat(100_000)}x`;
    expect(() => tokenIn(header)).toThrow(InvalidTokenError);
  });
});
