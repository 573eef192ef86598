import { randomBytes, randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import { DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { json, startTlsHost, type TlsHost } from '../clients/metadata-documents/tls-host.js';
import { type CountingStorage, countingStorage } from '../fuzz/counting-storage.js';
import { type Answer, oauthClient, registerClient } from '../support/oauth-client.js';
import { send, sendForm, sendJson } from '../support/raw-http.js';
import {
  ASSERTION_TYPE,
  publish,
  type SigningClient,
  type SigningClientOptions,
  signingClient,
} from '../support/signing-client.js';
import { startWorld, type World } from '../support/world.js';

/** Lifetime of Auth0's access tokens here, so that a refresh of ours needs one there. */
const AUTH0_TTL_SECONDS = 3000;
const INVALID_CLIENT = [401, 'invalid_client'];
const errorOf = ({ status, body }: Answer): unknown[] => [status, body.error];

describe('clients that prove themselves by an assertion', () => {
  let host: TlsHost;
  let store: CountingStorage;
  let world: World;
  let count = 0;

  beforeAll(async () => {
    host = await startTlsHost();
    store = countingStorage();
    world = await startWorld({
      options: { storage: store },
      tenant: { apis: [{ identifier: DEMO_AUDIENCE, tokenLifetimeSeconds: AUTH0_TTL_SECONDS }] },
      host: { allowedNetwork: host.network() },
      before: (app) => app.set('trust proxy', 1),
    });
  });
  afterAll(async () => {
    await world.close();
    await host.close();
  });

  function newClient(options: Partial<SigningClientOptions> = {}): Promise<SigningClient> {
    count += 1;
    return signingClient(world.origin, host, { path: `/client-${count}.json`, now, ...options });
  }
  const now = (): number => Math.floor(Date.now() / 1000) + world.tenant.settings.clockSkewSeconds;
  /** Time passes here, at Auth0 and for the clients alike. */
  function advance(seconds: number): void {
    world.advance(seconds);
    const { clockSkewSeconds } = world.tenant.settings;
    world.tenant.configure({ clockSkewSeconds: clockSkewSeconds + seconds });
  }
  const codeOf = async (client: SigningClient): Promise<string> =>
    (await client.logIn()).get('code') ?? '';

  // One caller may have 30 documents fetched a minute.
  beforeEach(() => advance(61));

  it('R-TK-16 has our issuer as its only audience', async () => {
    const client = await newClient();
    const code = await codeOf(client);
    for (const aud of [
      `${world.origin}/token`,
      `${world.origin}/`,
      [world.origin, 'https://other.example'],
      [world.origin, `${world.origin}/token`],
      'https://other.example',
      undefined,
    ]) {
      const response = await client.redeemProved(code, await client.proof({ claims: { aud } }));
      expect([aud, ...errorOf(response)]).toEqual([aud, ...INVALID_CLIENT]);
    }
    const alone = await client.proof({ claims: { aud: [world.origin] } });
    const tokens = await client.redeemProved(code, alone);
    expect(tokens.status).toBe(200);
    expect((await client.refreshProved(tokens.body.refresh_token)).status).toBe(200);
  });

  it('R-TK-17 has no type, or that of a client assertion', async () => {
    const client = await newClient({ alg: 'RS256' });
    const code = await codeOf(client);
    for (const typ of ['at+jwt', 'logout+jwt', 'oauth-id-jag+jwt', 'application/dpop+jwt']) {
      const response = await client.redeemProved(code, await client.proof({ header: { typ } }));
      expect([typ, ...errorOf(response)]).toEqual([typ, ...INVALID_CLIENT]);
    }
    const typ = 'application/Client-Authentication+JWT';
    const tokens = await client.redeemProved(code, await client.proof({ header: { typ } }));
    expect(tokens.status).toBe(200);
    for (const other of ['JWT', 'oauth-client-auth+jwt']) {
      const proof = await client.proof({ header: { typ: other } });
      expect((await client.refreshProved(tokens.body.refresh_token, proof)).status).toBe(200);
    }
  });

  it('FA-17: sends along an Authorization header of another scheme, which does not matter', async () => {
    const client = await newClient();
    const code = await codeOf(client);
    for (const authorization of ['Bearer stale', '', 'Token x']) {
      const wrong = await client.proof({ claims: { aud: 'https://other.example' } });
      const headers = { authorization };
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id };
      const url = `${world.origin}/token`;
      expect((await sendForm(url, { ...form, ...wrong }, headers)).status).toBe(401);
      const right = await sendForm(url, { ...form, ...(await client.proof()) }, headers);
      expect(right.json().error).toBe('invalid_grant');
    }
    expect((await client.redeemProved(code)).status).toBe(200);
  });

  describe('R-CI-10 with several methods', () => {
    const BOTH = ['none', 'private_key_jwt'];
    const DOCUMENTS: [string, Record<string, unknown>][] = [
      ['a list alone', { token_endpoint_auth_methods_supported: BOTH }],
      [
        'none before the list',
        { token_endpoint_auth_method: 'none', token_endpoint_auth_methods_supported: BOTH },
      ],
      [
        'private_key_jwt before the list, as ChatGPT has it',
        {
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_methods_supported: BOTH,
        },
      ],
      [
        'one that is unknown here as well',
        { token_endpoint_auth_methods_supported: ['attest_jwt_client_auth', ...BOTH] },
      ],
    ];

    it.each(DOCUMENTS)('log in with a proof and without: %s', async (_what, document) => {
      const client = await newClient({ document });
      const proved = await client.redeemProved(await codeOf(client));
      expect(proved.status).toBe(200);
      const unproved = await client.redeem(await codeOf(client));
      expect(unproved.status).toBe(200);
      expect((await client.refresh(unproved.body.refresh_token)).status).toBe(200);
      const wrong = await client.proof({ claims: { sub: 'x' } });
      const refused = await client.refreshProved(unproved.body.refresh_token, wrong);
      expect(errorOf(refused)).toEqual(INVALID_CLIENT);
    });

    it('require an assertion once the grant has had one: after the code, a refresh, a retry', async () => {
      const client = await newClient({ document: { token_endpoint_auth_methods_supported: BOTH } });
      const proved = await client.redeemProved(await codeOf(client));
      const token = proved.body.refresh_token;
      expect(errorOf(await client.refresh(token))).toEqual(INVALID_CLIENT);
      const revoked = await client.post('/revoke', { token: String(token), client_id: client.id });
      expect(errorOf(revoked)).toEqual(INVALID_CLIENT);
      expect((await client.refreshProved(token)).status).toBe(200);

      const unproved = await client.redeem(await codeOf(client));
      const first = await client.refreshProved(unproved.body.refresh_token);
      expect(first.status).toBe(200);
      expect(errorOf(await client.refresh(first.body.refresh_token))).toEqual(INVALID_CLIENT);

      // A retry of a token that was just replaced rotates nothing, and is a proof all the same.
      const other = await client.redeem(await codeOf(client));
      const next = await client.refresh(other.body.refresh_token);
      expect((await client.refreshProved(other.body.refresh_token)).status).toBe(200);
      expect(errorOf(await client.refresh(next.body.refresh_token))).toEqual(INVALID_CLIENT);
      expect((await client.refreshProved(next.body.refresh_token)).status).toBe(200);
    });

    it.each([
      ['tls_client_auth', 'private_key_jwt'],
      ['private_key_jwt', undefined],
    ])('always need one where none is not listed: %s, %s', async (...listed) => {
      const methods = listed.filter((method) => method !== undefined);
      const client = await newClient({
        document: {
          token_endpoint_auth_method: methods[0],
          token_endpoint_auth_methods_supported: methods,
        },
      });
      const code = await codeOf(client);
      expect(errorOf(await client.redeem(code))).toEqual(INVALID_CLIENT);
      expect((await client.redeemProved(code)).status).toBe(200);
    });

    it('send no proof where only none is listed', async () => {
      const client = await newClient({
        document: { token_endpoint_auth_methods_supported: ['none', 'tls_client_auth'] },
      });
      const code = await codeOf(client);
      expect(errorOf(await client.redeemProved(code))).toEqual(INVALID_CLIENT);
      expect((await client.redeem(code)).status).toBe(200);
    });
  });

  it.each<Record<string, unknown>>([
    { token_endpoint_auth_methods_supported: ['tls_client_auth'] },
    { token_endpoint_auth_method: 'tls_client_auth' },
    { token_endpoint_auth_methods_supported: [] },
    {
      token_endpoint_auth_method: 'attest_jwt_client_auth',
      token_endpoint_auth_methods_supported: ['attest_jwt_client_auth', 'tls_client_auth'],
    },
  ])(
    'R-CI-11 R-TK-14 have unauthorized_client where no method is in common: %j',
    async (document) => {
      const client = await newClient({ document });
      const html = { headers: { accept: 'text/html', 'accept-language': 'en' } };
      const page = await send(client.authorizeUrl(), html);
      expect([page.status, page.headers.location]).toEqual([400, undefined]);
      expect(page.text).toContain('authenticates in a way that this service does not support');
      const program = await send(client.authorizeUrl(), {
        headers: { accept: 'application/json' },
      });
      expect([program.status, program.json().error]).toEqual([400, 'unauthorized_client']);
      for (const response of [
        await client.redeem(randomBytes(48).toString('base64url')),
        await client.refresh('x'),
        await client.post('/token', { grant_type: 'authorization_code', client_id: client.id }),
        await client.redeemProved('x'),
      ]) {
        expect(errorOf(response)).toEqual([400, 'unauthorized_client']);
      }
    },
  );

  it('R-CI-11 R-CI-9 report an invalid code to a client with a supported method, also while its host is down', async () => {
    const client = await newClient({ document: { token_endpoint_auth_method: 'none' } });
    expect(errorOf(await client.redeem('x'))).toEqual([400, 'invalid_grant']);
    const gone = oauthClient(world.origin, { ...client, id: host.url('/never-there.json') });
    expect(errorOf(await gone.redeem('x'))).toEqual([400, 'invalid_grant']);
  });

  it('FA-26: go on where another caller sends their refresh token without a proof, or with a forged one', async () => {
    const client = await newClient();
    const token = (await client.redeemProved(await codeOf(client))).body.refresh_token;
    const forged = { client_assertion_type: ASSERTION_TYPE, client_assertion: 'a.b.c' };
    const form = {
      grant_type: 'refresh_token',
      refresh_token: String(token),
      client_id: client.id,
    };
    for (const proof of [{}, forged]) {
      const statuses = new Set<number>();
      for (let round = 0; round < 61; round += 1) {
        const calls = Array.from({ length: 20 }, () =>
          sendForm(
            `${world.origin}/token`,
            { ...form, ...proof },
            { 'x-forwarded-for': '203.0.113.9' },
          ),
        );
        for (const { status } of await Promise.all(calls)) statuses.add(status);
      }
      expect([...statuses].toSorted()).toEqual([401, 429]);
    }
    expect((await client.refreshProved(token)).status).toBe(200);
  }, 60_000);

  it('R-CI-12 may have keys of 20 kB; 1 MB is rejected and logged', async () => {
    const large = await newClient({ keySet: { chains: 'x'.repeat(20_000) } });
    expect((await large.redeemProved(await codeOf(large))).status).toBe(200);
    const tooLarge = await newClient({ keySet: { chains: 'x'.repeat(1_000_000) } });
    const refused = await tooLarge.redeemProved(await codeOf(tooLarge));
    expect(errorOf(refused)).toEqual(INVALID_CLIENT);
    expect(world.log.map(({ fields }) => fields)).toContainEqual(
      expect.objectContaining({ reason: 'too_large', path: expect.stringMatching(/\.keys$/) }),
    );
  });

  it('R-CI-13 may have the path /, which is fetched', async () => {
    publish(host, '/', {});
    const client = oauthClient(world.origin, {
      id: host.url('/', 'root'),
      secret: undefined,
      redirectUri: 'http://127.0.0.1:1/callback',
    });
    expect((await client.tokens()).access_token).toBeDefined();
    const before = host.connections();
    const without = oauthClient(world.origin, { ...client, id: host.url('', 'root') });
    expect((await send(without.authorizeUrl())).status).toBe(400);
    expect(host.connections()).toBe(before);
  });

  it.each([
    'https://10.0.0.1/k',
    'https://169.254.169.254/k',
    'https://[::1]/k',
    'https://localhost./k',
  ])('R-CI-14 have no keys at %s, and nothing is fetched there', async (jwks_uri) => {
    const document = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri };
    const client = await newClient({ document });
    const page = await send(client.authorizeUrl());
    expect([page.status, page.headers.location]).toEqual([400, undefined]);
  });

  it('R-CI-14 have their new redirect URIs and keys once the cached document expires', async () => {
    const path = '/rotating.json';
    const redirect_uris = ['http://127.0.0.1/callback'];
    const method = { token_endpoint_auth_method: 'private_key_jwt' };
    const old = await newClient({ path, document: { ...method, redirect_uris } });
    const tokens = (await old.redeemProved(await codeOf(old))).body;
    const moved = ['http://127.0.0.1/moved'];
    const fresh = await newClient({ path, document: { ...method, redirect_uris: moved } });
    advance(601);
    expect((await send(old.authorizeUrl())).status).toBe(400);
    const redirect_uri = 'http://127.0.0.1:51234/moved';
    expect((await send(fresh.authorizeUrl({ redirect_uri }))).status).toBe(200);
    expect(errorOf(await old.refreshProved(tokens.refresh_token))).toEqual(INVALID_CLIENT);
    expect((await fresh.refreshProved(tokens.refresh_token)).status).toBe(200);
  });

  describe('R-MD-3 FA-19: every method of authentication that the metadata lists can be registered, and works', () => {
    it.each(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'])(
      '%s',
      async (method) => {
        const server = (
          await send(`${world.origin}/.well-known/oauth-authorization-server`)
        ).json();
        expect(server.token_endpoint_auth_methods_supported).toContain(method);
        const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
        const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'own', alg: 'ES256' }] };
        const metadata = {
          redirect_uris: ['http://127.0.0.1:1/callback'],
          token_endpoint_auth_method: method,
          ...(method === 'private_key_jwt' && { jwks }),
        };
        const response = await sendJson(`${world.origin}/register`, metadata);
        expect(response.status).toBe(201);
        expect(response.json()).toMatchObject(metadata);
        expect('client_secret' in response.json()).toBe(method.startsWith('client_secret_'));
        const { client_id: id = '', client_secret: secret } = response.json() as Record<
          string,
          string
        >;
        const client = oauthClient(world.origin, {
          id,
          secret,
          redirectUri: 'http://127.0.0.1:1/callback',
        });
        if (method !== 'private_key_jwt') {
          expect((await client.tokens()).refresh_token).toBeDefined();
          return;
        }
        const proof = async () => ({
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await new SignJWT({ jti: randomUUID(), iss: id, sub: id })
            .setProtectedHeader({ alg: 'ES256', kid: 'own', typ: 'client-authentication+jwt' })
            .setAudience(world.origin)
            .setExpirationTime(now() + 60)
            .sign(privateKey),
        });
        const code = (await client.logIn()).get('code') ?? '';
        expect(errorOf(await client.redeem(code))).toEqual(INVALID_CLIENT);
        const used = await proof();
        // RFC 7523 §2.2: the assertion names the client by itself.
        const tokens = await client.redeem(code, { ...used, client_id: undefined });
        expect(tokens.status).toBe(200);
        const token = tokens.body.refresh_token;
        expect(errorOf(await client.refresh(token))).toEqual(INVALID_CLIENT);
        expect(errorOf(await client.refresh(token, used))).toEqual(INVALID_CLIENT);
        expect((await client.refresh(token, await proof())).status).toBe(200);
      },
    );

    it('private_key_jwt with keys at an address, which are fetched when they are needed', async () => {
      const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
      const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'there', alg: 'RS256' }] };
      const before = host.answer;
      host.answer = (req, res) =>
        req.url === '/registered.keys' ? json(keys)(req, res) : before(req, res);
      const requests = host.requests.length;
      const response = await sendJson(`${world.origin}/register`, {
        redirect_uris: ['http://127.0.0.1:1/callback'],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: host.url('/registered.keys'),
      });
      expect([response.status, host.requests.length]).toEqual([201, requests]);
      const id = String(response.json().client_id);
      expect(id.length).toBeLessThanOrEqual(255);
      const client = oauthClient(world.origin, {
        id,
        secret: undefined,
        redirectUri: 'http://127.0.0.1:1/callback',
      });
      const code = (await client.logIn()).get('code') ?? '';
      const client_assertion = await new SignJWT({ jti: randomUUID(), iss: id, sub: id })
        .setProtectedHeader({ alg: 'RS256', kid: 'there' })
        .setAudience(world.origin)
        .setExpirationTime(now() + 60)
        .sign(privateKey);
      const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion };
      expect((await client.redeem(code, proof)).status).toBe(200);
    });

    it.each([
      { jwks_uri: 'http://client.example/k' },
      { jwks_uri: 'https://10.0.0.1/k' },
      { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
      { jwks: null, jwks_uri: '' },
    ])('but not with keys that cannot be used: %j', async (keys) => {
      const response = await sendJson(`${world.origin}/register`, {
        redirect_uris: ['http://127.0.0.1:1/callback'],
        token_endpoint_auth_method: 'private_key_jwt',
        ...keys,
      });
      expect([response.status, response.json().error]).toEqual([400, 'invalid_client_metadata']);
    });
  });

  describe('FA-25: store only assertions with a genuine code or token', () => {
    /** Posts from an address of its own each time. */
    const from = (n: number, form: Record<string, string>, path = '/token') =>
      sendForm(world.origin + path, form, { 'x-forwarded-for': `100.64.${n >> 8}.${n & 255}` });

    it('with codes, tokens and grants that are forged, or of other clients', async () => {
      const stranger = await newClient();
      const honest = await newClient();
      const victim = await registerClient(world.origin);
      const held = await victim.tokens();
      const own = (await stranger.redeemProved(await codeOf(stranger))).body;
      const foreign = (await honest.logIn()).get('code') ?? '';
      const before = store.sizeOf('assertion');
      const forms: Record<string, string>[] = [
        { grant_type: 'authorization_code', code: randomBytes(48).toString('base64url') },
        { grant_type: 'authorization_code', code: foreign },
        { grant_type: 'refresh_token', refresh_token: randomBytes(53).toString('base64url') },
        { grant_type: 'refresh_token', refresh_token: String(held.refresh_token) },
        { grant_type: 'refresh_token', refresh_token: `${own.access_token}` },
        { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' },
        {},
      ];
      let n = 0;
      for (const form of forms) {
        for (let time = 0; time < 15; time += 1) {
          n += 1;
          const verifier = { code_verifier: 'v'.repeat(43) };
          const response = await from(n, { ...verifier, ...form, ...(await stranger.proof()) });
          expect(response.status).toBe(400);
        }
      }
      for (const token of ['x', String(held.refresh_token), String(held.access_token)]) {
        n += 1;
        const form = { token, ...(await stranger.proof()) };
        expect((await from(n, form, '/revoke')).status).toBe(200);
      }
      expect(store.sizeOf('assertion')).toBe(before);
      expect((await honest.redeemProved(foreign)).status).toBe(200);
      expect((await victim.refresh(held.refresh_token)).status).toBe(200);
      expect((await stranger.refreshProved(own.refresh_token)).status).toBe(200);
    });

    it('and for one code a few records at most, however often it is tried', async () => {
      const client = await newClient();
      const code = await codeOf(client);
      const before = store.sizeOf('assertion');
      for (let time = 0; time < 20; time += 1) {
        const proof = await client.proof();
        const response = await client.redeem(code, { ...proof, code_verifier: 'w'.repeat(43) });
        expect(errorOf(response)).toEqual([400, 'invalid_grant']);
      }
      expect(store.sizeOf('assertion') - before).toBeLessThanOrEqual(3);
      const used = await codeOf(client);
      const tokens = await client.redeemProved(used);
      const held = store.sizeOf('assertion');
      for (let time = 0; time < 10; time += 1) await client.redeemProved(used);
      expect(store.sizeOf('assertion') - held).toBeLessThanOrEqual(1);
      expect(errorOf(await client.refreshProved(tokens.body.refresh_token))).toEqual([
        400,
        'invalid_grant',
      ]);
    });

    it('an assertion is good once, with code, refresh token or revocation, and a replay uses nothing up', async () => {
      const client = await newClient();
      const [first, second] = [await codeOf(client), await codeOf(client)];
      const proof = await client.proof();
      const tokens = await client.redeemProved(first, proof);
      expect(tokens.status).toBe(200);
      expect(errorOf(await client.redeemProved(second, proof))).toEqual(INVALID_CLIENT);
      const token = tokens.body.refresh_token;
      expect(errorOf(await client.refreshProved(token, proof))).toEqual(INVALID_CLIENT);
      expect(errorOf(await client.revokeProved(token, proof))).toEqual(INVALID_CLIENT);
      expect((await client.redeemProved(second)).status).toBe(200);
      const refreshed = await client.refreshProved(token);
      expect(refreshed.status).toBe(200);
      const last = await client.proof();
      expect((await client.revokeProved(refreshed.body.refresh_token, last)).status).toBe(200);
      expect(errorOf(await client.refreshProved(token))).toEqual([400, 'invalid_grant']);
    });

    it('of ten requests at once with one assertion, each with a genuine code, one succeeds', async () => {
      const client = await newClient();
      const codes = [];
      for (let n = 0; n < 10; n += 1) codes.push(await codeOf(client));
      const proof = await client.proof();
      const responses = await Promise.all(codes.map((code) => client.redeemProved(code, proof)));
      expect(responses.map(({ status }) => status).toSorted()).toEqual([
        200,
        ...Array.from({ length: 9 }, () => 401),
      ]);
    });

    it('an outage of Auth0 uses no assertion up: the same request works afterwards', async () => {
      const client = await newClient();
      const tokens = (await client.redeemProved(await codeOf(client))).body;
      advance(AUTH0_TTL_SECONDS);
      const proof = await client.proof({ claims: { exp: now() + 200 } });
      const heal = world.tenant.fault('/oauth/token', { kind: 'respond', status: 503 });
      const refused = await client.refreshProved(tokens.refresh_token, proof);
      expect(errorOf(refused)).toEqual([503, 'temporarily_unavailable']);
      heal();
      advance(60);
      expect((await client.refreshProved(tokens.refresh_token, proof)).status).toBe(200);
    });

    it('for one grant no more than 300 in ten minutes, on all endpoints together, and others go on', async () => {
      const client = await newClient({ subdomain: 'greedy' });
      const before = store.sizeOf('assertion');
      const { body } = await client.redeemProved(await codeOf(client));
      const statuses: number[] = [];
      for (let n = 0; n < 8; n += 1) {
        const tokens = Array.from({ length: 40 }, () => body.refresh_token);
        const responses = await Promise.all(tokens.map((token) => client.refreshProved(token)));
        statuses.push(...responses.map(({ status }) => status));
      }
      expect(statuses.filter((status) => status === 200)).toHaveLength(299);
      expect(statuses.filter((status) => status === 429)).toHaveLength(21);
      expect((await client.revokeProved(body.refresh_token)).status).toBe(429);
      expect(store.sizeOf('assertion') - before).toBe(300);
      const other = await client.redeemProved(await codeOf(client));
      expect(other.status).toBe(200);
      expect((await client.refreshProved(other.body.refresh_token)).status).toBe(200);
    });
  });
});
