import { createHash, createHmac, createSecretKey, randomBytes, sign, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';
import {
  type AccessTokens,
  createAccessTokens,
  SIGNING_KEY_MATERIAL_BYTES,
  signingKeyFrom,
} from '../../lib/grants/access-token.js';
import { mac } from '../../lib/keys/key-ring.js';
import { InvalidTokenError } from '../../lib/oauth/errors.js';

const NOW = 1_700_000_000;
const ISSUER = 'https://mcp.example';
const RESOURCE = 'https://mcp.example/mcp';
const MATERIAL = randomBytes(SIGNING_KEY_MATERIAL_BYTES);
const OLD_MATERIAL = randomBytes(SIGNING_KEY_MATERIAL_BYTES);
const KEY = signingKeyFrom(MATERIAL);
const CLAIMS = {
  grantId: randomBytes(16).toString('base64url'),
  clientId: 'client',
  subject: 'auth0|ada',
  scopes: ['openid', 'read'],
  issuedAt: NOW,
  expiresAt: NOW + 3600,
};
/** The claims of a token that passes, in wire form: attacks change one thing each. */
const GENUINE: JWTPayload = {
  iss: ISSUER,
  aud: RESOURCE,
  sub: CLAIMS.subject,
  client_id: CLAIMS.clientId,
  scope: 'openid read',
  iat: NOW,
  exp: NOW + 3600,
  jti: `${CLAIMS.grantId}.x`,
};
const GENUINE_HEADER = { alg: 'ES256', typ: 'at+jwt', kid: KEY.kid };

let now = NOW;
const tokensOf = (...materials: Buffer[]): AccessTokens =>
  createAccessTokens(
    materials.map((material) => createSecretKey(material)),
    ISSUER,
    RESOURCE,
    () => now,
  );

/** Signed with our own key, whatever it says: what an attacker would get out of another signer of ours. */
const signed = (payload: JWTPayload, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ ...GENUINE_HEADER, mac: macOf(part(payload)), ...header })
    .sign(KEY.privateKey, { crit: { 'https://example.com/x': true } });
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const macOf = (payload: string, key = KEY): string =>
  mac(key.macKey, payload).subarray(0, 12).toString('base64url');

beforeEach(() => {
  now = NOW;
});

