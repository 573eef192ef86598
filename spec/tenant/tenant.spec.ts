import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT } from 'jose';

import { cancelLogin, createBrowser, logIn } from '../../demo/tenant/browser.js';
import {
  ADA,
  BOB,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../demo/tenant/options.js';
import { startTenant, type Tenant } from '../../demo/tenant/tenant.js';
import {
  ADA_LOGIN,
  authorizeUrl,
  CALLBACK,
  callbackOf,
  claimsOf,
  postToken,
  redeem,
  refresh,
  tokensOf,
} from './relying-party.js';

const UNKNOWN_REFRESH_TOKEN = {
  error: 'invalid_grant',
  error_description: 'Unknown or invalid refresh token.',
};

let tenant: Tenant;
let initial: Tenant['settings'];

beforeAll(async () => {
  tenant = await startTenant({ callbackUrls: [CALLBACK] });
  initial = tenant.settings;
});
afterEach(() => {
  tenant.configure(initial);
  tenant.clearFaults();
});
afterAll(() => tenant.close());

/** Changes the default application. */
function application(change: object): void {
  tenant.configure({ applications: initial.applications.map((app) => ({ ...app, ...change })) });
}

/** Changes the default API. */
function api(change: object): void {
  tenant.configure({ apis: initial.apis.map((one) => ({ ...one, ...change })) });
}

const json = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(new URL(path, tenant.issuer))).json()) as Record<string, unknown>;

describe('discovery of the tenant', () => {
  it('serves one document at both places, with a slash at the issuer and no API scopes', async () => {
    const document = await json('.well-known/openid-configuration');
    expect(await json('.well-known/oauth-authorization-server')).toEqual(document);
    expect(document).toMatchObject({
      issuer: tenant.issuer,
      token_endpoint: `${tenant.issuer}oauth/token`,
    });
    expect(document.scopes_supported).not.toContain('read:notes');
    expect(document).not.toHaveProperty('grant_types_supported');
    expect(document.token_endpoint_auth_methods_supported).not.toContain('none');
  });

  it('publishes the next key beside the current one, so that a cached key set survives a rotation', async () => {
    const keys = createRemoteJWKSet(new URL('.well-known/jwks.json', tenant.issuer));
    const expected = { issuer: tenant.issuer, audience: DEMO_CLIENT_ID };
    const before = await tokensOf(tenant);
    await jwtVerify(before.id_token ?? '', keys, expected);
    tenant.rotateSigningKeys();
    tenant.clearRequests();
    const after = await tokensOf(tenant);
    await jwtVerify(after.id_token ?? '', keys, expected);
    await jwtVerify(before.id_token ?? '', keys, expected);
    expect(decodeProtectedHeader(after.id_token ?? '').kid).toBe(tenant.keys.current().kid);
    expect(tenant.requests.map(({ path }) => path)).not.toContain('/.well-known/jwks.json');
  });

  it('leaves `alg` out of the key set where the tenant is set so', async () => {
    tenant.configure({ algInJwks: false });
    const { keys } = (await json('.well-known/jwks.json')) as { keys: object[] };
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const key of keys) expect(key).not.toHaveProperty('alg');
  });
});

