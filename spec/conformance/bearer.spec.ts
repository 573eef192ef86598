import { createHmac } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JWTPayload, SignJWT } from 'jose';
import {
  SIGNING_KEY_MATERIAL_BYTES,
  type SigningKey,
  signingKeyFrom,
} from '../../lib/grants/access-token.js';
import { createKeyRing, mac } from '../../lib/keys/key-ring.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { type Storage, StorageUnavailableError } from '../../lib/storage/storage.js';
import { ADA, BOB } from '../../lib/testing/options.js';
import { atMcp, sessionRoute } from '../support/mcp-route.js';
import {
  callTool,
  type OAuthClient,
  registerClient,
  rpc,
  toolResult,
} from '../support/oauth-client.js';
import { send } from '../support/raw-http.js';
import { secretsIn } from '../support/secret-scan.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';

/** The key the library signs with, as whoever has the configured secret can derive it. */
function ownKey(secret = SPEC_SIGNING_KEY): SigningKey {
  const [material] = createKeyRing([Buffer.from(secret)]).derive(
    'access-token',
    SIGNING_KEY_MATERIAL_BYTES,
  );
  return signingKeyFrom(material.export());
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The MAC of a payload, so that the rest of a forgery decides. */
const macOf = (payload: string): string =>
  mac(ownKey().macKey, payload).subarray(0, 12).toString('base64url');

describe('the guard of the MCP endpoint', () => {
  let world: World;
  let client: OAuthClient;
  let tokens: Record<string, string>;
  let code = '';
  let isStoreDown = false;

  beforeAll(async () => {
    const memory = memoryStorage();
    const storage: Storage = {
      ...memory,
      get: (key) =>
        isStoreDown ? Promise.reject(new StorageUnavailableError('down')) : memory.get(key),
    };
    world = await startWorld({ options: { storage } });
    client = await registerClient(world.origin);
    code = (await client.logIn()).get('code') ?? '';
    tokens = (await client.redeem(code)).body as Record<string, string>;
  });
  afterAll(() => world.close());

  const post = (authorization?: string, body: unknown = { method: 'tools/list' }) =>
    send(world.mcp, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...(body as object) }),
    });

  /** A token of our own key, valid but for what is changed. */
  async function forged(
    claims: JWTPayload = {},
    header: Record<string, unknown> = {},
    key: SigningKey = ownKey(),
  ): Promise<string> {
    const payload = JSON.parse(
      Buffer.from(tokens.access_token?.split('.')[1] ?? '', 'base64url').toString(),
    );
    const changed = { ...payload, ...claims };
    return new SignJWT(changed)
      .setProtectedHeader({
        alg: 'ES256',
        typ: 'at+jwt',
        kid: key.kid,
        mac: macOf(part(changed)),
        ...header,
      })
      .sign(key.privateKey);
  }

  it.each(['GET', 'DELETE', 'HEAD', 'PUT', 'PATCH'])(
    'RS-1 CLI-50 R-RS-1 challenges %s without a token, before any other refusal',
    async (method) => {
      const { status, headers } = await send(world.mcp, { method });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer resource_metadata="[^"]+", scope="openid"$/,
      );
    },
  );

  it.each(['', '{', 'null', '[]', '{"jsonrpc":"2.0","method":"server/discover","id":1}'])(
    'RS-1 challenges the body %j without a token',
    async (body) => {
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      const { status } = await send(world.mcp, { method: 'POST', headers, body });
      expect(status).toBe(401);
    },
  );

  it('RS-20 rejects pages of other sites before anything else, and no caller that is not a page', async () => {
    const from = (origin: string) =>
      send(world.mcp, {
        method: 'POST',
        headers: { origin, authorization: `Bearer ${tokens.access_token}` },
      });
    for (const origin of ['https://evil.example', 'http://evil.example:8000', 'null']) {
      const { status, json } = await from(origin);
      expect(status).toBe(403);
      expect(json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 }, id: null });
    }
    for (const origin of [world.origin, 'http://localhost:6274', 'vscode-webview://x']) {
      expect((await from(origin)).status).not.toBe(403);
    }
    expect((await post(`Bearer ${tokens.access_token}`)).status).toBe(200);
  });

  it('RS-17 does not look at a token in the query or in the body', async () => {
    const query = await send(`${world.mcp}?access_token=${tokens.access_token}`, {
      method: 'POST',
    });
    expect(query.status).toBe(401);
    const form = await send(world.mcp, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${tokens.access_token}`,
    });
    expect(form.status).toBe(401);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])(
    'R-RS-3 CLI-46 accepts a new token after %j',
    async (scheme) => {
      expect((await post(`${scheme} ${tokens.access_token}`)).status).toBe(200);
    },
  );

  it.each(['Basic YTpi', 'DPoP abc', 'Negotiate', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer "x"'])(
    'R-RS-2 EX-3 responds to the credentials %j with one Bearer challenge',
    async (authorization) => {
      const { status, headers } = await post(authorization);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer (?!.*(?:Basic|DPoP) )resource_metadata=/,
      );
    },
  );

  it('EX-3 ignores a DPoP header beside a Bearer token', async () => {
    const { status } = await callTool(world.mcp, tokens.access_token, 'whoami', { dpop: 'x.y.z' });
    expect(status).toBe(200);
  });

  it('RS-24 the first request ever may be any, of any protocol version: the guard wants a token and no history', async () => {
    const fresh = await startWorld();
    const own = await registerClient(fresh.origin);
    const { access_token } = await own.tokens();
    const version = { 'mcp-protocol-version': '2026-07-28' };
    const call = await callTool(fresh.mcp, access_token, 'whoami', version);
    // What the transport makes of a version it may not know is its business: it was reached.
    expect(call.body).toHaveProperty('jsonrpc', '2.0');
    expect([401, 403]).not.toContain(call.status);
    const discover = await rpc(fresh.mcp, access_token, { method: 'server/discover' });
    expect(discover.body).toMatchObject({ jsonrpc: '2.0', error: { code: -32601 } });
    await fresh.close();
  });

  it('R-RS-4 R-RS-5 CLI-51 every refusal is JSON, not cached, with a challenge the narrowest parser reads', async () => {
    const refusals = [
      await send(world.mcp),
      await post('Bearer garbage'),
      await post('Bearer a b'),
      await post(`Bearer ${await forged({ exp: 1 })}`),
    ];
    for (const { status, headers, text, json } of refusals) {
      expect(status).toBe(401);
      expect(headers['content-type']).toMatch(/^application\/json/);
      expect(headers['cache-control']).toBe('no-store');
      expect(json()).toEqual({ error: expect.any(String), error_description: expect.any(String) });
      const challenge = headers['www-authenticate'] ?? '';
      expect(challenge).toMatch(/^Bearer [a-z]\w*="[^"\\]*"(?:, \w+="[^"\\]*")*$/);
      const names = [...challenge.matchAll(/(\w+)=/g)].map(([, name]) => name);
      expect(new Set(names).size).toBe(names.length);
      // Parsers that look for `scope=` anywhere find the right one first.
      expect(names.slice(0, 2)).toEqual(['resource_metadata', 'scope']);
      expect(text + challenge).not.toMatch(/404|405|Not Found|Method Not Allowed/);
    }
  });

  describe('refuses as invalid_token', () => {
    async function expectInvalid(token: string): Promise<void> {
      const { status, headers } = await post(`Bearer ${token}`, {
        method: 'tools/call',
        params: { name: 'whoami', arguments: {} },
      });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer resource_metadata="[^"]+", scope="openid", error="invalid_token", error_description="[^"]+"$/,
      );
    }
    const unsigned = (header: object, signature = ''): string => {
      const payload = tokens.access_token?.split('.')[1] ?? '';
      return `${part({ ...header, mac: macOf(payload) })}.${payload}.${signature}`;
    };

    it('nothing that differs from a real one in nothing', async () => {
      expect((await post(`Bearer ${await forged()}`)).status).toBe(200);
    });

    it('RS-10 R-AT-3 another issuer, no subject, not yet valid, or a revoked grant', async () => {
      await expectInvalid(await forged({ iss: 'https://elsewhere.example' }));
      await expectInvalid(await forged({ iss: `${world.origin}/` }));
      await expectInvalid(await forged({ sub: undefined } as unknown as JWTPayload));
      await expectInvalid(await forged({ nbf: Math.floor(Date.now() / 1000) + 600 }));
      await expectInvalid(await forged({ jti: 'AAAAAAAAAAAAAAAAAAAAAA.x' }));
    });

    it('RS-10 R-AT-3 another type, algorithm or key, and a key from the header', async () => {
      const { kid, jwk } = ownKey();
      const stranger = ownKey('the-signing-key-of-somebody-else-0123456789');
      await expectInvalid(await forged({}, { typ: 'JWT' }));
      await expectInvalid(await forged({}, { typ: undefined }));
      await expectInvalid(await forged({}, { kid: 'unknown' }));
      await expectInvalid(await forged({}, { kid }, stranger));
      await expectInvalid(await forged({}, { kid, jwk: stranger.jwk }, stranger));
      await expectInvalid(
        await forged({}, { kid, jku: 'https://elsewhere.example/jwks' }, stranger),
      );
      await expectInvalid(unsigned({ alg: 'none', typ: 'at+jwt', kid }));
      const signed = unsigned({ alg: 'HS256', typ: 'at+jwt', kid }).slice(0, -1);
      const hmac = createHmac('sha256', JSON.stringify(jwk)).update(signed).digest('base64url');
      await expectInvalid(`${signed}.${hmac}`);
      await expectInvalid(
        unsigned({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['x'], x: 1 }, 'AAAA'),
      );
      const [head, body, signature = ''] = tokens.access_token?.split('.') ?? [];
      await expectInvalid(
        `${head}.${body}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
      );
    });

    it('RS-11 another audience, or none; one among several is enough', async () => {
      await expectInvalid(await forged({ aud: 'https://elsewhere.example/mcp' }));
      await expectInvalid(await forged({ aud: world.origin }));
      await expectInvalid(await forged({ aud: undefined } as unknown as JWTPayload));
      const several = await forged({ aud: ['https://elsewhere.example', world.mcp] });
      expect((await post(`Bearer ${several}`)).status).toBe(200);
    });

    it('RS-12 R-RS-6 expired, or without exp', async () => {
      await expectInvalid(await forged({ exp: Math.floor(Date.now() / 1000) - 60 }));
      await expectInvalid(await forged({ exp: undefined } as unknown as JWTPayload));
    });

    it('RS-18 PX-24 tokens for another purpose: of Auth0, a refresh token, a code', async () => {
      const { extra } = await world.auth.verifyAccessToken(tokens.access_token ?? '');
      const { auth0Token } = extra as { auth0Token: () => Promise<string> };
      await expectInvalid(await auth0Token());
      await expectInvalid(tokens.refresh_token ?? '');
      await expectInvalid(code);
      await expectInvalid(client.id);
    });

    it('R-RS-7 a thousand malformed tokens, never with 5xx', async () => {
      const characters = 'abcXYZ019-._~+/=';
      let seed = 7;
      const next = (below: number): number => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        return seed % below;
      };
      const statuses = new Set<number>();
      for (let round = 0; round < 20; round += 1) {
        const batch = Array.from({ length: 50 }, () => {
          const text = Array.from({ length: 1 + next(60) }, () => characters[next(16)]).join('');
          return fetch(world.mcp, { headers: { authorization: `Bearer ${text}` } });
        });
        for (const { status } of await Promise.all(batch)) statuses.add(status);
      }
      expect([...statuses]).toEqual([401]);
    });
  });

  it('R-RS-7 responds with 503 and not 401 while the store is unavailable', async () => {
    // Until then the caller is cached.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    isStoreDown = true;
    const { status, headers, json } = await post(`Bearer ${tokens.access_token}`);
    isStoreDown = false;
    expect(status).toBe(503);
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect(headers['www-authenticate']).toBeUndefined();
    expect(json().error).toBe('temporarily_unavailable');
    expect((await post(`Bearer ${tokens.access_token}`)).status).toBe(200);
  });

  it('CLI-52 guards and serves the URL with a trailing slash alike', async () => {
    expect((await send(`${world.mcp}/`)).status).toBe(401);
    expect((await callTool(`${world.mcp}/`, tokens.access_token, 'whoami')).status).toBe(200);
  });

  it('RS-23 AS-29 tools see the same subject at every login, and R-AT-4 no client can have it', async () => {
    const other = await registerClient(world.origin, { client_name: ADA.sub });
    const again = await other.tokens();
    const me = toolResult(await callTool(world.mcp, again.access_token, 'whoami'));
    expect(me.subject).toBe(ADA.sub);
    expect(other.id).toMatch(/^[\w-]+$/);
  });

  it('RS-28 RS-18 tokens of Auth0 are not sent to clients, and our tokens are not sent to Auth0', async () => {
    const { extra } = await world.auth.verifyAccessToken(tokens.access_token ?? '');
    const { auth0Token } = extra as { auth0Token: () => Promise<string> };
    const responses = [
      JSON.stringify(tokens),
      JSON.stringify(await callTool(world.mcp, tokens.access_token, 'whoami')),
      JSON.stringify(await callTool(world.mcp, tokens.access_token, 'downstream')),
    ].join();
    expect(secretsIn(responses, { auth0: await auth0Token() })).toEqual([]);
    const { access_token, refresh_token } = tokens;
    const sent = JSON.stringify(world.tenant.requests);
    expect(secretsIn(sent, { access_token, refresh_token, code })).toEqual([]);
  });
});

describe('the guard before a transport with sessions', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({
      mount: atMcp(sessionRoute()),
    });
  });
  afterAll(() => world.close());

  it('RS-2 RS-21 RS-22 a session does not replace the token, and is closed to another user', async () => {
    const client = await registerClient(world.origin);
    const ada = (await client.tokens()).access_token;
    const bob = (await client.tokens({ user: BOB })).access_token;
    const initialize = {
      method: 'initialize',
      params: {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'spec', version: '1' },
      },
    };
    const opened = await rpc(world.mcp, ada, initialize);
    expect(opened.status).toBe(200);
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    expect((await rpc(world.mcp, undefined, { method: 'tools/list' }, session)).status).toBe(401);
    expect((await rpc(world.mcp, bob, { method: 'tools/list' }, session)).status).toBe(404);
    expect((await rpc(world.mcp, ada, { method: 'tools/list' }, session)).status).toBe(200);
    world.advance(3700);
    expect((await rpc(world.mcp, ada, { method: 'tools/list' }, session)).status).toBe(401);
  });
});
