import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompactEncrypt, generateKeyPair, SignJWT } from 'jose';

import type { Auth0Login } from '../../lib/auth0/auth0.js';
import { createDiscovery } from '../../lib/auth0/discovery.js';
import { createAuth0Http } from '../../lib/auth0/http.js';
import { createSigningKeys } from '../../lib/auth0/signing-keys.js';
import type { TokenResponse } from '../../lib/auth0/token-endpoint.js';
import { verifyLogin, verifyRefresh } from '../../lib/auth0/token-verification.js';
import type { Auth0Config } from '../../lib/config/config.js';
import {
  AUDIENCE,
  CLIENT_ID,
  type Claims,
  createOpKey,
  type ForgingOp,
  SUBJECT,
  seconds,
  startForgingOp,
  unsigned,
} from '../support/forging-op.js';
import { configFor } from '../support/login-rigs.js';
import { DIRECT } from '../support/outbound-proxies.js';

let op: ForgingOp;
beforeAll(async () => {
  op = await startForgingOp();
});
afterAll(() => op.close());

function tenantWith(changes: Partial<Auth0Config> = {}) {
  const config = configFor(op, changes);
  const http = createAuth0Http(1000, seconds, DIRECT);
  const discovery = createDiscovery(config, http, seconds);
  const keys = createSigningKeys(discovery, http, seconds);
  return { config, discovery, keys, now: seconds };
}

async function response(changes: Partial<TokenResponse> = {}): Promise<TokenResponse> {
  return {
    accessToken: await op.accessToken(),
    tokenType: 'Bearer',
    idToken: await op.idToken({ nonce: 'n' }),
    refreshToken: 'rt',
    scopes: ['openid', 'profile'],
    resource: undefined,
    ...changes,
  };
}

async function logIn(
  changes: Partial<TokenResponse>,
  config?: Partial<Auth0Config>,
): Promise<Auth0Login> {
  return verifyLogin(tenantWith(config), await response(changes), 'n');
}

const symmetric = (claims: object, typ?: string): Promise<string> =>
  new SignJWT({ iss: op.issuer, sub: SUBJECT, iat: seconds(), exp: seconds() + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...(typ === undefined ? {} : { typ }) })
    .sign(new TextEncoder().encode('the secret of this application, known to us'));

describe('ID token (R-UP-2)', () => {
  it.each<[string, () => Promise<string> | string]>([
    ['another issuer', () => op.idToken({ nonce: 'n', iss: 'https://attacker.example/' })],
    ['the issuer without its slash', () => op.idToken({ nonce: 'n', iss: op.issuer.slice(0, -1) })],
    ['another audience', () => op.idToken({ nonce: 'n', aud: 'another-application' })],
    ['another azp', () => op.idToken({ nonce: 'n', azp: 'another-application' })],
    ['two audiences and no azp', () => op.idToken({ nonce: 'n', aud: [CLIENT_ID, 'another'] })],
    ['another nonce', () => op.idToken({ nonce: 'm' })],
    ['no nonce', () => op.idToken({})],
    ['no exp', () => op.idToken({ nonce: 'n', exp: undefined })],
    ['no iat', () => op.idToken({ nonce: 'n', iat: undefined })],
    ['an iat in the future', () => op.idToken({ nonce: 'n', iat: seconds() + 90 })],
    ['no sub', () => op.idToken({ nonce: 'n', sub: undefined })],
    ['an empty sub', () => op.idToken({ nonce: 'n', sub: '' })],
    ['an endless sub', () => op.idToken({ nonce: 'n', sub: 'x'.repeat(256) })],
    [
      'a signature that is none',
      async () => `${(await op.idToken({ nonce: 'n' })).slice(0, -8)}AAAAAAAA`,
    ],
    ['an unknown kid', async () => op.idToken({ nonce: 'n' }, { kid: 'unknown' })],
    [
      'alg none',
      () =>
        unsigned({
          iss: op.issuer,
          sub: SUBJECT,
          aud: CLIENT_ID,
          nonce: 'n',
          iat: seconds(),
          exp: seconds() + 60,
        }),
    ],
    ['something that is no token', () => 'garbage'],
    ['an access token in its place', () => op.accessToken()],
  ])('is rejected with %s', async (_name, idToken) => {
    await expect(logIn({ idToken: await idToken() })).rejects.toMatchObject({
      kind: 'invalid_response',
    });
  });

  it('signed with a shared secret is rejected and explained', async () => {
    const idToken = await symmetric({ aud: CLIENT_ID, nonce: 'n' });
    await expect(logIn({ idToken })).rejects.toMatchObject({
      kind: 'misconfigured',
      remedy: expect.stringContaining('Signature Algorithm'),
    });
  });

  it('with another audience is valid if azp is this application', async () => {
    const idToken = await op.idToken({ nonce: 'n', aud: [CLIENT_ID, 'another'], azp: CLIENT_ID });
    expect(await logIn({ idToken })).toMatchObject({ subject: SUBJECT });
  });

  it('provides profile and sid', async () => {
    const idToken = await op.idToken({ nonce: 'n', name: 'Alice', sid: 's-1' });
    expect(await logIn({ idToken })).toMatchObject({ sid: 's-1', user: { name: 'Alice' } });
  });

  it('no error contains a claim of it, at any depth', async () => {
    const { inspect } = await import('node:util');
    const idToken = await op.idToken({ nonce: 'n', aud: 'x', email: 'alice@example.com' });
    const error = await logIn({ idToken }).catch((thrown: unknown) => thrown);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('alice@example.com');
  });
});

