/**
 * Attacks on a resource server whose tokens are Auth0's own: each over real HTTP, with tokens signed by
 * the stand-in's keys or by others.
 *
 * @module
 */
import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { completeLogin, createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { callTool, rpc, toolResult } from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import {
  CLIENT,
  type ResourceWorld,
  startResourceWorld,
  type TokenChange,
} from '../support/resource-world.js';
import { secretsIn } from '../support/secret-scan.js';

let world: ResourceWorld;
beforeAll(async () => {
  world = await startResourceWorld();
});
afterAll(() => world.close());
afterEach(() => world.tenant.clearFaults());

const answerTo = async (token: unknown) => callTool(world.mcp, token, 'whoami');
const statusOf = async (change: TokenChange) => (await answerTo(await world.token(change))).status;

/** What the log says of the last refused request. */
const reason = (): string =>
  String(
    world.log.findLast(({ message }) => message === 'a request was rejected')?.fields['detail'],
  );

async function refusalOf(change: TokenChange): Promise<string> {
  await expectRefusal(await world.token(change));
  return reason();
}

/** 401, one wording, and a whole challenge; no tool ran. */
async function expectRefusal(token: unknown): Promise<void> {
  const { status, headers, body } = await answerTo(token);
  expect([status, body]).toEqual([
    401,
    { error: 'invalid_token', error_description: expect.stringMatching(/^The access token /) },
  ]);
  expect(headers.get('www-authenticate')).toMatch(
    /^Bearer resource_metadata="[^"]+", error="invalid_token", error_description="[^"]+"$/,
  );
}

describe('a token of the tenant', () => {
  it.each<[string, TokenChange]>([
    ["Auth0's profile", {}],
    ["Auth0's profile, for userinfo as well", { claims: { aud: ['MCP', 'ISSUERuserinfo'] } }],
    [
      'RFC 9068',
      {
        header: { typ: 'at+jwt' },
        claims: { azp: undefined, client_id: CLIENT, jti: 'one-of-a-kind' },
      },
    ],
    ['RFC 9068 in full', { header: { typ: 'application/AT+JWT' } }],
    ['both names of the client', { claims: { client_id: CLIENT } }],
    ['the next key of the tenant', { signer: 'next' }],
    ['a machine, which is its own subject', { claims: { sub: `${CLIENT}@clients` } }],
  ])('RS-11 is accepted with %s', async (_name, { claims, ...change }) => {
    const aud = claims?.['aud'];
    const named = Array.isArray(aud)
      ? aud.map((one) => one.replace('MCP', world.mcp).replace('ISSUER', world.tenant.issuer))
      : world.mcp;
    expect(await statusOf({ ...change, claims: { ...claims, aud: named } })).toBe(200);
  });

  it('RS-23 identifies the caller: subject, client, claims, nothing of an ID token', async () => {
    const token = await world.token({ claims: { permissions: ['files:write'], org_id: 'org_1' } });
    const { extra, ...info } = await world.auth.verifyAccessToken(token);
    expect(info).toEqual({
      token,
      clientId: CLIENT,
      scopes: ['read:notes', 'files:write'],
      expiresAt: expect.any(Number),
      resource: new URL(world.mcp),
    });
    expect(extra).toMatchObject({
      subject: ADA.sub,
      claims: { iss: world.tenant.issuer, aud: world.mcp, azp: CLIENT, org_id: 'org_1' },
      user: {},
    });
    expect(toolResult(await answerTo(token))).toMatchObject({
      subject: ADA.sub,
      clientId: CLIENT,
      sameAsExtra: true,
    });
  });

  it('RS-18 is not passed on: auth0Token() throws, with the alternative', async () => {
    const { body } = await callTool(world.mcp, await world.token(), 'downstream');
    expect(JSON.stringify(body)).toContain('On-Behalf-Of Token Exchange');
    const { extra } = await world.auth.verifyAccessToken(await world.token());
    const auth0Token = extra?.['auth0Token'] as () => Promise<string>;
    await expect(auth0Token()).rejects.toMatchObject({ code: 'ERR_AUTH0_MCP_TOKEN_PASSTHROUGH' });
  });

  it('cannot be changed by one request for the next', async () => {
    const token = await world.token();
    const first = await world.auth.verifyAccessToken(token);
    first.scopes.push('files:write');
    for (const shared of [first.extra?.['claims'], first.extra?.['user']]) {
      expect(() => Object.assign(shared as object, { sub: 'auth0|mallory' })).toThrow(TypeError);
    }
    const second = await world.auth.verifyAccessToken(token);
    expect(second.scopes).toEqual(['read:notes']);
    expect(second.extra?.['claims']).toMatchObject({ sub: ADA.sub });
  });
});

describe('a token that is not of the tenant', () => {
  it.each<[string, TokenChange]>([
    ['a key the tenant never published', { signer: 'foreign' }],
    ['nobody, alg none', { header: { alg: 'none' }, signer: 'none' }],
    ['another asymmetric algorithm by its header', { header: { alg: 'ES256K' }, signer: 'none' }],
    ['a type that is another', { header: { typ: 'logout+jwt' } }],
    ['no type', { header: { typ: undefined } }],
    ['a type that is no text', { header: { typ: 7 } }],
  ])('RS-10 is rejected: signed by, or with, %s', async (_name, change) => {
    await refusalOf(change);
  });

  it('RS-10 is rejected: a critical extension', async () => {
    const [, payload] = (await world.token()).split('.');
    const { kid, privateKey } = world.tenant.keys.current();
    const header = { alg: 'RS256', typ: 'JWT', kid, crit: ['b64'], b64: false };
    for (const change of [header, { ...header, crit: ['x'], x: 1 }, { ...header, crit: [] }]) {
      const text = `${Buffer.from(JSON.stringify(change)).toString('base64url')}.${payload}`;
      const signature = sign('sha256', Buffer.from(text), privateKey).toString('base64url');
      await expectRefusal(`${text}.${signature}`);
    }
  });

  it('RS-10 is rejected: a secret, or the public key as text, as HMAC key', async () => {
    const pem = world.tenant.keys.current().publicKey.export({ type: 'spki', format: 'pem' });
    for (const secret of ['a shared secret', pem.toString()]) {
      const { kid } = world.tenant.keys.current();
      const refused = await refusalOf({ header: { alg: 'HS256', kid }, signer: { secret } });
      expect(refused).toContain('Signing Algorithm must be RS256');
    }
  });

  it('RS-10 is rejected: a key or a key URL in the header', async () => {
    const foreign = world.tenant.keys.foreign();
    const jwk = createPublicKey(foreign.privateKey).export({ format: 'jwk' });
    const { kid } = world.tenant.keys.current();
    const before = world.tenant.requests.length;
    for (const header of [
      { jwk, kid },
      { jwk },
      { jku: `${world.tenant.issuer}.well-known/jwks.json?mine`, kid: foreign.kid },
      { x5u: 'http://169.254.169.254/', kid },
    ]) {
      await refusalOf({ header, signer: 'foreign' });
    }
    const fetched = world.tenant.requests.slice(before).map(({ path }) => path);
    expect(fetched.filter((path) => path !== '/.well-known/jwks.json')).toEqual([]);
  });

  it('RS-10 is rejected: a modified claim, a signature of other content', async () => {
    const [header, payload = '', signature] = (await world.token()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const other = (change: object) =>
      Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url');
    const [, , otherSignature] = (await world.token({ claims: { sub: 'auth0|x' } })).split('.');
    for (const token of [
      `${header}.${other({ scope: 'files:write' })}.${signature}`,
      `${header}.${other({ sub: 'auth0|mallory' })}.${signature}`,
      `${header}.${payload}.${otherSignature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
    ]) {
      await expectRefusal(token);
    }
  });

  it.each([
    ['another tenant', 'https://other.eu.auth0.com/'],
    ['our tenant without its slash', 'SAME'],
    ['nobody', undefined],
    ['a list', ['ISSUER']],
  ])('RS-10 is rejected: issued by %s', async (_name, iss) => {
    const issuer = iss === 'SAME' ? world.tenant.issuer.slice(0, -1) : iss;
    const named = Array.isArray(issuer) ? [world.tenant.issuer] : issuer;
    expect(await refusalOf({ claims: { iss: named } })).toContain('another issuer');
  });

  it.each([
    '',
    'x',
    'a.b',
    'a.b.c',
    'a.b.c.d.e',
    'eyJhbGciOiJSUzI1NiJ9..',
    `${Buffer.from('{"alg":7,"typ":[]}').toString('base64url')}.e30.AAAA`,
    `${Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')}.bnVsbA.AAAA`,
    `${Buffer.from('[]').toString('base64url')}.W10.AAAA`,
    'oMqN4vXgV7sT1kBqfQnD0Zc2',
  ])('R-RS-7 is rejected, never a server error: %j', async (text) => {
    const { status } = await rpc(world.mcp, text, { method: 'tools/list' });
    expect(status).toBe(401);
  });

  it('R-RS-7 is rejected: a thousand random strings', async () => {
    const before = world.tenant.requests.length;
    for (let round = 0; round < 100; round += 1) {
      const texts = Array.from({ length: 10 }, () => randomToken(round));
      const answers = await Promise.all(texts.map((text) => answerTo(text)));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(401));
    }
    // A `kid` nobody knows causes one fetch in a while, and nothing else does.
    expect(world.tenant.requests.length - before).toBeLessThanOrEqual(2);
  });

  it(`is accepted up to Node's limit for headers`, async () => {
    const permissions = Array.from({ length: 300 }, (_, n) => `permission:of-number-${n}`);
    expect(await statusOf({ claims: { permissions } })).toBe(200);
    const { status } = await rpc(world.mcp, 'x'.repeat(16_385), { method: 'ping' });
    expect([401, 431]).toContain(status);
  });
});

/** JWT-like texts with the tenant's own issuer in it, or pure noise. */
function randomToken(round: number): string {
  const noise = randomBytes(1 + (round % 60)).toString('base64url');
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg: 'RS256', typ: 'JWT', kid: noise });
  const payload = part({ iss: world.tenant.issuer, aud: world.mcp, sub: noise });
  return [noise, `${header}.${payload}.${noise}`, `${noise}.${noise}.${noise}.${noise}.${noise}`][
    round % 3
  ] as string;
}

describe('a token of the tenant with another purpose', () => {
  it.each<[string, unknown]>([
    ['another API', 'https://api.example.test/other'],
    ['our URL with a slash', 'MCP/'],
    ['our URL in capitals', 'UPPER'],
    ['the beginning of our URL', 'ORIGIN'],
    ['something below our URL', 'MCP/more'],
    ['userinfo alone', ['ISSUERuserinfo']],
    ['nothing', undefined],
    ['an empty list', []],
    ['a list of things that are no names', [null, 7, { aud: 'MCP' }]],
  ])(
    'RS-11 PX-24 is rejected, and the setting of the tenant is named: for %s',
    async (_name, aud) => {
      const named = JSON.parse(
        JSON.stringify({ aud })
          .replaceAll('MCP', world.mcp)
          .replaceAll('UPPER', world.mcp.toUpperCase())
          .replaceAll('ORIGIN', world.origin)
          .replaceAll('ISSUER', world.tenant.issuer),
      ).aud;
      const refused = await refusalOf({ claims: { aud: named } });
      expect(refused).toContain(`not for "${world.mcp}"`);
      expect(refused).toContain(`the Identifier of your API must be exactly ${world.mcp}`);
      expect(refused).toContain('Resource Parameter Compatibility Profile');
    },
  );

  it('RS-11 is rejected if it is valid for another API too', async () => {
    for (const other of ['https://api.example.test/other', 'https://evil.example/userinfo']) {
      const refused = await refusalOf({ claims: { aud: [world.mcp, other] } });
      expect(refused).toContain('another API besides this one');
    }
  });

  it('RS-18 is rejected as an ID token, and as a logout token', async () => {
    const idToken = { aud: CLIENT, azp: undefined, scope: undefined };
    expect(await refusalOf({ claims: idToken })).toContain('no client');
    expect(await refusalOf({ claims: { ...idToken, azp: CLIENT, nonce: 'n' } })).toContain(
      'it is an ID token',
    );
    // Even if it named us as its audience.
    expect(await refusalOf({ claims: { nonce: 'n' } })).toContain('it is an ID token');
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    expect(await refusalOf({ claims: { events, sid: 's', jti: 'j' } })).toContain('logout token');
  });

  it('RS-18 is rejected as a real ID token or refresh token of a login at the tenant', async () => {
    const tokens = await firstPartyTokens(world);
    expect(tokens).toMatchObject({ id_token: expect.any(String) });
    await expectRefusal(tokens['id_token']);
    await expectRefusal(tokens['refresh_token']);
    expect((await answerTo(tokens['access_token'])).status).toBe(200);
  });

  it('is rejected if it is bound to a key of the client', async () => {
    for (const cnf of [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, {}, null]) {
      expect(await refusalOf({ claims: { cnf } })).toContain('bound to a key');
    }
  });

  it('is rejected if it names no client, or two', async () => {
    for (const azp of [undefined, '', 7]) {
      expect(await refusalOf({ claims: { azp } })).toContain('names no client');
    }
    expect(await refusalOf({ claims: { client_id: 'another' } })).toContain('differ');
  });

  it.each<[string, Record<string, unknown>]>([
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject without end', { sub: 'x'.repeat(256) }],
    ['no end', { exp: undefined }],
    ['an end that is a text', { exp: '9999999999' }],
    ['no beginning', { iat: undefined }],
    ['a beginning in the future', { iat: 9_999_999_999 }],
    ['a time before which it is not valid', { nbf: 9_999_999_999 }],
  ])('RS-10 is rejected with %s', async (_name, claims) => {
    await refusalOf({ claims });
  });

  it('is logged once as a warning if the tenant signed it, and explained in each rejection', async () => {
    const fresh = await startResourceWorld();
    const other = { claims: { aud: 'https://api.example.test/other' } };
    for (const change of [other, other, { ...other, signer: 'foreign' as const }]) {
      await callTool(fresh.mcp, await fresh.token(change), 'whoami');
    }
    const warnings = fresh.log.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('it is for "https://api.example.test/other"'),
        fields: { remedy: expect.stringContaining(`must be exactly ${fresh.mcp}`) },
      }),
    ]);
    await fresh.close();
  });

  it.each([
    ['opaque', { alg: 'dir', enc: 'A256GCM' }, 'Resource Parameter Compatibility Profile'],
    ['encrypted for the API', { alg: 'RSA-OAEP-256', enc: 'A256GCM' }, 'JSON Web Encryption'],
  ])('is explained if it is %s', async (_name, header, remedy) => {
    const [head] = [Buffer.from(JSON.stringify(header)).toString('base64url')];
    await expectRefusal(`${head}..iv.text.tag`);
    expect(reason()).toContain(remedy);
  });
});

