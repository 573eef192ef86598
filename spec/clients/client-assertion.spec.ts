import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import {
  ClientAssertionError,
  createClientAssertions,
} from '../../lib/clients/client-assertion.js';
import type { ClientKeySet } from '../../lib/clients/metadata-documents/client-keys.js';
import { ClientMetadataError } from '../../lib/clients/metadata-documents/client-metadata-error.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';

const NOW = 1_800_000_000;
const CLIENT_ID = 'https://client.example/c.json';
const ISSUER = 'https://mcp.example';
const client = { id: CLIENT_ID, jwks: undefined, jwksUri: 'https://client.example/jwks.json' };

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

describe('client assertion (private_key_jwt)', () => {
  const pairs = new Map<string, Pair>();
  const pair = (name: string): Pair => {
    const found = pairs.get(name);
    if (found === undefined) throw new Error(`no key ${name}`);
    return found;
  };

  beforeAll(async () => {
    for (const alg of [...ALGORITHMS, 'ES384', 'other']) {
      pairs.set(alg, await generateKeyPair(alg === 'other' ? 'ES256' : alg, { extractable: true }));
    }
  });

  async function keySet(...names: string[]): Promise<ClientKeySet> {
    const keys = names.map(async (name) => ({
      ...(await exportJWK(pair(name).publicKey)),
      kid: name,
    }));
    return { keys: await Promise.all(keys) };
  }

  function sign(
    claims: Record<string, unknown> = {},
    header: { alg?: string; key?: string; kid?: string | undefined; typ?: string } = {},
  ): Promise<string> {
    const { alg = 'ES256' } = header;
    const { key = alg } = header;
    const kid = 'kid' in header ? header.kid : key;
    const payload = {
      iss: CLIENT_ID,
      sub: CLIENT_ID,
      aud: ISSUER,
      jti: 'one',
      iat: NOW,
      exp: NOW + 60,
      ...claims,
    };
    const { typ } = header;
    const names = { alg, ...(kid !== undefined && { kid }), ...(typ !== undefined && { typ }) };
    return new SignJWT(payload).setProtectedHeader(names).sign(pair(key).privateKey);
  }

  function verifier(...sets: ClientKeySet[]) {
    const remembered = new Map<string, number>();
    const asked: boolean[] = [];
    let clock = NOW;
    const verifyClientAssertion = createClientAssertions(
      async (_client, renewal) => {
        const isRenewal = renewal?.isRenewal ?? false;
        asked.push(isRenewal);
        return (isRenewal ? sets[1] : sets[0]) ?? sets[0] ?? { keys: [] };
      },
      async ({ key, grantId, ttlSeconds }) => {
        expect(grantId).toBe('grant');
        if (remembered.has(key)) return false;
        remembered.set(key, ttlSeconds);
        return true;
      },
      ISSUER,
      () => clock,
    );
    const prove = (assertion: string, now = NOW) => {
      clock = now;
      return verifyClientAssertion(assertion, client);
    };
    /** Proves it and uses it up. */
    const verify = async (assertion: string, now = NOW): Promise<void> =>
      (await prove(assertion, now))('grant');
    return { prove, verify, remembered, asked };
  }

  it.each(ALGORITHMS)('R-CI-5 proves the client with %s', async (alg) => {
    const { verify } = verifier(await keySet(alg));
    await expect(verify(await sign({}, { alg }))).resolves.toBeUndefined();
  });

  it.each<{ aud: string | string[] }>([{ aud: ISSUER }, { aud: [ISSUER] }])(
    'R-TK-16 accepts the audience %j',
    async ({ aud }) => {
      const { verify } = verifier(await keySet('ES256'));
      await expect(verify(await sign({ aud }))).resolves.toBeUndefined();
    },
  );

  it.each<{ aud: unknown }>([
    { aud: `${ISSUER}/token` },
    { aud: `${ISSUER}/` },
    { aud: 'https://other.example' },
    { aud: [ISSUER, 'https://other.example'] },
    { aud: ['https://other.example', ISSUER] },
    { aud: [ISSUER, `${ISSUER}/token`] },
    { aud: [ISSUER, ISSUER] },
    { aud: [] },
    { aud: '' },
    { aud: ISSUER.toUpperCase() },
  ])('R-TK-16 refuses the audience %j', async ({ aud }) => {
    const { prove } = verifier(await keySet('ES256'));
    await expect(prove(await sign({ aud }))).rejects.toThrow(ClientAssertionError);
  });

  it.each([
    undefined,
    'JWT',
    'jwt',
    'application/JWT',
    'client-authentication+jwt',
    'Client-Authentication+JWT',
    'application/client-authentication+jwt',
    'oauth-client-auth+jwt',
    'APPLICATION/oauth-client-auth+jwt',
  ])('R-TK-17 accepts the type %j', async (typ) => {
    const { verify } = verifier(await keySet('ES256'));
    const assertion = await sign({}, typ === undefined ? {} : { typ });
    await expect(verify(assertion)).resolves.toBeUndefined();
  });

  it.each([
    'at+jwt',
    'application/at+jwt',
    'logout+jwt',
    'oauth-id-jag+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'JOSE',
    '',
    'application/',
    'text/jwt',
    'application/application/jwt',
    'jwt ',
  ])('R-TK-17 refuses the type %j', async (typ) => {
    const { prove } = verifier(await keySet('ES256'));
    await expect(prove(await sign({}, { typ }))).rejects.toThrow(ClientAssertionError);
    const several = verifier(await keySet('other', 'ES256'));
    const unnamed = await sign({}, { typ, kid: undefined });
    await expect(several.prove(unnamed)).rejects.toThrow(ClientAssertionError);
  });

  it('FA-25: stores nothing for an assertion that is only verified', async () => {
    const { prove, remembered } = verifier(await keySet('ES256'));
    const use = await prove(await sign());
    await prove(await sign());
    expect(remembered.size).toBe(0);
    await use('grant');
    expect(remembered.size).toBe(1);
    await expect((await prove(await sign()))('grant')).rejects.toThrow(ClientAssertionError);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://other.example/c' }],
    ['no issuer', { iss: undefined }],
    ['another subject', { sub: 'https://other.example/c' }],
    ['no subject', { sub: undefined }],
    ['another audience', { aud: 'https://other.example' }],
    ['an audience with a slash more', { aud: `${ISSUER}/` }],
    ['no audience', { aud: undefined }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is over', { exp: NOW - 61 }],
    ['an expiry too far ahead', { exp: NOW + 361 }],
    ['a start in the future', { nbf: NOW + 61 }],
    ['a date of issue in the future', { iat: NOW + 61 }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: 7 }],
  ])('RFC 7523 §3 refuses %s', async (_what, claims) => {
    const { verify, remembered } = verifier(await keySet('ES256'));
    await expect(verify(await sign(claims))).rejects.toThrow(ClientAssertionError);
    expect(remembered.size).toBe(0);
  });

  it('RFC 7523 §3 accepts a clock difference of a minute', async () => {
    const { verify } = verifier(await keySet('ES256'));
    const claims = { iat: NOW + 60, exp: NOW + 360 };
    await expect(verify(await sign(claims))).resolves.toBeUndefined();
    const late = await sign({ jti: 'two', exp: NOW - 59 });
    await expect(verify(late)).resolves.toBeUndefined();
  });

  it('RFC 7523 §3 accepts a jti once, and stores it for as long as any instance would accept it', async () => {
    const { verify, remembered } = verifier(await keySet('ES256'));
    const assertion = await sign({ exp: NOW + 60 });
    await verify(assertion);
    await expect(verify(assertion)).rejects.toMatchObject({ detail: 'jti was used before' });
    expect([...remembered.values()]).toEqual([180]);
    expect([...remembered.keys()][0]).toMatch(/^[\w-]{43}$/);
  });

  it.each([30, 60])(
    'RFC 7523 §3 accepts a jti once on instances whose clocks are %i s apart',
    async (skew) => {
      let now = NOW;
      let clock = NOW;
      const store = memoryStorage({ now: () => now });
      const keys = await keySet('ES256');
      const verify = createClientAssertions(
        async () => keys,
        ({ key, ttlSeconds }) => store.add(key, new Uint8Array(1), ttlSeconds),
        ISSUER,
        () => clock,
      );
      const assertion = await sign({ exp: NOW + 60 });
      const use = async (at: number): Promise<string> => {
        clock = at;
        const used = async () => (await verify(assertion, client))('grant');
        return used().then(
          () => 'accepted',
          (error: unknown) => (error instanceof ClientAssertionError ? error.detail : ''),
        );
      };
      // The first clock is ahead; the others are right.
      expect(await use(now + skew)).toBe('accepted');
      for (const later of [1, 50, 100, 119, 120]) {
        now = NOW + later;
        expect(await use(now)).not.toBe('accepted');
      }
    },
  );

  it('distinguishes the jti of two clients', async () => {
    const keys = await keySet('ES256');
    const stored = new Set<string>();
    const verify = createClientAssertions(
      async () => keys,
      async ({ key }) => stored.size !== stored.add(key).size,
      ISSUER,
      () => NOW,
    );
    for (const [id, jti] of [
      ['c', 'b one'],
      ['c b', 'one'],
      ['c","b', 'one'],
      ['c', 'b","one'],
    ] as const) {
      const assertion = await sign({ iss: id, sub: id, jti });
      await (await verify(assertion, { ...client, id }))('g');
    }
    expect(stored.size).toBe(4);
  });

  it('stores a jti only after the signature is verified', async () => {
    const { verify, remembered } = verifier(await keySet('ES256'));
    await expect(verify(await sign({}, { key: 'other', kid: 'ES256' }))).rejects.toThrow(
      ClientAssertionError,
    );
    expect(remembered.size).toBe(0);
    await expect(verify(await sign())).resolves.toBeUndefined();
  });

  it('refuses algorithms outside its list, unsigned ones and shared keys above all', async () => {
    const { verify } = verifier(await keySet('ES384', 'RS256'));
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    const body = Buffer.from(JSON.stringify({ iss: CLIENT_ID })).toString('base64url');
    const hmac = await new SignJWT({ iss: CLIENT_ID, sub: CLIENT_ID })
      .setProtectedHeader({ alg: 'HS256', kid: 'RS256' })
      .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(pair('RS256').publicKey))));
    for (const assertion of [`${header}.${body}.`, hmac, await sign({}, { alg: 'ES384' })]) {
      await expect(verify(assertion)).rejects.toThrow(ClientAssertionError);
    }
  });

  it.each(['', 'x', 'a.b.c', 'a'.repeat(9_000)])(
    'refuses %.10s, which is not a JWT',
    async (text) => {
      const { verify } = verifier(await keySet('ES256'));
      await expect(verify(text)).rejects.toMatchObject({
        name: 'ClientAssertionError',
        message: 'The client assertion is not valid',
      });
    },
  );

  it('tries every key that fits when the header names none', async () => {
    const { verify } = verifier(await keySet('other', 'ES256'));
    await expect(verify(await sign({}, { kid: undefined }))).resolves.toBeUndefined();
    const unrelated = verifier(await keySet('ES256', 'other'));
    const assertion = await sign({ iss: 'x' }, { kid: undefined });
    await expect(unrelated.verify(assertion)).rejects.toThrow(ClientAssertionError);
  });

  it('RFC 7517 §4.5 tries three keys at the most when the header names none', async () => {
    const keys: Record<string, unknown>[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { publicKey } = await generateKeyPair('ES256', { extractable: true });
      keys.push({ ...(await exportJWK(publicKey)), kid: `${n}` });
    }
    const [own] = (await keySet('ES256')).keys;
    if (own === undefined) throw new Error('no key');
    const unnamed = { kid: undefined };
    const third = verifier({ keys: [...keys.slice(1), own] });
    await expect(third.verify(await sign({}, unnamed))).resolves.toBeUndefined();
    const fourth = verifier({ keys: [...keys, own] });
    await expect(fourth.verify(await sign({}, unnamed))).rejects.toMatchObject({
      detail: expect.stringContaining('kid is missing'),
    });
    await expect(fourth.verify(await sign())).resolves.toBeUndefined();
  });

  it('fetches newer keys once when none fits: the client may have rotated them', async () => {
    const { verify, asked } = verifier(await keySet('other'), await keySet('other', 'ES256'));
    await expect(verify(await sign())).resolves.toBeUndefined();
    expect(asked).toEqual([false, true]);
    const never = verifier(await keySet('other'));
    await expect(never.verify(await sign())).rejects.toThrow(ClientAssertionError);
    expect(never.asked).toEqual([false, true]);
  });

  it('refuses keys that cannot be used', async () => {
    const broken = { keys: [{ kty: 'EC', crv: 'P-256', x: '!', y: 7, kid: 'ES256' }] };
    await expect(verifier(broken).verify(await sign())).rejects.toThrow(ClientAssertionError);
    const short = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    const jwk = { ...(await exportJWK(short.publicKey)), n: 'AQAB', kid: 'RS256' };
    const weak = verifier({ keys: [jwk] });
    await expect(weak.verify(await sign({}, { alg: 'RS256' }))).rejects.toThrow(
      ClientAssertionError,
    );
  });

  it('R-CI-9 passes the error of an outage of the key host on', async () => {
    const verify = createClientAssertions(
      async () => {
        throw new ClientMetadataError('unreachable', 'down');
      },
      async () => true,
      ISSUER,
      () => NOW,
    );
    const call = verify(await sign(), client);
    await expect(call).rejects.toMatchObject({ isTemporary: true, reason: 'unreachable' });
  });
});
