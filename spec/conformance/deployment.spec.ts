import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import { builtInStorage } from '../../lib/storage/checked-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { ADA, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient, VERIFIER } from '../support/oauth-client.js';
import { type RawAnswer, send, sendForm, sendJson } from '../support/raw-http.js';
import { secretsIn } from '../support/secret-scan.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';

/** Machine endpoints, with the method each has. */
const MACHINES = [
  ['GET', '/.well-known/oauth-protected-resource'],
  ['GET', '/.well-known/oauth-protected-resource/mcp'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['GET', '/.well-known/openid-configuration'],
  ['GET', '/.well-known/jwks.json'],
  ['POST', '/register'],
  ['POST', '/token'],
  ['POST', '/revoke'],
] as const;
const PAGES = ['/authorize', '/consent', '/auth/callback'];

describe('every response', () => {
  let world: World;
  let client: OAuthClient;
  beforeAll(async () => {
    // As behind a proxy that ends TLS.
    world = await startWorld({ options: { baseUrl: 'https://mcp.example.test' } });
    client = await registerClient(world.origin);
  });
  afterAll(() => world.close());

  const OTHERS = { GET: 'POST', POST: 'GET' } as const;

  it.each(MACHINES)(
    'R-DP-1 %s %s allows pages of every origin, without cookies, and responds to preflights first',
    async (method, path) => {
      const headers = { origin: 'https://app.example', 'access-control-request-method': method };
      const preflight = await send(world.origin + path, { method: 'OPTIONS', headers });
      expect([preflight.status, preflight.text]).toEqual([204, '']);
      expect(preflight.headers['access-control-allow-methods']).toContain(method);
      const allowed = preflight.headers['access-control-allow-headers']?.toLowerCase();
      for (const name of [
        'authorization',
        'content-type',
        'accept',
        'mcp-protocol-version',
        'dpop',
      ])
        expect(allowed?.split(', ')).toContain(name);
      for (const one of [preflight, await send(world.origin + path, { method, headers })]) {
        expect(one.headers['access-control-allow-origin']).toBe('*');
        expect(one.headers['access-control-allow-credentials']).toBeUndefined();
      }
    },
  );

  it('R-DP-1 the MCP endpoint allows pages to read the challenge, and to send the headers of the transport', async () => {
    const origin = 'http://localhost:6274';
    const preflight = await send(`${world.origin}/mcp`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, POST, DELETE');
    const allowed = preflight.headers['access-control-allow-headers']?.toLowerCase().split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining(['last-event-id', 'mcp-session-id', 'mcp-method', 'mcp-name']),
    );
    const refused = await send(`${world.origin}/mcp`, { method: 'POST', headers: { origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers['access-control-allow-origin']).toBe('*');
    const exposed = refused.headers['access-control-expose-headers']?.split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining(['WWW-Authenticate', 'Mcp-Session-Id', 'Mcp-Protocol-Version']),
    );
  });

  it('R-DP-6 a refused POST /mcp sends nosniff', async () => {
    const { status, headers } = await send(`${world.origin}/mcp`, { method: 'POST' });
    expect(status).toBe(401);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(MACHINES)(
    'R-DP-6 %s %s sends nosniff and Strict-Transport-Security',
    async (method, path) => {
      for (const one of [method, OTHERS[method]]) {
        const { headers } = await send(world.origin + path, { method: one });
        expect(headers['x-content-type-options']).toBe('nosniff');
        expect(headers['strict-transport-security']).toMatch(/^max-age=31536000/);
      }
    },
  );

  it.each(MACHINES)(
    'R-DP-2 CLI-45 %s %s redirects nowhere, however it is written, and refuses in JSON',
    async (method, path) => {
      for (const written of [path, `${path}/`, `${path}?x=1`, `${path}//`, `/${path}`]) {
        for (const one of [method, OTHERS[method], 'PATCH']) {
          const { status, headers } = await send(world.origin + written, { method: one });
          expect(Math.floor(status / 100)).not.toBe(3);
          expect(headers.location).toBeUndefined();
        }
      }
      const refused = await send(world.origin + path, { method: OTHERS[method] });
      expect(refused.status).toBe(405);
      expect(refused.headers.allow).toContain(method);
      expect(refused.headers['content-type']).toMatch(/^application\/json/);
      expect(refused.json()).toMatchObject({ error: 'invalid_request' });
    },
  );

  it.each(['/register', '/token', '/revoke'])(
    'CLI-45 POST %s refuses what it cannot read in JSON: other types, encodings, charsets, sizes',
    async (path) => {
      const post = (headers: Record<string, string>, body = ''): Promise<RawAnswer> =>
        send(world.origin + path, { method: 'POST', headers, body });
      const form = path === '/register' ? 'application/json' : 'application/x-www-form-urlencoded';
      for (const response of [
        await post({ 'content-type': 'text/plain' }, 'x'),
        await post({ 'content-type': 'multipart/form-data; boundary=x' }, '--x--'),
        await post({}, 'x'),
        await post({ 'content-type': form, 'content-encoding': 'rot13' }, 'x'),
        await post({ 'content-type': form, 'content-encoding': 'gzip' }, 'not gzip'),
        await post({ 'content-type': form }, 'x'.repeat(100_000)),
        await post({ 'content-type': `${form}; charset=utf-7` }, 'x'),
      ]) {
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(response.headers['content-type']).toMatch(/^application\/json/);
        expect(response.headers['cache-control']).toBe('no-store');
        expect(response.json()).toEqual({
          error: expect.stringMatching(/^invalid_\w+$/),
          error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
        });
      }
    },
  );

  it('R-AZ-7 R-AZ-10 PX-9 R-DP-6 every page is closed to frames, other origins, caches and sniffing', async () => {
    const origin = 'https://x.example';
    const responses = [
      await send(client.authorizeUrl(), { headers: { origin } }),
      ...(await Promise.all(
        PAGES.map((path) => send(world.origin + path, { headers: { origin } })),
      )),
      ...(await Promise.all(
        PAGES.map((path) => send(world.origin + path, { method: 'PUT', headers: { origin } })),
      )),
      await sendForm(`${world.origin}/consent`, { decision: 'allow' }),
    ];
    for (const { headers } of responses) {
      expect(headers['content-type']).toMatch(/^text\/html/);
      expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
      expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('RS-29 an error page has the reference of the log line, and no internal detail', async () => {
    const page = await send(`${world.origin}/auth/callback?code=x&state=y`);
    expect(page.status).toBe(400);
    const line = world.log.findLast(({ fields }) => 'correlationId' in fields);
    expect(page.text).toContain(String(line?.fields.correlationId));
    expect(page.text).not.toMatch(/Error:|at \w+ \(|node_modules/);
  });
});

describe('nested and polluting parameters', () => {
  const PARSERS: [string, (app: Express) => void][] = [
    ['no parser of the app', () => {}],
    [
      'parsers of the app that nest',
      (app) => {
        app.set('query parser', 'extended');
        app.use(express.urlencoded({ extended: true }), express.json());
      },
    ],
  ];

  it.each(PARSERS)('R-DP-5 are refused or ignored, never a 5xx, with %s', async (_name, before) => {
    const world = await startWorld({ before });
    const client = await registerClient(world.origin);
    const bodies = [
      'client_id[a]=1',
      'client_id[]=1&client_id[]=2',
      '__proto__[client_id]=1&constructor[prototype][x]=1',
      `client_id=${client.id}&grant_type[x]=refresh_token&refresh_token[]=y`,
      `client_id=${client.id}&grant_type=refresh_token&refresh_token[a][b][c]=y`,
      `client_id=${client.id}&token[x]=y`,
    ];
    const expectRefused = ({ status, headers }: RawAnswer): void => {
      // A known client with one redirect URI hears of what was wrong with the rest.
      if (status === 303)
        expect(headers.location).toContain(`${client.redirectUri}?error=invalid_`);
      else expect([400, 401, 403]).toContain(status);
    };
    for (const path of ['/token', '/revoke', '/authorize', '/consent']) {
      for (const body of bodies) {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const response = await send(world.origin + path, { method: 'POST', headers, body });
        expectRefused(response);
      }
    }
    for (const query of bodies) {
      expectRefused(await send(`${world.origin}/authorize?${query}`));
      expect((await send(`${world.origin}/auth/callback?${query}&state[a]=1`)).status).toBe(400);
    }
    const polluted = await sendJson(
      `${world.origin}/register`,
      '{"__proto__":{"redirect_uris":["https://c.example/cb"]},"constructor":{"prototype":1}}',
    );
    expect(polluted.json().error).toBe('invalid_redirect_uri');
    expect(await client.tokens()).toMatchObject({ token_type: 'Bearer' });
    await world.close();
  });
});

describe('a host app with a catch-all page', () => {
  it('R-MD-5 does not get the requests for metadata that clients derive from our URLs', async () => {
    const world = await startWorld({
      mount(app, auth) {
        app.use(auth);
        app.use((_req, res) => void res.send('<!doctype html>the app'));
      },
    });
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const response = await send(`${world.origin}/.well-known/${name}/mcp`);
      expect(response.status).toBe(404);
      expect(response.headers['content-type']).toMatch(/^application\/json/);
      const below = await send(`${world.origin}/mcp/.well-known/${name}`);
      expect(below.status).toBe(401);
    }
    await world.close();
  });
});

describe('an internal error', () => {
  it('RS-29 R-AZ-1 CLI-45 is server_error for a program, a page for a browser, and complete in the log', async () => {
    const memory = memoryStorage();
    const broken = (): never => {
      throw new TypeError('an inner name that nobody outside should read');
    };
    let isBroken = false;
    // A store of ours: whatever one of the app's fails with is an outage.
    const storage = builtInStorage({
      ...memory,
      get: (key) => (isBroken ? broken() : memory.get(key)),
      add: (...given) => (isBroken ? broken() : memory.add(...given)),
    });
    const world = await startWorld({ options: { storage } });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    const browser = createBrowser();
    const page = await browser.get(client.authorizeUrl());
    const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    isBroken = true;
    const refresh = await client.refresh(tokens.refresh_token);
    expect([refresh.status, refresh.body.error]).toEqual([500, 'server_error']);
    const call = await callTool(world.mcp, tokens.access_token, 'whoami');
    expect([call.status, call.body.error]).toEqual([500, 'server_error']);
    const consent = await browser.post(`${world.origin}/consent`, { request, decision: 'allow' });
    expect(consent.status).toBe(500);
    expect(consent.headers['content-type']).toContain('text/html');
    for (const response of [refresh.body, call.body, consent.body]) {
      expect(JSON.stringify(response)).not.toMatch(/inner name|TypeError|at \w+ \(/);
    }
    const lines = world.log.filter(({ level }) => level === 'error');
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(JSON.stringify(line)).toMatch(/TypeError: an inner name.* at /);
    await world.close();
  });
});

describe('limits behind a proxy', () => {
  const register = (world: World, from: string): Promise<RawAnswer> =>
    sendJson(
      `${world.origin}/register`,
      { redirect_uris: ['https://c.example/cb'] },
      { 'x-forwarded-for': from },
    );
  /** Registers until it is refused. */
  async function exhaust(world: World, from: (n: number) => string): Promise<void> {
    for (let n = 0; n < 2000; n += 25) {
      const batch = Array.from({ length: 25 }, (_, at) => register(world, from(n + at)));
      if ((await Promise.all(batch)).some(({ status }) => status === 429)) return;
    }
    throw new Error('never refused');
  }

  it('R-DP-3 R-RG-7 count by address where Express trusts the proxy, an IPv6 customer as one', async () => {
    const world = await startWorld({ before: (app) => void app.set('trust proxy', 1) });
    await exhaust(world, (n) => `2001:db8:1:1ff::${n}`);
    const refused = await register(world, '2001:db8:1:100::1');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(refused.json().error).toBe('too_many_requests');
    expect((await register(world, '2001:db8:1:200::1')).status).toBe(201);
    expect((await register(world, '192.0.2.2')).status).toBe(201);
    await world.close();
  }, 60_000);

  it('R-DP-3 count all callers as one if it is unset, log that once, and trust no header', async () => {
    const world = await startWorld();
    await exhaust(world, (n) => `192.0.2.${n % 256}`);
    const warnings = world.log.filter(({ message }) => message.includes('trust proxy'));
    expect(warnings.map(({ level }) => level)).toEqual(['warn']);
    await world.close();
  }, 60_000);
});

describe('several instances behind a balancer', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ instances: 2 });
  });
  afterAll(() => world.close());

  it('R-DP-4 each step of a login may meet another one', async () => {
    const client = await registerClient(world.origin);
    // An odd number of requests in between: every step meets the other instance once.
    for (let round = 0; round < 2; round += 1) {
      await send(`${world.origin}/.well-known/jwks.json`);
      const tokens = await client.tokens();
      const refreshed = await client.refresh(tokens.refresh_token);
      expect(refreshed.status).toBe(200);
      for (let call = 0; call < 2; call += 1) {
        expect((await callTool(world.mcp, refreshed.body.access_token, 'whoami')).status).toBe(200);
      }
    }
  });

  it('R-DP-4 a code, and a refresh token, are good once between them', async () => {
    const client = await registerClient(world.origin);
    const code = (await client.logIn()).get('code') ?? '';
    const responses = await Promise.all(Array.from({ length: 4 }, () => client.redeem(code)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('RS-26 AS-35 R-UP-7 are in no line of the log, and in nothing that is stored', async () => {
    const stored: string[] = [];
    const memory = memoryStorage();
    const note = (key: string, value: Uint8Array): void => {
      const bytes = Buffer.from(value);
      stored.push(key, bytes.toString('latin1'), bytes.toString('base64'));
    };
    const storage: Storage = {
      ...memory,
      set(key, value, ttlSeconds) {
        note(key, value);
        return memory.set(key, value, ttlSeconds);
      },
      add(key, value, ttlSeconds) {
        note(key, value);
        return memory.add(key, value, ttlSeconds);
      },
      update(key, expected, next, ttlSeconds) {
        note(key, next);
        return memory.update(key, expected, next, ttlSeconds);
      },
    };
    const world = await startWorld({ options: { storage } });
    const client = await registerClient(world.origin, {
      token_endpoint_auth_method: 'client_secret_basic',
    });
    const browser = createBrowser();
    const state = 'a-state-that-nobody-else-needs-to-know';
    const response = await client.logIn({ browser, parameters: { state } });
    const code = response.get('code') ?? '';
    const tokens = (await client.redeem(code)).body;
    const { extra } = await world.auth.verifyAccessToken(String(tokens.access_token));
    const { auth0Token } = extra as { auth0Token: () => Promise<string> };
    const auth0AccessToken = await auth0Token();
    const cookie = browser.cookies.header({
      url: new URL(world.origin),
      method: 'GET',
      crossSite: false,
    });
    // Everything that can be refused, so that it is logged why.
    await client.redeem(code);
    await client.redeem(code, { client_secret: 'a-wrong-secret-of-a-client' });
    await client.refresh(tokens.refresh_token);
    await callTool(world.mcp, tokens.access_token, 'whoami');
    await callTool(world.mcp, `${tokens.access_token}x`, 'whoami');
    await send(`${world.origin}/auth/callback?code=${code}&state=${state}`, {
      headers: { cookie },
    });
    await sendForm(`${world.origin}/revoke`, {
      token: String(tokens.refresh_token),
      client_id: client.id,
      client_secret: client.secret ?? '',
    });
    await world.close();
    const revoked = world.tenant.requests.find(({ path }) => path === '/oauth/revoke');
    const secrets = {
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      code,
      verifier: VERIFIER,
      clientSecret: client.secret,
      cookie: cookie.split('=').at(-1),
      auth0AccessToken,
      auth0RefreshToken: revoked?.form.token,
      auth0ClientSecret: DEMO_CLIENT_SECRET,
      signingKey: SPEC_SIGNING_KEY,
      wrongSecret: 'a-wrong-secret-of-a-client',
    };
    const log = JSON.stringify(world.log);
    expect(world.log.length).toBeGreaterThan(4);
    expect(secretsIn(log + JSON.stringify(world.events), secrets)).toEqual([]);
    expect(stored.length).toBeGreaterThan(6);
    const personal = { state, email: ADA.email, subject: ADA.sub, redirectUri: client.redirectUri };
    expect(secretsIn(stored.join('\n'), { ...secrets, ...personal })).toEqual([]);
  });
});
