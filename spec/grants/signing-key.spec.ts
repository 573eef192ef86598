import { createHash, randomBytes, sign, verify } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';

import { SIGNING_KEY_MATERIAL_BYTES, signingKeyFrom } from '../../lib/grants/signing-key.js';

const fixed = createHash('sha512').update('fixed').digest().subarray(0, SIGNING_KEY_MATERIAL_BYTES);

describe('the key pair for access tokens', () => {
  it('R-DP-4 is the same on every instance, and another for other material', () => {
    expect(signingKeyFrom(fixed).jwk).toEqual(signingKeyFrom(fixed).jwk);
    expect(signingKeyFrom(randomBytes(40)).kid).not.toBe(signingKeyFrom(fixed).kid);
  });

  it('R-AT-6 publishes public members only, under the thumbprint of RFC 7638', async () => {
    const { jwk, kid } = signingKeyFrom(fixed);
    expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(kid).toBe(await calculateJwkThumbprint({ ...jwk }));
  });

  it.each([
    ['zeros', Buffer.alloc(40)],
    ['ones', Buffer.alloc(40, 255)],
    [
      'a number whose coordinates or scalar start with zeros',
      Buffer.from(`${'00'.repeat(39)}07`, 'hex'),
    ],
    [
      'the order itself',
      Buffer.from(
        `${'00'.repeat(8)}ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551`,
        'hex',
      ),
    ],
  ])('works for material of %s', (_what, material) => {
    const { privateKey, publicKey } = signingKeyFrom(material);
    const signature = sign('sha256', Buffer.from('text'), privateKey);
    expect(verify('sha256', Buffer.from('text'), publicKey, signature)).toBe(true);
  });

  it('works for any material', () => {
    for (let round = 0; round < 200; round += 1) {
      const { jwk } = signingKeyFrom(randomBytes(40));
      expect([jwk.x, jwk.y].map((member) => member?.length)).toEqual([43, 43]);
    }
  });
});
