import { randomBytes, sign } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import { jwtVerify } from 'jose';

import { readJwt, writeJwt } from '../../lib/grants/own-jwt.js';
import { SIGNING_KEY_MATERIAL_BYTES, signingKeyFrom } from '../../lib/grants/signing-key.js';

const KEY = signingKeyFrom(randomBytes(SIGNING_KEY_MATERIAL_BYTES));
const KEYS = new Map([[KEY.kid, KEY]]);
const part = (text: string): string => Buffer.from(text).toString('base64url');
const HEADER = part(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: KEY.kid }));

/** Signed rightly, whatever it is. */
function signed(text: string): string {
  const key = { key: KEY.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

describe('a JWT of ours', () => {
  it('R-AT-1 is read by us and by jose alike', async () => {
    const payload = { a: 1, text: 'ü🙂', list: [null] };
    const token = writeJwt('at+jwt', payload, KEY);
    expect(readJwt(token, 'at+jwt', KEYS)).toEqual({ payload });
    const read = await jwtVerify(token, KEY.publicKey, { algorithms: ['ES256'], typ: 'at+jwt' });
    expect(read).toMatchObject({ payload, protectedHeader: { alg: 'ES256', kid: KEY.kid } });
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('R-AT-3 may be of the type %s', (typ) => {
    expect(readJwt(writeJwt(typ, { a: 1 }, KEY), 'at+jwt', KEYS)).toEqual({ payload: { a: 1 } });
  });

  it.each(['', 'jwt', 'at+jwt2', 'xat+jwt', 'application/application/at+jwt'])(
    'R-AT-3 is not of the type %j',
    (typ) => {
      expect(readJwt(writeJwt(typ, {}, KEY), 'at+jwt', KEYS)).toHaveProperty('problem');
    },
  );

  it.each([
    ['text for a payload', signed(`${HEADER}.${part('"text"')}`)],
    ['null for a payload', signed(`${HEADER}.${part('null')}`)],
    ['a list for a payload', signed(`${HEADER}.${part('[]')}`)],
    ['no JSON for a payload', signed(`${HEADER}.${part('{')}`)],
    ['no payload', signed(`${HEADER}.`)],
    ['a payload in two parts', signed(`${HEADER}.${part('{}')}.${part('{}')}`)],
    ['no header', signed(`.${part('{}')}`)],
    ['null for a header', signed(`${part('null')}.${part('{}')}`)],
    ['text for a header', signed(`${part('"ES256"')}.${part('{}')}`)],
    ['a header and nothing else', signed(HEADER)],
    ['no algorithm', signed(`${part(JSON.stringify({ typ: 'at+jwt', kid: KEY.kid }))}.e30`)],
    [
      'algorithms in a list',
      signed(`${part(JSON.stringify({ alg: ['ES256'], typ: 'at+jwt', kid: KEY.kid }))}.e30`),
    ],
    [
      'a type in a list',
      signed(`${part(JSON.stringify({ alg: 'ES256', typ: ['at+jwt'], kid: KEY.kid }))}.e30`),
    ],
    [
      'a kid in a list',
      signed(`${part(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: [KEY.kid] }))}.e30`),
    ],
    [
      'an empty list of extensions',
      signed(
        `${part(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: KEY.kid, crit: [] }))}.e30`,
      ),
    ],
  ])('RS-10 has not %s, even with our own signature', (_what, token) => {
    expect(readJwt(token, 'at+jwt', KEYS)).toEqual({ problem: expect.any(String) });
  });

  it('RS-10 has a signature in the form of RFC 7518, not in DER', () => {
    const text = `${HEADER}.e30`;
    const der = sign('sha256', Buffer.from(text), KEY.privateKey).toString('base64url');
    expect(readJwt(`${text}.${der}`, 'at+jwt', KEYS)).toHaveProperty('problem');
    expect(readJwt(`${text}.${der.slice(0, 86)}`, 'at+jwt', KEYS)).toHaveProperty('problem');
  });
});