describe('what authorizeParams require has to be in the ID token (R-UP-8)', () => {
  const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor';
  it.each<[Record<string, string>, object, boolean]>([
    [{ organization: 'org_1' }, { org_id: 'org_1' }, true],
    [{ organization: 'org_1' }, { org_id: 'org_2' }, false],
    [{ organization: 'org_1' }, {}, false],
    [{ organization: 'Acme' }, { org_id: 'org_1', org_name: 'acme' }, true],
    [{ organization: 'acme' }, { org_id: 'acme', org_name: 'other' }, false],
    [{ acr_values: MFA }, { amr: ['mfa'] }, true],
    [{ acr_values: MFA }, { acr: MFA }, true],
    [{ acr_values: MFA }, { amr: ['pwd'] }, false],
    [{ acr_values: 'gold silver' }, { acr: 'silver' }, true],
    [{ acr_values: 'gold' }, { amr: ['mfa'] }, false],
    [{ max_age: '300' }, { auth_time: seconds() - 100 }, true],
    [{ max_age: '300' }, { auth_time: seconds() - 1000 }, false],
    [{ max_age: '300' }, {}, false],
  ])('%j with %j', async (authorizeParams, claims, isGood) => {
    const idToken = await op.idToken({ nonce: 'n', ...claims });
    const result = logIn({ idToken }, { authorizeParams });
    if (isGood) expect(await result).toMatchObject({ subject: SUBJECT });
    else await expect(result).rejects.toMatchObject({ kind: 'invalid_response' });
  });
});

describe('what authorizeParams require, without an ID token (R-UP-8)', () => {
  // A login without openid, which a person can make of theirs by editing the address.
  it.each([{ organization: 'org_1' }, { acr_values: 'gold' }, { max_age: '300' }])(
    '%j is not proved, so the login is refused',
    async (authorizeParams) => {
      const answer = { idToken: undefined, scopes: ['offline_access'] };
      await expect(
        logIn(answer, { authorizeParams: { prompt: 'login', ...authorizeParams } }),
      ).rejects.toMatchObject({ kind: 'invalid_response' });
      expect(await logIn(answer, { authorizeParams: { prompt: 'login' } })).toMatchObject({
        subject: SUBJECT,
      });
    },
  );
});

describe('an organization, without an ID token', () => {
  it('is confirmed by the access token', async () => {
    const authorizeParams = { organization: 'org_1' };
    const scopes = ['offline_access'];
    const logInWith = async (claims: Record<string, unknown>) =>
      logIn(
        { idToken: undefined, scopes, accessToken: await op.accessToken(claims) },
        { authorizeParams },
      );
    expect(await logInWith({ org_id: 'org_1' })).toMatchObject({ subject: SUBJECT });
    await expect(logInWith({ org_id: 'org_2' })).rejects.toMatchObject({
      kind: 'invalid_response',
    });
  });
});

