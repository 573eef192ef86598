import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OAuthTokensSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { decodeJwt } from 'jose';

import { BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import {
  callTool,
  type OAuthClient,
  oauthClient,
  registerClient,
  VERIFIER,
} from '../support/oauth-client.js';
import { type RawAnswer, send, sendForm, sendJson } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

/** Lifetime of Auth0's access tokens here, in seconds: shorter than ours, so that each refresh of ours may need one there. */
const AUTH0_TTL_SECONDS = 3000;

/** The grant of the extensions for enterprises and workloads. */
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describe('the token endpoint', () => {
  let world: World;
  let client: OAuthClient;
  let confidential: OAuthClient;

  beforeAll(async () => {
    world = await startWorld({
      options: { scopesSupported: ['read:notes', 'files:write'] },
      tenant: {
        apis: [
          {
            identifier: DEMO_AUDIENCE,
            scopes: ['read:notes', 'files:write'],
            tokenLifetimeSeconds: AUTH0_TTL_SECONDS,
          },
        ],
      },
    });
    client = await registerClient(world.origin);
    confidential = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_basic',
    });
  });
  afterAll(() => world.close());

  /** Time passes here and at Auth0 alike. */
  function advance(seconds: number): void {
    world.advance(seconds);
    const { clockSkewSeconds } = world.tenant.settings;
    world.tenant.configure({ clockSkewSeconds: clockSkewSeconds + seconds });
  }
  const token = (
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<RawAnswer> => sendForm(`${world.origin}/token`, form, headers);
  const basic = (id: string, secret = ''): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  const errorOf = ({ status, json }: RawAnswer): unknown[] => [status, json().error];

  describe('requests', () => {
    it('R-TK-1 R-TK-2 CLI-45 accepts a form POST only; every response is JSON and not cached', async () => {
      const url = `${world.origin}/token`;
      const responses = [
        [405, await send(url)],
        [405, await send(url, { method: 'PUT' })],
        [400, await sendJson(url, { grant_type: 'refresh_token' })],
        [400, await send(url, { method: 'POST' })],
        [413, await token({ x: 'x'.repeat(40_000) })],
        [401, await token({ grant_type: 'refresh_token' })],
      ] as const;
      for (const [status, response] of responses) {
        expect(response.status).toBe(status);
        expect(response.headers['content-type']).toMatch(/^application\/json/);
        expect(response.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
        expect(response.json()).toMatchObject({ error: expect.any(String) });
      }
      expect(responses[0][1].headers.allow).toBe('POST');
    });

    it('R-TK-1 ignores the query, and accepts a charset', async () => {
      const query = `client_id=${client.id}&grant_type=refresh_token&refresh_token=x`;
      expect(errorOf(await sendForm(`${world.origin}/token?${query}`, {}))).toEqual([
        401,
        'invalid_client',
      ]);
      const { access_token, refresh_token } = await client.tokens();
      expect(access_token).toBeDefined();
      const response = await send(`${world.origin}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
        body: `grant_type=refresh_token&refresh_token=${refresh_token}&client_id=${client.id}`,
      });
      expect(response.status).toBe(200);
    });

    it('R-TK-7 R-ERR R-TK-14 CLI-24 each error has its code', async () => {
      const { id: client_id } = client;
      const code = { grant_type: 'authorization_code', client_id };
      const refresh = { grant_type: 'refresh_token', client_id };
      for (const [form, expected] of [
        [{ client_id }, 'invalid_request'],
        [code, 'invalid_request'],
        [{ ...code, code: 'x' }, 'invalid_request'],
        [{ ...code, code: 'x', code_verifier: VERIFIER }, 'invalid_grant'],
        [refresh, 'invalid_request'],
        [{ ...refresh, refresh_token: 'x' }, 'invalid_grant'],
        [{ ...refresh, refresh_token: 'x', resource: 'https://x.example' }, 'invalid_target'],
        [{ client_id, grant_type: 'client_credentials' }, 'unsupported_grant_type'],
        [{ client_id, grant_type: 'password' }, 'unsupported_grant_type'],
        [{ client_id, grant_type: JWT_BEARER }, 'unsupported_grant_type'],
        [{ client_id, grant_type: '__proto__' }, 'unsupported_grant_type'],
      ] as [Record<string, string>, string][]) {
        expect([form, ...errorOf(await token(form))]).toEqual([form, 400, expected]);
      }
      const twice = await send(`${world.origin}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `client_id=${client_id}&grant_type=refresh_token&refresh_token=a&refresh_token=b`,
      });
      expect(errorOf(twice)).toEqual([400, 'invalid_request']);
    });

    it('R-TK-8 AS-19 CLI-44 CLI-34 CLI-43 responds with every field in its type', async () => {
      const tokens = await client.tokens();
      expect(tokens).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'openid',
        refresh_token: expect.any(String),
      });
      expect(OAuthTokensSchema.parse(tokens)).toMatchObject({ expires_in: 3600 });
      const { exp = 0, iat = 0, jti } = decodeJwt(String(tokens.access_token));
      expect(exp - iat).toBe(3600);
      const refreshed = await client.refresh(tokens.refresh_token);
      expect(Object.keys(refreshed.body).sort()).toEqual(Object.keys(tokens).sort());
      const next = decodeJwt(String(refreshed.body.access_token));
      expect(next).toMatchObject({ aud: world.mcp, iss: world.origin });
      expect(next.jti).not.toBe(jti);
    });
  });

  describe('clients', () => {
    it('AS-1 R-TK-3 CLI-11 a client with a secret may send it in the header, encoded or raw, or in the body', async () => {
      const { id, secret = '' } = confidential;
      const code = async () => (await confidential.logIn()).get('code') ?? '';
      const form = async () => ({
        grant_type: 'authorization_code',
        code: await code(),
        code_verifier: VERIFIER,
      });
      const encoded = encodeURIComponent(id).replaceAll('-', '%2D');
      expect((await token(await form(), basic(id, secret))).status).toBe(200);
      expect((await token(await form(), basic(encoded, secret))).status).toBe(200);
      const named = await token({ ...(await form()), client_id: id }, basic(id, secret));
      expect(named.status).toBe(200);
      const body = { ...(await form()), client_id: id, client_secret: secret };
      const tokens = await token(body);
      expect(tokens.status).toBe(200);
      const refresh = {
        grant_type: 'refresh_token',
        refresh_token: String(tokens.json().refresh_token),
      };
      expect((await token(refresh, basic(id, secret))).status).toBe(200);
      expect(errorOf(await token({ ...refresh, client_id: id }))).toEqual([401, 'invalid_client']);
    });

    it.each(['Bearer stale', '', 'Token x', 'DPoP a.b.c', 'Negotiate YII='])(
      'FA-17: at /token and /revoke an Authorization header of another scheme does not matter: %j',
      async (authorization) => {
        for (const one of [client, confidential]) {
          const header = { authorization };
          const own = {
            client_id: one.id,
            ...(one.secret !== undefined && { client_secret: one.secret }),
          };
          const code = (await one.logIn()).get('code') ?? '';
          const redeem = { grant_type: 'authorization_code', code, code_verifier: VERIFIER };
          const tokens = await token({ ...redeem, ...own }, header);
          expect(tokens.status).toBe(200);
          const held = String(tokens.json().refresh_token);
          const refresh = { grant_type: 'refresh_token', refresh_token: held };
          expect((await token({ ...refresh, ...own }, header)).status).toBe(200);
          const wrong = await token({ ...refresh, ...own, client_secret: 'wrong' }, header);
          expect(errorOf(wrong)).toEqual([401, 'invalid_client']);
          expect(wrong.headers['www-authenticate']).toBeUndefined();
          const revoke = `${world.origin}/revoke`;
          expect((await sendForm(revoke, { token: held, ...own }, header)).status).toBe(200);
          expect(errorOf(await token({ ...refresh, ...own }))).toEqual([400, 'invalid_grant']);
        }
      },
    );

    it('R-TK-4 two authentication methods in one request are rejected', async () => {
      const { id, secret = '' } = confidential;
      const header = basic(id, secret);
      const grant = { grant_type: 'refresh_token', refresh_token: 'x' };
      const both = await token({ ...grant, client_id: id, client_secret: secret }, header);
      expect(errorOf(both)).toEqual([400, 'invalid_request']);
      const other = await token({ ...grant, client_id: client.id }, header);
      expect(errorOf(other)).toEqual([400, 'invalid_request']);
    });

    it('R-TK-5 R-TK-6 CLI-23 failed authentication is a 401 invalid_client, with a Basic challenge only if the header was used', async () => {
      const { id } = confidential;
      const grant = { grant_type: 'refresh_token', refresh_token: 'x' };
      for (const response of [
        await token(grant),
        await token({ ...grant, client_id: 'unknown' }),
        await token({ ...grant, client_id: id.slice(0, -1) }),
        await token({ ...grant, client_id: id }),
        await token({ ...grant, client_id: id, client_secret: 'wrong' }),
        await token({ ...grant, client_secret: 'alone' }),
        await token({ ...grant, client_id: client.id, client_secret: 'never issued' }),
      ]) {
        expect(errorOf(response)).toEqual([401, 'invalid_client']);
        expect(response.headers['www-authenticate']).toBeUndefined();
      }
      for (const header of [
        basic(id, 'wrong'),
        basic('unknown', 'x'),
        { authorization: 'Basic !' },
      ]) {
        const answer = await token(grant, header);
        expect(errorOf(answer)).toEqual([401, 'invalid_client']);
        expect(answer.headers['www-authenticate']).toBe(`Basic realm="${world.origin}"`);
      }
    });
  });

  describe('codes', () => {
    it('R-TK-9 another resource is invalid_target, and the code is not used up', async () => {
      const code = (await client.logIn()).get('code') ?? '';
      const foreign = await client.redeem(code, { resource: 'https://elsewhere.example/mcp' });
      expect([foreign.status, foreign.body.error]).toEqual([400, 'invalid_target']);
      expect((await client.redeem(code, { resource: world.mcp })).status).toBe(200);
    });

    it('R-AZ-11 of two parallel redemptions exactly one succeeds', async () => {
      const code = (await client.logIn()).get('code') ?? '';
      const responses = await Promise.all([client.redeem(code), client.redeem(code)]);
      expect(responses.map(({ status }) => status).sort()).toEqual([200, 400]);
      expect(responses.map(({ body }) => body.error)).toContain('invalid_grant');
    });

    it('R-AZ-11 a second redemption revokes the tokens of the first', async () => {
      const code = (await client.logIn()).get('code') ?? '';
      const { access_token, refresh_token } = (await client.redeem(code)).body;
      expect((await callTool(world.mcp, access_token, 'whoami')).status).toBe(200);
      expect((await client.redeem(code)).body.error).toBe('invalid_grant');
      expect((await callTool(world.mcp, access_token, 'whoami')).status).toBe(401);
      expect((await client.refresh(refresh_token)).body.error).toBe('invalid_grant');
    });

    it('R-AZ-11 is bound to its client and redirect URI, and expires after a minute', async () => {
      const code = async () => (await client.logIn()).get('code') ?? '';
      const other = await registerClient(world.origin, { client_name: 'Other' });
      expect((await other.redeem(await code())).body.error).toBe('invalid_grant');
      const elsewhere = { redirect_uri: 'http://127.0.0.1:1/callback' };
      expect((await client.redeem(await code(), elsewhere)).body.error).toBe('invalid_grant');
      const late = await code();
      advance(61);
      expect((await client.redeem(late)).body.error).toBe('invalid_grant');
    });
  });

  describe('refresh tokens', () => {
    it('CLI-40 CLI-43 need no scope, no resource and no browser, and always return the next token', async () => {
      let { refresh_token } = await client.tokens();
      for (const extra of [
        {},
        { resource: world.mcp },
        { scope: 'openid' },
        { scope: 'claudeai' },
      ]) {
        const { status, body } = await client.refresh(refresh_token, extra);
        expect(status).toBe(200);
        expect(body.refresh_token).not.toBe(refresh_token);
        refresh_token = body.refresh_token;
      }
    });

    it('R-TK-10 narrow to the requested scopes, in any order, and cannot widen; the grant keeps its scopes', async () => {
      const tokens = await client.tokens({ parameters: { scope: 'openid read:notes' } });
      expect(tokens.scope).toBe('openid read:notes');
      const narrow = await client.refresh(tokens.refresh_token, { scope: 'openid' });
      expect(narrow.body.scope).toBe('openid');
      const same = await client.refresh(narrow.body.refresh_token, { scope: 'read:notes openid' });
      expect(String(same.body.scope).split(' ').sort()).toEqual(['openid', 'read:notes']);
      const wide = await client.refresh(same.body.refresh_token, { scope: 'openid files:write' });
      expect([wide.status, wide.body.error]).toEqual([400, 'invalid_scope']);
      expect((await client.refresh(same.body.refresh_token)).body.scope).toBe('openid read:notes');
    });

    it('R-TK-11 of another client are invalid_grant, and the grant of their owner stays', async () => {
      const { refresh_token } = await client.tokens();
      const other = await registerClient(world.origin, { client_name: 'Other' });
      expect((await other.refresh(refresh_token)).body.error).toBe('invalid_grant');
      expect((await client.refresh(refresh_token)).status).toBe(200);
    });

    it('R-TK-12 CLI-41 can be used again for two minutes; later reuse revokes the grant', async () => {
      const { refresh_token: first } = await client.tokens();
      const second = await client.refresh(first);
      advance(100);
      const retried = await client.refresh(first);
      expect(retried.status).toBe(200);
      for (const { body } of [second, retried]) {
        expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(200);
      }
      const third = await client.refresh(retried.body.refresh_token);
      expect(third.status).toBe(200);
      advance(130);
      expect((await client.refresh(first)).body.error).toBe('invalid_grant');
      expect((await client.refresh(third.body.refresh_token)).body.error).toBe('invalid_grant');
      expect((await callTool(world.mcp, third.body.access_token, 'whoami')).status).toBe(401);
    });

    it('CLI-41 CLI-42 R-UP-7 ten parallel refreshes get working tokens, with one refresh at Auth0', async () => {
      const { refresh_token } = await client.tokens();
      advance(AUTH0_TTL_SECONDS);
      world.tenant.clearRequests();
      const responses = await Promise.all(
        Array.from({ length: 10 }, () => client.refresh(refresh_token)),
      );
      expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(world.tenant.requests.filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
      for (const { body } of responses) {
        expect((await callTool(world.mcp, body.access_token, 'whoami')).status).toBe(200);
        expect((await client.refresh(body.refresh_token)).status).toBe(200);
      }
    });

    it('AS-27 are not issued to a client that registered without the grant type', async () => {
      const codeOnly = await registerClient(world.origin, { grant_types: ['authorization_code'] });
      expect(Object.keys(await codeOnly.tokens())).not.toContain('refresh_token');
    });

    it('AS-29 of another server are invalid_grant', async () => {
      const elsewhere = await startWorld();
      const foreign = await registerClient(elsewhere.origin);
      const { refresh_token, access_token } = await foreign.tokens();
      await elsewhere.close();
      expect((await client.refresh(refresh_token)).body.error).toBe('invalid_grant');
      expect((await callTool(world.mcp, access_token, 'whoami')).status).toBe(401);
    });

    it('AS-34 R-UP-7 of a user blocked at Auth0 are invalid_grant at the next refresh there', async () => {
      const { refresh_token } = await client.tokens({ user: BOB });
      world.tenant.revokeUser(BOB.sub);
      advance(AUTH0_TTL_SECONDS);
      const refused = await client.refresh(refresh_token);
      expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
    });

    it('R-ERR R-UP-5 stay valid in an outage of Auth0, which is a 503 with Retry-After', async () => {
      const { refresh_token } = await client.tokens();
      advance(AUTH0_TTL_SECONDS);
      const heal = world.tenant.fault('/oauth/token', { kind: 'respond', status: 503 });
      const refused = await client.refresh(refresh_token);
      expect([refused.status, refused.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      heal();
      advance(60);
      expect((await client.refresh(refresh_token)).status).toBe(200);
    });

    it('R-TK-13 expire when they are not used', async () => {
      const day = 24 * 3600;
      let { refresh_token } = await client.tokens();
      advance(29 * day);
      const used = await client.refresh(refresh_token);
      expect(used.status).toBe(200);
      ({ refresh_token } = used.body);
      advance(29 * day);
      const usedAgain = await client.refresh(refresh_token);
      expect(usedAgain.status).toBe(200);
      advance(31 * day);
      expect((await client.refresh(usedAgain.body.refresh_token)).body.error).toBe('invalid_grant');
    });
  });
});

describe('guessing at the token endpoint', () => {
  it('R-TK-15 R-ERR CLI-45 is stopped with a 429 in JSON, with Retry-After', async () => {
    const world = await startWorld();
    const client = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    const guess = () => client.refresh('x', { client_secret: 'a guess' });
    const errors = new Set<unknown>();
    for (let round = 0; round < 50 && !errors.has('too_many_requests'); round += 1) {
      const responses = await Promise.all(Array.from({ length: 50 }, guess));
      for (const { body } of responses) errors.add(body.error);
    }
    expect([...errors]).toEqual(['invalid_client', 'too_many_requests']);
    const { status, headers } = await guess();
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(headers.get('cache-control')).toBe('no-store');
    await world.close();
    // More than a thousand requests, on machines that may have other things to do.
  }, 60_000);
});

describe('FA-26: guesses at a client secret', () => {
  /** How many are answered as guesses before the rest is refused. */
  async function guesses(
    victim: OAuthClient,
    forms: readonly Record<string, string>[],
    address: string,
    origin: string,
  ): Promise<number> {
    const statuses: number[] = [];
    for (let n = 0; n < 240; n += 1) {
      const form = {
        ...forms[n % forms.length],
        client_id: victim.id,
        client_secret: `guess ${n}`,
      };
      const path = 'token' in form ? '/revoke' : '/token';
      const response = await sendForm(origin + path, form, { 'x-forwarded-for': address });
      statuses.push(response.status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    return statuses.filter((status) => status === 401).length;
  }

  it('are limited alike with the refresh tokens of six other clients in the form, and a client that is logged in continues', async () => {
    const world = await startWorld({ before: (app) => app.set('trust proxy', 1) });
    const secret = { token_endpoint_auth_method: 'client_secret_post' };
    const victim = await registerClient(world.origin, secret);
    const own = await victim.tokens();
    const held: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      const other = await registerClient(world.origin, { client_name: `Other ${n}` });
      held.push(String((await other.tokens()).refresh_token));
    }
    const refresh = { grant_type: 'refresh_token' };
    const tries = (forms: readonly Record<string, string>[], address: string) =>
      guesses(victim, forms, address, world.origin);
    const [token = ''] = held;
    expect(await tries([refresh], '203.0.113.1')).toBe(30);
    const inForm = held.map((refresh_token) => ({ ...refresh, refresh_token }));
    expect(await tries(inForm, '203.0.113.2')).toBe(30);
    expect(
      await tries(
        held.map((one) => ({ token: one })),
        '203.0.113.3',
      ),
    ).toBe(30);
    const both = [...inForm, ...inForm.map((form) => ({ ...form, token })), refresh];
    expect(await tries(both, '203.0.113.4')).toBe(30);
    const codes = held.map((code) => ({
      grant_type: 'authorization_code',
      code,
      refresh_token: code,
    }));
    expect(await tries(codes, '203.0.113.5')).toBe(30);

    // From an address that has used up its guesses at this client.
    const address = { 'x-forwarded-for': '203.0.113.2' };
    const form = { ...refresh, client_id: victim.id, client_secret: victim.secret ?? '' };
    const goesOn = { ...form, refresh_token: String(own.refresh_token) };
    expect((await sendForm(`${world.origin}/token`, goesOn, address)).status).toBe(200);
    // Its own tokens do not multiply guesses either.
    const mine: Record<string, string>[] = [];
    for (let n = 0; n < 6; n += 1) {
      const { refresh_token } = await victim.tokens();
      mine.push({ ...refresh, refresh_token: String(refresh_token) });
    }
    expect(await tries(mine, '203.0.113.6')).toBe(30);
    expect(await tries([...mine, refresh], '203.0.113.7')).toBeLessThanOrEqual(60);
    await world.close();
  }, 60_000);
});

describe('FA-26: a stolen refresh token', () => {
  const FOUND = '203.0.113.9';

  /** As many calls as one grant has, and a few more. */
  async function useUp(form: Record<string, string>, path: string, origin: string) {
    const statuses = new Set<number>();
    for (let round = 0; round < 61; round += 1) {
      const responses = await Promise.all(
        Array.from({ length: 20 }, () =>
          sendForm(origin + path, form, { 'x-forwarded-for': FOUND }),
        ),
      );
      for (const { status } of responses) statuses.add(status);
    }
    return [...statuses].toSorted();
  }

  it.each<[string, string, Record<string, string>]>([
    ['with wrong secrets', '/token', { client_secret: 'wrong' }],
    ['without a secret', '/token', {}],
    ['with an empty secret', '/token', { client_secret: '' }],
    [
      'with a forged assertion',
      '/token',
      {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'a.b.c',
      },
    ],
    ['to revoke it, with wrong secrets', '/revoke', { client_secret: 'wrong' }],
    ['to revoke it, without a secret', '/revoke', {}],
  ])(
    'does not block the confidential client that owns it: %s',
    async (_what, path, proof) => {
      const world = await startWorld({ before: (app) => app.set('trust proxy', 1) });
      const client = await registerClient(world.origin, {
        token_endpoint_auth_method: 'client_secret_post',
      });
      const { refresh_token } = await client.tokens();
      const token = String(refresh_token);
      const form = { grant_type: 'refresh_token', client_id: client.id };
      const found =
        path === '/token' ? { ...form, refresh_token: token } : { client_id: client.id, token };
      expect(await useUp({ ...found, ...proof }, path, world.origin)).toEqual([401, 429]);
      const honest = { ...form, refresh_token: token, client_secret: String(client.secret) };
      const address = { 'x-forwarded-for': '198.51.100.1' };
      const refreshed = await sendForm(`${world.origin}/token`, honest, address);
      expect(refreshed.status).toBe(200);
      await world.close();
    },
    60_000,
  );

  it('an authenticated client has one limit for its grant, from all addresses', async () => {
    const world = await startWorld({ before: (app) => app.set('trust proxy', 1) });
    const client = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_post',
    });
    const { refresh_token } = await client.tokens();
    const form = {
      grant_type: 'refresh_token',
      client_id: client.id,
      client_secret: String(client.secret),
      refresh_token: String(refresh_token),
      scope: 'unknown-scope',
    };
    const statuses: number[] = [];
    for (let round = 0; round < 62; round += 1) {
      const headers = { 'x-forwarded-for': `203.0.113.${round}` };
      const calls = Array.from({ length: 20 }, () =>
        sendForm(`${world.origin}/token`, form, headers),
      );
      statuses.push(...(await Promise.all(calls)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
    await world.close();
  }, 60_000);

  it('counts guesses separately for clients whose ids look like parts of a key', async () => {
    const entry = (clientId: string) => ({
      clientId,
      name: clientId,
      clientSecret: 'a-secret-of-32-characters-or-more',
      redirectUris: ['http://127.0.0.1:45454/callback'],
    });
    const world = await startWorld({ options: { clients: [entry('own')] } });
    const client = oauthClient(world.origin, {
      id: 'own',
      secret: 'a-secret-of-32-characters-or-more',
      redirectUri: 'http://127.0.0.1:45454/callback',
    });
    const { refresh_token } = await client.tokens();
    for (const id of ['own with a token', 'token 127.0.0.1 own', 'with token 127.0.0.1 own']) {
      const statuses: number[] = [];
      for (let n = 0; n < 31; n += 1) {
        const guess = { client_id: id, client_secret: 'wrong' };
        statuses.push((await client.refresh('x', guess)).status);
      }
      expect(statuses.at(-1)).toBe(429);
      expect((await client.refresh(refresh_token)).status).toBe(200);
    }
    await world.close();
  });
});

describe('a grant at the end of its absolute lifetime', () => {
  it('R-TK-13 expires, however often it was used', async () => {
    const world = await startWorld({
      options: { refreshTokenTtlSeconds: 7200, refreshTokenIdleTtlSeconds: 7200 },
    });
    const client = await registerClient(world.origin);
    let { refresh_token } = await client.tokens();
    for (let hour = 0; hour < 3; hour += 1) {
      world.advance(2300);
      ({ refresh_token } = (await client.refresh(refresh_token)).body);
    }
    world.advance(400);
    expect((await client.refresh(refresh_token)).body.error).toBe('invalid_grant');
    await world.close();
  });
});

describe('the revocation endpoint', () => {
  let world: World;
  let client: OAuthClient;
  beforeAll(async () => {
    world = await startWorld();
    client = await registerClient(world.origin);
  });
  afterAll(() => world.close());

  const revoke = (token: unknown, extra: Record<string, string> = {}): Promise<RawAnswer> =>
    sendForm(`${world.origin}/revoke`, { token: String(token), client_id: client.id, ...extra });
  const revocationsAtAuth0 = (): number =>
    world.tenant.requests.filter(({ path }) => path === '/oauth/revoke').length;

  it('R-RV-1 responds with 200 and no body for a token that is unknown, expired or revoked', async () => {
    const tokens = await client.tokens();
    for (const [token, extra] of [
      ['garbage', {}],
      [tokens.refresh_token, { token_type_hint: 'access_token' }],
      [tokens.refresh_token, { token_type_hint: 'pineapple' }],
      [tokens.access_token, {}],
    ] as const) {
      const response = await revoke(token, extra);
      expect([response.status, response.text]).toEqual([200, '']);
      expect(response.headers['cache-control']).toBe('no-store');
    }
    const none = await sendForm(`${world.origin}/revoke`, { client_id: client.id });
    expect([none.status, none.json().error]).toEqual([400, 'invalid_request']);
    const stranger = await sendForm(`${world.origin}/revoke`, { token: 'x', client_id: 'nobody' });
    expect([stranger.status, stranger.json().error]).toEqual([401, 'invalid_client']);
  });

  it.each(['access_token', 'refresh_token'])(
    'R-RV-2 R-RV-3 revokes the whole grant by the %s, and the refresh token at Auth0',
    async (name) => {
      const tokens = await client.tokens();
      const before = revocationsAtAuth0();
      expect((await revoke(tokens[name])).status).toBe(200);
      expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(401);
      expect((await client.refresh(tokens.refresh_token)).body.error).toBe('invalid_grant');
      await until(() => revocationsAtAuth0() === before + 1);
    },
  );

  it('R-RV-3 revokes the grant in an outage of Auth0', async () => {
    const tokens = await client.tokens();
    world.tenant.fault('/oauth/revoke', { kind: 'respond', status: 500 }, 1);
    expect((await revoke(tokens.refresh_token)).status).toBe(200);
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(401);
    world.tenant.clearFaults();
  });

  it('R-RV-1 does not revoke the token of another client, and responds alike', async () => {
    const other = await registerClient(world.origin, { client_name: 'Other' });
    const theirs = await other.tokens();
    for (const token of [theirs.access_token, theirs.refresh_token]) {
      const response = await revoke(token);
      expect([response.status, response.text]).toEqual([200, '']);
    }
    expect((await callTool(world.mcp, theirs.access_token, 'whoami')).status).toBe(200);
  });

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