describe('/authorize of the tenant', () => {
  it('asks for a password once, then knows the browser; prompt decides otherwise', async () => {
    const browser = createBrowser();
    const first = await callbackOf(tenant, {}, browser);
    expect(first.get('state')).toBe('state-of-the-spec');
    expect(first.has('iss')).toBe(false);
    const again = await browser.follow(authorizeUrl(tenant), { stopBefore: CALLBACK });
    expect(again.next?.searchParams.get('code')).toBeTruthy();
    const silent = await callbackOf(tenant, { prompt: 'none' }, browser);
    expect(silent.get('code')).toBeTruthy();
    const login = await browser.follow(authorizeUrl(tenant, { prompt: 'login' }));
    expect(login.url.pathname).toBe('/u/login');
    const stranger = await callbackOf(tenant, { prompt: 'none' });
    expect(stranger.get('error')).toBe('login_required');
  });

  it('changes the person when somebody else logs in at the same browser', async () => {
    const browser = createBrowser();
    const ada = claimsOf((await tokensOf(tenant, {}, browser)).id_token);
    const bob = claimsOf((await tokensOf(tenant, { prompt: 'login' }, browser, BOB)).id_token);
    expect([ada.sub, bob.sub]).toEqual([ADA.sub, BOB.sub]);
    expect(bob.sid).not.toBe(ada.sid);
  });

  it('lets two tabs of one browser log in independently', async () => {
    const browser = createBrowser();
    const options = { stopBefore: CALLBACK };
    const one = await browser.follow(authorizeUrl(tenant, { state: 'one' }), options);
    const two = await browser.follow(authorizeUrl(tenant, { state: 'two' }), options);
    const second = await logIn(browser, two, ADA_LOGIN, options);
    const first = await logIn(browser, one, ADA_LOGIN, options);
    expect(first.next?.searchParams.get('state')).toBe('one');
    expect(second.next?.searchParams.get('state')).toBe('two');
  });

  it('repeats the login page after a wrong password', async () => {
    const browser = createBrowser();
    const login = await browser.follow(authorizeUrl(tenant));
    const page = await logIn(browser, login, { ...ADA_LOGIN, password: 'guess' });
    expect(page.status).toBe(400);
    expect(page.body).toContain('Wrong email or password');
  });

  it('reports by redirect who cancels, who is blocked, and an audience that does not exist', async () => {
    const browser = createBrowser();
    const login = await browser.follow(authorizeUrl(tenant));
    const cancelled = await cancelLogin(browser, login, { stopBefore: CALLBACK });
    expect(cancelled.next?.searchParams.get('error')).toBe('access_denied');

    tenant.configure({ users: [{ ...ADA, blocked: true }] });
    const blocked = await callbackOf(tenant);
    expect(blocked.get('error')).toBe('unauthorized');
    expect(blocked.get('error_description')).toBe('user is blocked');

    const unknown = await callbackOf(tenant, { audience: `${DEMO_AUDIENCE}/` });
    expect(unknown.get('error')).toBe('access_denied');
    expect(unknown.get('error_description')).toBe(`Service not found: ${DEMO_AUDIENCE}/`);
  });

  it.each([
    ['a callback that is not allowed', { redirect_uri: `${CALLBACK}/` }, 'Callback URL mismatch'],
    ['an unknown application', { client_id: '<nobody>' }, 'Unknown client: &lt;nobody&gt;'],
  ])('answers %s with a page of its own and no redirect', async (_name, change, text) => {
    const page = await createBrowser().get(authorizeUrl(tenant, change));
    expect(page.status).toBe(403);
    expect(page.next).toBeUndefined();
    expect(page.body).toContain(text);
  });

  it('takes `resource` for the audience only under the compatibility profile', async () => {
    const change = { audience: undefined, resource: DEMO_AUDIENCE };
    expect((await tokensOf(tenant, change)).access_token?.split('.')).toHaveLength(5);
    tenant.configure({ resourceParameterProfile: true, issInResponse: true });
    const callback = await callbackOf(tenant, change);
    expect(callback.get('iss')).toBe(tenant.issuer);
    const { body } = await redeem(tenant, callback.get('code') ?? '');
    expect(claimsOf(body.access_token).aud).toContain(DEMO_AUDIENCE);
  });
});