describe("access token, Auth0's profile and RFC 9068", () => {
  it.each<[string, Claims, { typ?: string | undefined }]>([
    ['typ JWT with azp', {}, {}],
    ['typ at+jwt with client_id', { azp: undefined, client_id: CLIENT_ID }, { typ: 'at+jwt' }],
    [
      'typ application/at+jwt',
      { azp: undefined, client_id: CLIENT_ID },
      { typ: 'application/at+JWT' },
    ],
    ['one audience as a string', { aud: AUDIENCE }, {}],
    ['FA-22: no client named, typ JWT', { azp: undefined }, {}],
    ['FA-22: no client named, typ at+jwt', { azp: undefined }, { typ: 'at+jwt' }],
    ['FA-22: our id in both claims', { client_id: CLIENT_ID }, {}],
  ])('is good: %s', async (_name, claims, header) => {
    expect(await logIn({ accessToken: await op.accessToken(claims, header) })).toMatchObject({
      subject: SUBJECT,
    });
  });

  it.each<[string, Claims, { typ?: string | undefined }]>([
    ['another issuer', { iss: 'https://attacker.example/' }, {}],
    ['another audience', { aud: 'https://other.example/' }, {}],
    ['the audience without its slash', { aud: AUDIENCE.slice(0, -1) }, {}],
    ['another azp', { azp: 'another-application' }, {}],
    ['another client_id beside our azp', { client_id: 'another-application' }, {}],
    ['another client_id alone', { azp: undefined, client_id: 'another-application' }, {}],
    ['an azp that is null', { azp: null }, {}],
    ['an empty azp', { azp: '' }, {}],
    ['a list with our id as azp', { azp: [CLIENT_ID] }, {}],
    ['our id in capitals as client_id', { client_id: CLIENT_ID.toUpperCase() }, {}],
    ['another sub than the ID token', { sub: 'auth0|mallory' }, {}],
    ['another typ', {}, { typ: 'logout+jwt' }],
    ['no typ', {}, { typ: undefined }],
    ['an exp long past', { exp: seconds() - 90 }, {}],
    ['no exp', { exp: undefined }, {}],
  ])('is rejected with %s', async (_name, claims, header) => {
    const accessToken = await op.accessToken(claims, header);
    await expect(logIn({ accessToken })).rejects.toMatchObject({ kind: 'invalid_response' });
  });

  it('with the signature of another key is rejected', async () => {
    const accessToken = await op.accessToken({}, {}, await createOpKey('current'));
    await expect(logIn({ accessToken })).rejects.toMatchObject({ kind: 'invalid_response' });
  });

  it('is valid with PS256 and any kid of the key set', async () => {
    const ps256 = await createOpKey('pss', 'PS256');
    const ps384 = await createOpKey('pss-384', 'PS384');
    op.on('/.well-known/jwks.json', () => ({ body: { keys: [op.key.jwk, ps256.jwk, ps384.jwk] } }));
    const good = await op.accessToken({}, {}, ps256);
    expect(await logIn({ accessToken: good })).toMatchObject({ subject: SUBJECT });
    // Auth0 does not sign with it, so nobody else may either.
    const odd = await op.accessToken({}, {}, ps384);
    await expect(logIn({ accessToken: odd })).rejects.toMatchObject({ kind: 'invalid_response' });
    op.on('/.well-known/jwks.json');
  });

  const encrypted = (alg: 'dir' | 'RSA-OAEP-256') => async (): Promise<string> => {
    const { publicKey } = await generateKeyPair('RSA-OAEP-256');
    return new CompactEncrypt(new TextEncoder().encode('{}'))
      .setProtectedHeader({ alg, enc: 'A256GCM' })
      .encrypt(alg === 'dir' ? new Uint8Array(32) : publicKey);
  };

  it.each<[string, () => Promise<string> | string, string]>([
    ['an opaque one: no audience', () => 'kQ7zL0t8', 'Identifier'],
    ['an encrypted one: unknown audience', encrypted('dir'), 'Identifier'],
    ['one encrypted for the API', encrypted('RSA-OAEP-256'), 'JSON Web Encryption'],
    [
      'one signed with HS256',
      () => symmetric({ aud: AUDIENCE, azp: CLIENT_ID }, 'JWT'),
      'Signing Algorithm must be RS256',
    ],
  ])('that cannot be verified is explained: %s', async (_name, token, setting) => {
    await expect(logIn({ accessToken: await token() })).rejects.toMatchObject({
      kind: 'misconfigured',
      remedy: expect.stringContaining(setting),
    });
  });
});

describe('scopes and lifetimes', () => {
  it('are those of response, token and permissions, without duplicates', async () => {
    const accessToken = await op.accessToken({
      scope: 'openid read:notes',
      permissions: ['read:notes', 'files:write', 7],
    });
    const { scopes } = await logIn({ accessToken, scopes: ['openid', 'offline_access'] });
    expect(scopes).toEqual(['openid', 'offline_access', 'read:notes', 'files:write']);
  });

  it('include openid for a response with an ID token and without scope', async () => {
    const accessToken = await op.accessToken({ scope: 'read:notes' });
    expect((await logIn({ accessToken, scopes: undefined })).scopes).toEqual([
      'openid',
      'read:notes',
    ]);
  });

  it('use the exp of the token', async () => {
    const exp = seconds() + 1234;
    const { tokens } = await logIn({ accessToken: await op.accessToken({ exp }) });
    expect(tokens).toMatchObject({ accessTokenExpiresAt: exp, refreshToken: 'rt' });
  });

  it('a refresh needs no ID token', async () => {
    const without = await response({ idToken: undefined });
    expect(await verifyRefresh(tenantWith(), without)).toMatchObject({ scopes: expect.any(Array) });
  });

  it('a refresh with a token of another type is rejected', async () => {
    const bound = await response({ tokenType: 'DPoP' });
    await expect(verifyRefresh(tenantWith(), bound)).rejects.toMatchObject({
      kind: 'misconfigured',
    });
  });

  it('a refresh with an ID token of another user is rejected', async () => {
    const mixed = await response({ idToken: await op.idToken({ sub: 'auth0|mallory' }) });
    await expect(verifyRefresh(tenantWith(), mixed)).rejects.toMatchObject({
      kind: 'invalid_response',
    });
  });
});
