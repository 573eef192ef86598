import { describe, expect, it } from '@jest/globals';

import { isJsonObject, jsonObjectIn } from '../../lib/oauth/json-object.js';

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
