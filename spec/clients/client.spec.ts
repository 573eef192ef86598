import { describe, expect, it } from '@jest/globals';

import { clientFingerprint } from '../../lib/clients/client.js';

describe('the fingerprint of a client', () => {
  it.each(['desk', 'x'.repeat(40), `https://a.example/${'c'.repeat(80)}.json`])(
    'is the id where that is readable: %s',
    (id) => {
      expect(clientFingerprint(id)).toBe(id);
    },
  );

  it('is short and unique for a long id', () => {
    const [one, other] = ['a'.repeat(200), `${'a'.repeat(199)}b`].map(clientFingerprint);
    expect(one).toMatch(/^[\w-]{12}$/);
    expect(one).not.toBe(other);
    expect(clientFingerprint('a'.repeat(200))).toBe(one);
  });
});
