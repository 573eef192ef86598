import { describe, expect, it } from '@jest/globals';

import { isJsonObject, jsonObjectIn, stringsIn } from '../../lib/oauth/json-object.js';

describe('a JSON object', () => {
  it('is one with or without members', () => {
    expect(jsonObjectIn('{}')).toEqual({});
    expect(jsonObjectIn(' {"keys":[]} ')).toEqual({ keys: [] });
  });

  it.each(['null', '[]', '[{}]', '"{}"', '7', 'true'])('is not %s', (text) => {
    expect(isJsonObject(JSON.parse(text))).toBe(false);
    expect(jsonObjectIn(text)).toBeUndefined();
  });

  it.each(['', '{', '<html>', '{}{}'])('is not in %j', (text) => {
    expect(jsonObjectIn(text)).toBeUndefined();
  });

  it('is not undefined', () => {
    expect(isJsonObject(undefined)).toBe(false);
  });
});

it.each([
  { value: ['a', 1, null, 'b'], strings: ['a', 'b'] },
  { value: 'a', strings: [] },
  { value: undefined, strings: [] },
])('the strings in $value are $strings', ({ value, strings }) => {
  expect(stringsIn(value)).toEqual(strings);
});