describe('an access token', () => {
  it('R-AT-1, R-AT-2 is a JWT of RFC 9068', async () => {
    const token = await tokensOf(MATERIAL).sign(CLAIMS);
    expect(decodeProtectedHeader(token)).toEqual({
      ...GENUINE_HEADER,
      mac: expect.stringMatching(/^[\w-]{16}$/),
    });
    expect(decodeJwt(token)).toEqual({
      ...GENUINE,
      jti: expect.stringMatching(/^[\w-]{22}\.[\w-]{12}$/),
    });
  });

  it('R-AT-2 has a jti of its own', async () => {
    const tokens = tokensOf(MATERIAL);
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => decodeJwt(await tokens.sign(CLAIMS)).jti),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it('R-RS-6 is valid at once, and with a clock difference of half a minute', async () => {
    const tokens = tokensOf(MATERIAL);
    const token = await tokens.sign(CLAIMS);
    for (const time of [NOW, NOW - 30, CLAIMS.expiresAt, CLAIMS.expiresAt + 29]) {
      now = time;
      expect(await tokensOf(MATERIAL).verify(token)).toEqual(CLAIMS);
    }
  });

  it('has no scopes where there are none', async () => {
    const tokens = tokensOf(MATERIAL);
    expect((await tokens.verify(await tokens.sign({ ...CLAIMS, scopes: [] }))).scopes).toEqual([]);
  });

  it('RS-11 is valid with this server as one audience of several', async () => {
    const token = await signed({ ...GENUINE, aud: ['https://other.example', RESOURCE] });
    expect(await tokensOf(MATERIAL).verify(token)).toEqual(CLAIMS);
  });

  it('R-AT-3 is valid with its type in full', async () => {
    const token = await signed(GENUINE, { typ: 'application/at+jwt' });
    expect(await tokensOf(MATERIAL).verify(token)).toEqual(CLAIMS);
  });
});

describe('a token with a genuine signature is refused (R-AT-3)', () => {
  it.each<[string, JWTPayload, Record<string, unknown>?]>(
    [
      ['RS-11 for another audience', { ...GENUINE, aud: 'https://other.example/mcp' }],
      ['RS-11 for the origin only', { ...GENUINE, aud: ISSUER }],
      ['RS-11 with a slash more', { ...GENUINE, aud: `${RESOURCE}/` }],
      ['RS-11 for an audience in capitals', { ...GENUINE, aud: RESOURCE.toUpperCase() }],
      ['RS-11 without an audience', { ...GENUINE, aud: undefined }],
      ['RS-11 without an audience', { ...GENUINE, aud: [] }],
      ['RS-10 of another issuer', { ...GENUINE, iss: 'https://t.auth0.com/' }],
      ['RS-10 of an issuer with a slash more', { ...GENUINE, iss: `${ISSUER}/` }],
      ['RS-10 without an issuer', { ...GENUINE, iss: undefined }],
      ['RS-10 not yet valid', { ...GENUINE, nbf: NOW + 31 }],
      ['RS-12 expired', { ...GENUINE, exp: NOW - 30 }],
      ['R-RS-6 without an end', { ...GENUINE, exp: undefined }],
      ['with a start that is no number', { ...GENUINE, nbf: '0' as unknown as number }],
      ['with an end that is no number', { ...GENUINE, exp: 'never' as unknown as number }],
      ['without a subject', { ...GENUINE, sub: undefined }],
      ['without a client', { ...GENUINE, client_id: undefined }],
      ['without a date of issue', { ...GENUINE, iat: undefined }],
      ['without an id', { ...GENUINE, jti: undefined }],
      ['RS-18 without scope, as an ID token', { ...GENUINE, scope: undefined }],
      ['of type JWT', GENUINE, { typ: 'JWT' }],
      ['of no type', GENUINE, { typ: undefined }],
      ['of the type of an ID-JAG', GENUINE, { typ: 'oauth-id-jag+jwt' }],
      ['of an unknown key', GENUINE, { kid: 'unknown' }],
      ['of a key by the name of a built-in', GENUINE, { kid: '__proto__' }],
      ['of no key', GENUINE, { kid: undefined }],
      [
        'with an extension that must be understood',
        GENUINE,
        { crit: ['https://example.com/x'], 'https://example.com/x': 1 },
      ],
    ].map((row): [string, JWTPayload, Record<string, unknown>] => [
      row[0] as string,
      row[1] as JWTPayload,
      (row[2] ?? {}) as Record<string, unknown>,
    ]),
  )('%s', async (_what, payload, header) => {
    const attempt = tokensOf(MATERIAL).verify(await signed(payload, header));
    await expect(attempt).rejects.toBeInstanceOf(InvalidTokenError);
    await expect(attempt).rejects.toMatchObject({
      description: expect.stringMatching(
        /^The access token (has expired|is not valid for this server)$/,
      ),
    });
  });
});

describe('a token without our signature is refused (RS-10)', () => {
  const refused = async (token: string): Promise<void> => {
    await expect(tokensOf(MATERIAL).verify(token)).rejects.toBeInstanceOf(InvalidTokenError);
  };
  /** Each forgery has the MAC of its payload, so that the signature decides. */
  const FORGED_HEADER = { ...GENUINE_HEADER, mac: macOf(part(GENUINE)) };
  const foreign = generateKeyPair('ES256', { extractable: true });

  it.each(['none', 'None', 'NONE', ''])('unsigned, alg %j', async (alg) => {
    await refused(`${part({ ...FORGED_HEADER, alg })}.${part(GENUINE)}.`);
    const [, , signature = ''] = (await signed(GENUINE)).split('.');
    await refused(`${part({ ...FORGED_HEADER, alg })}.${part(GENUINE)}.${signature}`);
  });

  it.each([
    ['the PEM', KEY.publicKey.export({ type: 'spki', format: 'pem' })],
    ['the DER', KEY.publicKey.export({ type: 'spki', format: 'der' })],
    ['the JWK', JSON.stringify(KEY.jwk)],
    ['the kid', KEY.kid],
    ['nothing', ''],
  ])('HS256 with %s of the public key', async (_what, secret) => {
    const text = `${part({ ...FORGED_HEADER, alg: 'HS256' })}.${part(GENUINE)}`;
    await refused(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
  });

  it('signed by another key under the genuine kid', async () => {
    const { privateKey } = await foreign;
    await refused(await new SignJWT(GENUINE).setProtectedHeader(FORGED_HEADER).sign(privateKey));
  });

  it('signed by a key in the token', async () => {
    const { privateKey, publicKey } = await foreign;
    const { exportJWK } = await import('jose');
    const jwk = await exportJWK(publicKey);
    for (const more of [
      { jwk },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example' },
      { x5c: ['AAAA'] },
    ]) {
      for (const kid of [KEY.kid, 'evil']) {
        const header = { ...FORGED_HEADER, kid, ...more };
        await refused(await new SignJWT(GENUINE).setProtectedHeader(header).sign(privateKey));
      }
    }
  });

  it('R-AT-3 ignores a key in a genuine token', async () => {
    const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    expect(await tokensOf(MATERIAL).verify(await signed(GENUINE, { jwk }))).toEqual(CLAIMS);
  });

  it('with any bit of header, payload or signature changed', async () => {
    const tokens = tokensOf(MATERIAL);
    const parts = (await tokens.sign(CLAIMS))
      .split('.')
      .map((text) => Buffer.from(text, 'base64url'));
    for (const [index, bytes] of parts.entries()) {
      for (let bit = index; bit < bytes.length * 8; bit += 13) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const all = parts.map((one, at) => (at === index ? changed : one).toString('base64url'));
        await expect(tokens.verify(all.join('.'))).rejects.toBeInstanceOf(InvalidTokenError);
      }
    }
  });

  it('with characters added', async () => {
    const token = await tokensOf(MATERIAL).sign(CLAIMS);
    for (const other of [`${token} `, `${token}+x`, `${token}.`, `.${token}`, `${token}A`]) {
      await refused(other);
    }
  });

  it('with the signature of another genuine token', async () => {
    const tokens = tokensOf(MATERIAL);
    const [, , signature] = (await tokens.sign(CLAIMS)).split('.');
    const payload = part({ ...GENUINE, scope: 'admin' });
    const header = part({ ...GENUINE_HEADER, mac: macOf(payload) });
    await refused([header, payload, signature].join('.'));
  });

  it('with a signature of zeros', async () => {
    const zeros = Buffer.alloc(64).toString('base64url');
    await refused(`${part(FORGED_HEADER)}.${part(GENUINE)}.${zeros}`);
  });

  it('R-RS-7 with 1,000 random texts', async () => {
    const tokens = tokensOf(MATERIAL);
    for (let round = 0; round < 1000; round += 1) {
      const shape = ['base64url', 'base64', 'latin1', 'utf8'] as const;
      const text = randomBytes(round % 120).toString(shape[round % 4]);
      const token = round % 3 === 0 ? `${part({ alg: 'ES256' })}.${text}.${text}` : text;
      await expect(tokens.verify(token)).rejects.toBeInstanceOf(InvalidTokenError);
    }
  });

  it.each([
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    'a.b.c.d.e',
    part(FORGED_HEADER),
    `${part(null)}.${part(null)}.x`,
    `${part([])}.x.x`,
  ])('R-RS-7 with %j', refused);
});

describe('a token without our MAC is refused, whatever its signature (RS-10)', () => {
  const stranger = signingKeyFrom(randomBytes(SIGNING_KEY_MATERIAL_BYTES));
  const genuine = macOf(part(GENUINE));

  it.each<[string, unknown]>([
    ['none', undefined],
    ['an empty one', ''],
    ['that of another payload', macOf(part({ ...GENUINE, scope: 'admin' }))],
    ['that of another key', macOf(part(GENUINE), stranger)],
    ['a part of it', genuine.slice(0, -1)],
    ['more than it', `${genuine}A`],
    ['in a list', [genuine, genuine]],
    ['null', null],
    ['a number', 0],
  ])('%s', async (_what, sent) => {
    const token = await signed(GENUINE, { mac: sent });
    await expect(tokensOf(MATERIAL).verify(token)).rejects.toMatchObject({
      description: 'The access token is not valid for this server',
      detail: expect.stringContaining('this server did not issue it'),
    });
  });

  it('R-AT-6 is that of the key that the token names', async () => {
    const older = signingKeyFrom(OLD_MATERIAL);
    const token = await signed(GENUINE, { mac: macOf(part(GENUINE), older) });
    const attempt = tokensOf(MATERIAL, OLD_MATERIAL).verify(token);
    await expect(attempt).rejects.toBeInstanceOf(InvalidTokenError);
  });
});

describe('expiry of a token', () => {
  it('RS-12 is exact to the second, also for claims that were verified before', async () => {
    const tokens = tokensOf(MATERIAL);
    const token = await tokens.sign(CLAIMS);
    now = CLAIMS.expiresAt + 29;
    expect(await tokens.verify(token)).toEqual(CLAIMS);
    expect(tokens.isExpired(CLAIMS)).toBe(false);
    for (now of [CLAIMS.expiresAt + 30, CLAIMS.expiresAt + 100_000]) {
      await expect(tokens.verify(token)).rejects.toThrow('The access token has expired');
      expect(tokens.isExpired(CLAIMS)).toBe(true);
    }
  });
});

describe('key rotation (R-AT-6)', () => {
  it('signs with the new key and accepts the old one', async () => {
    const old = await tokensOf(OLD_MATERIAL).sign(CLAIMS);
    const rotated = tokensOf(MATERIAL, OLD_MATERIAL);
    expect(await rotated.verify(old)).toEqual(CLAIMS);
    expect(decodeProtectedHeader(await rotated.sign(CLAIMS)).kid).toBe(KEY.kid);
    expect(rotated.jwks.keys.map(({ kid }) => kid)).toEqual([
      KEY.kid,
      signingKeyFrom(OLD_MATERIAL).kid,
    ]);
  });

  it('refuses tokens of a key that was removed', async () => {
    const old = await tokensOf(OLD_MATERIAL).sign(CLAIMS);
    await expect(tokensOf(MATERIAL).verify(old)).rejects.toBeInstanceOf(InvalidTokenError);
  });

  it('publishes nothing but public members', () => {
    expect(JSON.stringify(tokensOf(MATERIAL, OLD_MATERIAL).jwks)).not.toContain('"d"');
  });

  it('requires a key', () => {
    expect(() => tokensOf()).toThrow(RangeError);
  });
});

const fixed = Buffer.concat([
  createHash('sha512').update('fixed').digest().subarray(0, 40),
  Buffer.alloc(32, 'mac'),
]);

describe('the key pair for access tokens', () => {
  it('R-DP-4 is the same on every instance, and different for other material', () => {
    expect(signingKeyFrom(fixed).jwk).toEqual(signingKeyFrom(fixed).jwk);
    expect(signingKeyFrom(randomBytes(72)).kid).not.toBe(signingKeyFrom(fixed).kid);
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
  ])('works for material of %s', (_what, scalar) => {
    const { privateKey, publicKey } = signingKeyFrom(
      Buffer.concat([scalar, Buffer.alloc(32, 'mac')]),
    );
    const signature = sign('sha256', Buffer.from('text'), privateKey);
    expect(verify('sha256', Buffer.from('text'), publicKey, signature)).toBe(true);
  });

  it('requires all of the material', () => {
    for (const length of [0, 40, 71, 73]) {
      expect(() => signingKeyFrom(randomBytes(length))).toThrow(RangeError);
    }
  });

  it('works for any material', () => {
    for (let round = 0; round < 200; round += 1) {
      const { jwk } = signingKeyFrom(randomBytes(72));
      expect([jwk.x, jwk.y].map((member) => member?.length)).toEqual([43, 43]);
    }
  });
});