describe('tokens of the tenant', () => {
  it('writes the Auth0 profile: azp, two audiences, typ JWT, no jti', async () => {
    const tokens = await tokensOf(tenant);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 86_400 });
    expect(tokens.scope).toBe('openid profile email offline_access read:notes files:write');
    expect(decodeProtectedHeader(tokens.access_token ?? '')).toMatchObject({
      alg: 'RS256',
      typ: 'JWT',
    });
    const claims = claimsOf(tokens.access_token);
    expect(claims).toMatchObject({ iss: tenant.issuer, sub: ADA.sub, azp: DEMO_CLIENT_ID });
    expect(claims.aud).toEqual([DEMO_AUDIENCE, `${tenant.issuer}userinfo`]);
    expect(claims).not.toHaveProperty('jti');
    expect(claimsOf(tokens.id_token)).toMatchObject({
      aud: DEMO_CLIENT_ID,
      nonce: 'nonce-of-the-spec',
      name: 'Ada Lovelace',
      email: ADA.email,
      sid: expect.any(String),
    });
  });

  it('writes the RFC 9068 profile, and HS256, where the API is set so', async () => {
    api({ dialect: 'rfc9068', signingAlg: 'HS256', signingSecret: 's'.repeat(32) });
    const { access_token: token = '' } = await tokensOf(tenant);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'HS256', typ: 'at+jwt' });
    expect(claimsOf(token)).toMatchObject({ aud: DEMO_AUDIENCE, client_id: DEMO_CLIENT_ID });
    expect(claimsOf(token)).toHaveProperty('jti');
    await jwtVerify(token, Buffer.from('s'.repeat(32)));
  });

  it('drops unknown scopes, and under RBAC those that the person does not have', async () => {
    const scope = 'openid read:notes files:write pineapple';
    expect((await tokensOf(tenant, { scope }, createBrowser(), BOB)).scope).toBe(
      'openid read:notes files:write',
    );
    api({ rbac: true });
    const tokens = await tokensOf(tenant, { scope: 'openid files:write' }, createBrowser(), BOB);
    expect(tokens.scope).toBe('openid');
    expect(claimsOf(tokens.access_token).permissions).toEqual(['read:notes']);
  });

  it('hands out an opaque token of five parts without an audience, good for /userinfo', async () => {
    const { access_token: token = '' } = await tokensOf(tenant, { audience: undefined });
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      iss: tenant.issuer,
    });
    for (const bearer of [token, (await tokensOf(tenant)).access_token]) {
      const response = await fetch(`${tenant.issuer}userinfo`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      expect(await response.json()).toMatchObject({ sub: ADA.sub, email: ADA.email });
    }
  });

  it.each([
    ['the API', () => api({ allowOfflineAccess: false })],
    ['the application', () => application({ refreshTokenGrant: false })],
  ])(
    'gives no refresh token, and no offline_access, where %s forbids it',
    async (_name, forbid) => {
      forbid();
      const tokens = await tokensOf(tenant);
      expect(tokens).not.toHaveProperty('refresh_token');
      expect(tokens.scope).not.toContain('offline_access');
    },
  );

  it('dates tokens by its own clock', async () => {
    tenant.configure({ clockSkewSeconds: 7200 });
    const { id_token: token } = await tokensOf(tenant);
    expect(Number(claimsOf(token).iat)).toBeGreaterThan(Date.now() / 1000 + 7000);
  });
});

