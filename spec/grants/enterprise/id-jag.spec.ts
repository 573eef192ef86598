import { beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

import type { ClientKeySet } from '../../../lib/clients/metadata-documents/client-keys.js';
import type { EnterpriseIssuer } from '../../../lib/config/config.js';
import type { AssertionRefusalReason as RefusalReason } from '../../../lib/config/events.js';
import {
  AssertionRefusal,
  createIdJagVerification,
  type IdJag,
  issuerOf,
} from '../../../lib/grants/enterprise/id-jag.js';
import { TemporarilyUnavailableError } from '../../../lib/oauth/errors.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://mcp.example';
const RESOURCE = 'https://mcp.example/mcp';
const CLIENT_ID = 'https://agent.example/client.json';
const ACME = 'https://acme.okta.example';
const RIVAL = 'https://rival.okta.example';

const issuer = (name: string): EnterpriseIssuer => ({
  issuer: name,
  clients: [CLIENT_ID],
  subject: ({ sub }) => sub,
  scopes: undefined,
  jwksUri: undefined,
});

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

interface Header {
  readonly alg?: string;
  readonly key?: string;
  readonly kid?: string | undefined;
  readonly typ?: string | undefined;
  readonly [name: string]: unknown;
}

describe('ID-JAG', () => {
  const pairs = new Map<string, Pair>();
  const pair = (name: string): Pair => {
    const found = pairs.get(name);
    if (found === undefined) throw new Error(`no key ${name}`);
    return found;
  };

  beforeAll(async () => {
    for (const alg of [...ALGORITHMS, 'ES384', 'rival']) {
      pairs.set(alg, await generateKeyPair(alg === 'rival' ? 'ES256' : alg, { extractable: true }));
    }
  });

  async function keySet(...names: string[]): Promise<ClientKeySet> {
    const keys = names.map(async (name) => ({
      ...(await exportJWK(pair(name).publicKey)),
      kid: name,
    }));
    return { keys: await Promise.all(keys) };
  }

  const claimsWith = (claims: Record<string, unknown>): Record<string, unknown> => ({
    iss: ACME,
    sub: '00u1',
    aud: ISSUER,
    client_id: CLIENT_ID,
    jti: 'one',
    iat: NOW,
    exp: NOW + 300,
    ...claims,
  });

  function sign(claims: Record<string, unknown> = {}, header: Header = {}): Promise<string> {
    const { alg = 'ES256', key = alg, kid = key, typ = 'oauth-id-jag+jwt', ...more } = header;
    const names = {
      ...more,
      alg,
      ...(!('kid' in header && header.kid === undefined) && { kid }),
      ...(!('typ' in header && header.typ === undefined) && { typ }),
    };
    return new SignJWT(claimsWith(claims)).setProtectedHeader(names).sign(pair(key).privateKey);
  }

  /** @param sets of ACME, before and after a rotation; RIVAL has a key of its own */
  function verifier(...sets: ClientKeySet[]) {
    const renewals: boolean[] = [];
    const verify = createIdJagVerification(
      { issuer: ISSUER, resource: RESOURCE },
      {
        async find({ issuer: name }, { isRenewal } = { isRenewal: false }) {
          renewals.push(isRenewal);
          if (name === RIVAL) return keySet('rival');
          return (isRenewal ? sets[1] : sets[0]) ?? sets[0] ?? (await keySet('ES256'));
        },
      },
      () => NOW,
    );
    return {
      renewals,
      verify: async (assertion: string): Promise<IdJag & { readonly from: string }> => {
        const from = issuerOf(assertion, [issuer(ACME), issuer(RIVAL)]);
        return { ...(await verify(assertion, from, CLIENT_ID)), from: from.issuer };
      },
    };
  }

  async function refusalOf(assertion: string, ...sets: ClientKeySet[]): Promise<RefusalReason> {
    const error: unknown = await verifier(...sets)
      .verify(assertion)
      .then(
        () => 'accepted',
        (thrown: unknown) => thrown,
      );
    if (!(error instanceof AssertionRefusal)) throw new Error(`not refused: ${error}`);
    // For the log: no part of the assertion.
    for (const part of assertion.split('.').filter((text) => text.length > 8)) {
      expect(`${error.stack} ${JSON.stringify(error.cause)}`).not.toContain(part);
    }
    return error.reason;
  }

  it.each(ALGORITHMS)('EX-7 accepts an assertion signed with %s', async (alg) => {
    const { verify } = verifier(await keySet(alg));
    const { from, claims, jti, scopes, expiresAt } = await verify(
      await sign({ scope: 'read write', email: 'ada@acme.example' }, { alg }),
    );
    expect(from).toBe(ACME);
    expect(claims).toMatchObject({ iss: ACME, sub: '00u1', email: 'ada@acme.example' });
    expect({ jti, scopes, expiresAt }).toEqual({
      jti: 'one',
      scopes: ['read', 'write'],
      expiresAt: NOW + 300,
    });
  });

  it('EX-9 an assertion without scope has none, one with an empty scope an empty list', async () => {
    const { verify } = verifier();
    expect((await verify(await sign())).scopes).toBeUndefined();
    expect((await verify(await sign({ scope: '' }))).scopes).toEqual([]);
  });

  it.each<{ aud: unknown; resource?: unknown }>([
    { aud: [ISSUER] },
    { aud: ISSUER, resource: RESOURCE },
    { aud: ISSUER, resource: [RESOURCE] },
    { aud: ISSUER, resource: `${RESOURCE}/` },
  ])('EX-7 accepts %j', async (claims) => {
    await expect(verifier().verify(await sign(claims))).resolves.toBeDefined();
  });

  it.each(['application/oauth-id-jag+jwt', 'OAuth-ID-JAG+JWT'])(
    'EX-7 accepts the type %s, which is the same (RFC 7515 §4.1.9)',
    async (typ) => {
      await expect(verifier().verify(await sign({}, { typ }))).resolves.toBeDefined();
    },
  );

  it.each<[RefusalReason, Record<string, unknown>]>([
    ['wrong_audience', { aud: `${ISSUER}/` }],
    ['wrong_audience', { aud: `${ISSUER}/token` }],
    ['wrong_audience', { aud: RESOURCE }],
    ['wrong_audience', { aud: 'https://other.example' }],
    ['wrong_audience', { aud: [ISSUER, 'https://other.example'] }],
    ['wrong_audience', { aud: [ISSUER, ISSUER] }],
    ['wrong_audience', { aud: [] }],
    ['wrong_audience', { aud: ISSUER.toUpperCase() }],
    ['malformed', { aud: undefined }],
    ['wrong_client', { client_id: 'https://other.example/client.json' }],
    ['wrong_client', { client_id: [CLIENT_ID] }],
    ['wrong_client', { client_id: `${CLIENT_ID}#` }],
    ['malformed', { client_id: undefined }],
    ['wrong_resource', { resource: 'https://other.example/mcp' }],
    ['wrong_resource', { resource: [RESOURCE, 'https://other.example/mcp'] }],
    ['wrong_resource', { resource: [] }],
    ['wrong_resource', { resource: null }],
    ['wrong_resource', { resource: { url: RESOURCE } }],
    ['wrong_resource', { resource: '' }],
    ['expired', { iat: NOW - 400, exp: NOW - 60 }],
    ['not_yet_valid', { iat: NOW + 61, exp: NOW + 300 }],
    ['not_yet_valid', { nbf: NOW + 61 }],
    ['lifetime_too_long', { exp: NOW + 901 }],
    ['lifetime_too_long', { iat: NOW - 86_400 }],
    ['malformed', { exp: undefined }],
    ['malformed', { iat: undefined }],
    ['malformed', { exp: String(NOW + 300) }],
    ['malformed', { iat: 'now' }],
    ['malformed', { jti: undefined }],
    ['malformed', { jti: '' }],
    ['malformed', { jti: 7 }],
    ['malformed', { jti: 'j'.repeat(256) }],
    ['malformed', { sub: undefined }],
    ['malformed', { sub: '' }],
    ['malformed', { sub: ['00u1'] }],
    ['malformed', { sub: 's'.repeat(256) }],
    ['malformed', { scope: ['read'] }],
    ['unknown_issuer', { iss: 'https://evil.example' }],
    ['unknown_issuer', { iss: `${ACME}/` }],
    ['unknown_issuer', { iss: undefined }],
    ['unknown_issuer', { iss: [ACME] }],
    ['unsupported_claim', { cnf: { jkt: 'thumbprint' } }],
    ['unsupported_claim', { authorization_details: [{ type: 'file' }] }],
  ])('EX-7, EX-10: an assertion is refused as %s for %p', async (reason, claims) => {
    expect(await refusalOf(await sign(claims))).toBe(reason);
  });

  it.each([
    undefined,
    'JWT',
    'jwt',
    'at+jwt',
    'logout+jwt',
    'dpop+jwt',
    'oauth-client-auth+jwt',
    'id-jag+jwt',
    'oauth-id-jag',
    'application/',
    '',
    'text/oauth-id-jag+jwt',
  ])('EX-7, EX-14: the type %j is not that of an assertion', async (typ) => {
    expect(await refusalOf(await sign({}, { typ }))).toBe('wrong_type');
  });

  describe('attacks', () => {
    it('subject confusion: the key of one issuer signs for no other one', async () => {
      const { verify } = verifier();
      const own = await sign({ iss: RIVAL }, { key: 'rival', kid: 'rival' });
      expect((await verify(own)).from).toBe(RIVAL);
      // With the kid of either.
      for (const kid of ['rival', 'ES256', undefined]) {
        expect(await refusalOf(await sign({ iss: ACME }, { key: 'rival', kid }))).toBe(
          'bad_signature',
        );
      }
      expect(await refusalOf(await sign({ iss: RIVAL }, { kid: 'ES256' }))).toBe('bad_signature');
    });

    it('a key inside the header, or behind a URL in it, is not used', async () => {
      const jwk = await exportJWK(pair('rival').publicKey);
      for (const extra of [{ jwk }, { jku: 'https://evil.example/jwks' }]) {
        const forged = await sign({}, { ...extra, key: 'rival', kid: 'ES256' });
        expect(await refusalOf(forged)).toBe('bad_signature');
      }
    });

    it('alg none, a shared secret and an algorithm outside the list are refused', async () => {
      const unsigned = new UnsecuredJWT(claimsWith({})).encode();
      const [, payload] = unsigned.split('.');
      const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'oauth-id-jag+jwt' }));
      expect(await refusalOf(`${none.toString('base64url')}.${payload}.`)).toBe('bad_signature');

      const { x = '' } = await exportJWK(pair('ES256').publicKey);
      const secret = Buffer.from(x, 'base64url');
      const header = { alg: 'HS256', typ: 'oauth-id-jag+jwt', kid: 'ES256' };
      const shared = await new SignJWT(claimsWith({})).setProtectedHeader(header).sign(secret);
      expect(await refusalOf(shared)).toBe('bad_signature');

      const other = await sign({}, { alg: 'ES384' });
      expect(await refusalOf(other, await keySet('ES384'))).toBe('bad_signature');
    });

    it('a changed claim breaks the signature', async () => {
      const [header, , signature] = (await sign()).split('.');
      const payload = Buffer.from(JSON.stringify(claimsWith({ sub: 'admin' })));
      const forged = [header, payload.toString('base64url'), signature].join('.');
      expect(await refusalOf(forged)).toBe('bad_signature');
    });

    it.each([
      ['empty', ''],
      ['one word', 'x'],
      ['three words', 'a.b.c'],
      ['two dots', '..'],
      ['two empty objects', 'e30.e30.'],
      ['17,000 characters', 'a'.repeat(17_000)],
    ])('a text that is no JWT: %s', async (_what, text) => {
      expect(['malformed', 'wrong_type']).toContain(await refusalOf(text));
    });
  });

  it('EX-7 follows a rotation of the issuer: one renewal for a key that is not cached', async () => {
    const { verify, renewals } = verifier(await keySet('RS256'), await keySet('RS256', 'ES256'));
    await expect(verify(await sign())).resolves.toBeDefined();
    expect(renewals).toEqual([false, true]);
    await verify(await sign({}, { alg: 'RS256' }));
    expect(renewals).toEqual([false, true, false]);
  });

  it('without kid it accepts the only key that fits, and refuses to guess among several', async () => {
    const assertion = await sign({}, { kid: undefined });
    const only = verifier(await keySet('ES256', 'RS256'));
    await expect(only.verify(assertion)).resolves.toBeDefined();
    expect(await refusalOf(assertion, await keySet('ES256', 'rival'))).toBe('bad_signature');
  });

  it('permits clocks that differ by a minute', async () => {
    const { verify } = verifier();
    for (const claims of [
      { iat: NOW + 60, exp: NOW + 300 },
      { iat: NOW - 300, exp: NOW - 59 },
      { exp: NOW + 900 },
    ]) {
      await expect(verify(await sign(claims))).resolves.toBeDefined();
    }
  });

  it('an outage of the issuer is an outage, not a refusal', async () => {
    const verify = createIdJagVerification(
      { issuer: ISSUER, resource: RESOURCE },
      { find: () => Promise.reject(new TemporarilyUnavailableError('later')) },
      () => NOW,
    );
    await expect(verify(await sign(), issuer(ACME), CLIENT_ID)).rejects.toThrow(
      TemporarilyUnavailableError,
    );
  });

  it('asks for no keys of an issuer that is not configured, nor for another type', async () => {
    const { verify, renewals } = verifier();
    await expect(verify(await sign({ iss: 'https://evil.example' }))).rejects.toThrow();
    await expect(verify(await sign({}, { typ: 'JWT' }))).rejects.toThrow();
    expect(renewals).toEqual([]);
  });
});