describe('an expired token', () => {
  it('RS-12 is a 401 with the whole challenge, verified before or not', async () => {
    const issuedAt = Math.floor(Date.now() / 1000) - 7200;
    await expectRefusal(await world.token({ claims: { iat: issuedAt, exp: issuedAt + 3600 } }));
    const fresh = await startResourceWorld();
    const token = await fresh.token();
    expect((await callTool(fresh.mcp, token, 'whoami')).status).toBe(200);
    fresh.advance(3600 + 59);
    expect((await callTool(fresh.mcp, token, 'whoami')).status).toBe(200);
    fresh.advance(1);
    const { status, headers } = await callTool(fresh.mcp, token, 'whoami');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/error_description="The access token has exp/);
    await fresh.close();
  });
});

describe('the guard', () => {
  it('RS-26 logs no token', async () => {
    const token = await world.token();
    const refused = await world.token({ claims: { aud: 'https://api.example.test/other' } });
    await answerTo(token);
    await answerTo(refused);
    const text = JSON.stringify(world.log);
    expect(secretsIn(text, { token, refused, signature: refused.split('.')[2] })).toEqual([]);
  });

  it('RS-29 names the reason for a rejection in the log only', async () => {
    const answers = await Promise.all(
      [
        { signer: 'foreign' as const },
        { claims: { aud: 'https://api.example.test/other' } },
        { claims: { iss: 'https://evil.example/' } },
        { claims: { cnf: { jkt: 'x' } } },
      ].map(async (change) => answerTo(await world.token(change))),
    );
    const told = answers.map(({ body, headers }) => [body, headers.get('www-authenticate')]);
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('RS-17 ignores a token in the query or in the body', async () => {
    const token = await world.token();
    const query = await send(`${world.mcp}?access_token=${token}`, { method: 'POST' });
    const form = await send(world.mcp, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}`,
    });
    expect([query.status, form.status]).toEqual([401, 401]);
  });

  it('RS-1 RS-3 challenges requests without a token, for every method, without an error', async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT']) {
      const { status, headers } = await send(world.mcp, { method });
      expect([status, headers['www-authenticate']]).toEqual([
        401,
        `Bearer resource_metadata="${world.origin}/.well-known/oauth-protected-resource/mcp"`,
      ]);
    }
    expect((await send(world.mcp, { method: 'OPTIONS' })).status).toBe(204);
  });

  it('RS-20 rejects pages of other sites before their token is checked', async () => {
    const { status } = await rpc(
      world.mcp,
      await world.token(),
      { method: 'ping' },
      {
        origin: 'https://evil.example',
      },
    );
    expect(status).toBe(403);
  });
});

/** Tokens of an application of the tenant's own, which gets an ID token too. */
async function firstPartyTokens({ tenant, mcp }: ResourceWorld): Promise<Record<string, string>> {
  const redirect_uri = 'http://127.0.0.1:9/callback';
  const verifier = randomBytes(32).toString('base64url');
  const before = tenant.settings.applications;
  tenant.configure({ applications: [{ clientId: 'own', callbackUrls: [redirect_uri] }] });
  const url = new URL('authorize', tenant.issuer);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'own',
    redirect_uri,
    audience: mcp,
    scope: 'openid profile offline_access read:notes',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const browser = createBrowser();
  const options = { stopBefore: redirect_uri };
  const page = await completeLogin(browser, await browser.follow(url, options), ADA, options);
  const response = await fetch(`${tenant.issuer}oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'own',
      redirect_uri,
      code: page.next?.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  tenant.configure({ applications: before });
  return (await response.json()) as Record<string, string>;
}