describe('/oauth/token of the tenant', () => {
  it('calls every failed client authentication 401 access_denied "Unauthorized"', async () => {
    const unauthorized = { error: 'access_denied', error_description: 'Unauthorized' };
    for (const change of [
      { client_secret: 'wrong' },
      { client_secret: '' },
      { client_id: 'nobody' },
    ]) {
      const answer = await redeem(tenant, 'any', change);
      expect([answer.status, answer.body]).toEqual([401, unauthorized]);
    }
    application({ tokenEndpointAuthMethod: 'none', clientSecret: undefined });
    const answer = await redeem(tenant, 'any');
    expect([answer.status, answer.body]).toEqual([401, unauthorized]);
  });

  it('accepts Basic, none and private_key_jwt where the application is set so', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'v1.unknown' };
    const post = async (extra: Record<string, string>, headers: Record<string, string> = {}) => {
      const body = new URLSearchParams({ ...form, ...extra });
      return await fetch(`${tenant.issuer}oauth/token`, { method: 'POST', headers, body });
    };
    const basic = Buffer.from(`${DEMO_CLIENT_ID}:${DEMO_CLIENT_SECRET}`).toString('base64');
    expect((await post({}, { authorization: `Basic ${basic}` })).status).toBe(401);
    application({ tokenEndpointAuthMethod: 'client_secret_basic' });
    expect((await post({}, { authorization: `Basic ${basic}` })).status).toBe(403);

    application({ tokenEndpointAuthMethod: 'none', clientSecret: undefined });
    expect((await post({ client_id: DEMO_CLIENT_ID })).status).toBe(403);

    const key = tenant.keys.foreign();
    const jwks = { keys: [await exportJWK(key.publicKey)] };
    application({ tokenEndpointAuthMethod: 'private_key_jwt', clientSecret: undefined, jwks });
    const client_assertion = await new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(DEMO_CLIENT_ID)
      .setSubject(DEMO_CLIENT_ID)
      .setAudience(tenant.issuer)
      .setExpirationTime('1m')
      .sign(key.privateKey);
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    expect((await post({ client_assertion, client_assertion_type })).status).toBe(403);
  });

  it('refuses a wrong code, a wrong verifier and a second use; the second use ends the first', async () => {
    const wrong = await redeem(tenant, 'guess');
    expect([wrong.status, wrong.body.error]).toEqual([403, 'invalid_grant']);
    const code = async () => (await callbackOf(tenant)).get('code') ?? '';
    const unproved = await redeem(tenant, await code(), { code_verifier: 'v'.repeat(43) });
    expect(unproved.body).toMatchObject({ error_description: 'Failed to verify code verifier' });

    const good = await code();
    const { body } = await redeem(tenant, good);
    expect((await redeem(tenant, good)).status).toBe(403);
    expect((await refresh(tenant, body.refresh_token)).body).toEqual(UNKNOWN_REFRESH_TOKEN);
  });

  it('rotates refresh tokens, and the reuse of an old one kills the whole family', async () => {
    const first = await tokensOf(tenant);
    const second = await refresh(tenant, first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).toMatch(/^v1\./);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    const reuse = await refresh(tenant, first.refresh_token);
    expect([reuse.status, reuse.body]).toEqual([403, UNKNOWN_REFRESH_TOKEN]);
    expect((await refresh(tenant, second.body.refresh_token)).status).toBe(403);
  });

  it('lets parallel refreshes pass inside the rotation overlap, each with a token of its own', async () => {
    application({ rotationOverlapSeconds: 30 });
    const { refresh_token: token } = await tokensOf(tenant);
    const answers = await Promise.all([1, 2, 3].map(() => refresh(tenant, token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(3);
  });

  it('answers no refresh token without rotation, and the old one stays good', async () => {
    application({ refreshTokenRotation: false });
    const { refresh_token: token } = await tokensOf(tenant);
    for (const attempt of ['first', 'second']) {
      const answer = await refresh(tenant, token);
      expect([attempt, answer.status]).toEqual([attempt, 200]);
      expect(answer.body).not.toHaveProperty('refresh_token');
    }
  });

  it('refuses to refresh for a revoked, a deleted or a blocked person, and when MFA is due', async () => {
    const token = async () => (await tokensOf(tenant)).refresh_token;
    const revoked = await token();
    tenant.revokeUser(ADA.sub);
    expect((await refresh(tenant, revoked)).body).toEqual(UNKNOWN_REFRESH_TOKEN);

    const live = await token();
    tenant.configure({ mfaOnRefresh: true });
    expect(await refresh(tenant, live)).toMatchObject({
      status: 403,
      body: { error: 'mfa_required' },
    });
    tenant.configure({ mfaOnRefresh: false, users: [{ ...ADA, blocked: true }] });
    expect((await refresh(tenant, live)).body).toEqual(UNKNOWN_REFRESH_TOKEN);
    tenant.configure({ users: [BOB] });
    expect((await refresh(tenant, live)).body.error_description).toContain("doesn't exist anymore");
  });

  it('takes JSON at /oauth/token and /oauth/revoke, and answers a revocation with nothing', async () => {
    const tokens = await tokensOf(tenant);
    const client = { client_id: DEMO_CLIENT_ID, client_secret: DEMO_CLIENT_SECRET };
    const post = (path: string, body: object) =>
      fetch(new URL(path, tenant.issuer), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...client, ...body }),
      });
    const grant_type = 'refresh_token';
    const refreshed = await post('oauth/token', {
      grant_type,
      refresh_token: tokens.refresh_token,
    });
    expect(refreshed.status).toBe(200);
    const { refresh_token: token } = (await refreshed.json()) as Record<string, string>;
    const revoked = await post('oauth/revoke', { token });
    expect([revoked.status, await revoked.text()]).toEqual([200, '']);
    expect((await refresh(tenant, token)).status).toBe(403);
    expect(tenant.requests.at(-1)).toMatchObject({ path: '/oauth/token', status: 403 });
    expect((await postToken(tenant, { grant_type: 'password' })).body.error).toBe(
      'unsupported_grant_type',
    );
  });
});
