import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { createBrowser } from '../../lib/testing/browser.js';
import {
  documentFor,
  json,
  startTlsHost,
  type TlsHost,
} from '../clients/metadata-documents/tls-host.js';
import {
  callTool,
  isConsentPage,
  type OAuthClient,
  oauthClient,
  VERIFIER,
} from '../support/oauth-client.js';
import { type RawAnswer, send, sendForm } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('clients with a metadata document, over TLS', () => {
  let host: TlsHost;
  let world: World;
  let count = 0;

  beforeAll(async () => {
    host = await startTlsHost();
    world = await startWorld({
      options: { consent: 'remember' },
      host: { allowedNetwork: host.network() },
    });
  });
  afterAll(async () => {
    await world.close();
    await host.close();
  });
  beforeEach(() => {
    host.answer = documentFor();
    host.requests.length = 0;
  });

  /** Time passes here and at Auth0 alike. */
  function advance(seconds: number): void {
    world.advance(seconds);
    const { clockSkewSeconds } = world.tenant.settings;
    world.tenant.configure({ clockSkewSeconds: clockSkewSeconds + seconds });
  }
  const now = (): number => Math.floor(Date.now() / 1000) + world.tenant.settings.clockSkewSeconds;

  /** A client nobody has seen before, so that no cached document plays a part. */
  function newClient(redirectUri = 'http://127.0.0.1:51234/callback'): OAuthClient {
    count += 1;
    const id = host.url(`/client-${count}.json`);
    return oauthClient(world.origin, { id, secret: undefined, redirectUri });
  }

  it('AS-7 AS-10 CLI-13 R-8252-1 logs in with one fetch: a document without a port, a request with one', async () => {
    host.answer = documentFor({
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    });
    const client = newClient();
    const tokens = await client.tokens();
    expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    const { clientId } = await world.auth.verifyAccessToken(String(tokens.access_token));
    expect(clientId).toBe(client.id);
    expect(host.requests).toHaveLength(1);
  });

  it('CLI-13 CLI-20 CLI-21 gives a program that tries the URL first the status that the browser gets', async () => {
    const client = newClient();
    const headers = { accept: 'application/json' };
    expect((await send(client.authorizeUrl(), { headers })).status).toBe(200);
    expect((await send(client.authorizeUrl())).status).toBe(200);
    expect(host.requests).toHaveLength(1);
    host.answer = (_req, res) => res.writeHead(410).end();
    const gone = await send(newClient().authorizeUrl(), { headers });
    expect([gone.status, gone.json().error]).toEqual([401, 'invalid_client']);
  });

  it('PX-1 PX-5 R-CI-6 shows a consent page with the verified host, without the logo', async () => {
    host.answer = documentFor({
      client_name: 'Example <b>Client</b>',
      logo_uri: host.url('/logo.png'),
    });
    const page = await send(newClient().authorizeUrl());
    expect(page.status).toBe(200);
    expect(page.text).toContain(`client.example:${host.port}`);
    expect(page.text).not.toContain('<b>Client</b>');
    expect(page.text).not.toContain('logo.png');
    expect(host.requests).toHaveLength(1);
  });

  describe('are rejected with a page without a link', () => {
    async function expectPage(client: OAuthClient, status: number): Promise<void> {
      const page = await send(client.authorizeUrl(), { headers: { accept: 'text/html' } });
      expect(page.status).toBe(status);
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.headers.location).toBeUndefined();
      expect(page.text).not.toMatch(/ECONN|ENOTFOUND|Error:|127\.0\.0\.1:\d+\/callback/);
    }

    it.each([
      ['AS-8 of another client', { client_id: 'https://client.example/other.json' }],
      ['AS-9 without a name', { client_name: undefined }],
      ['AS-9 without redirect URIs', { redirect_uris: undefined }],
      ['AS-10 that does not list the redirect URI', { redirect_uris: ['http://127.0.0.1/other'] }],
      ['R-CI-3 with a shared secret', { client_secret: 'x' }],
      ['R-CI-3 that asks for one', { token_endpoint_auth_method: 'client_secret_post' }],
    ])('a document %s', async (_name, fields) => {
      host.answer = documentFor(fields);
      await expectPage(newClient(), 400);
    });

    it.each([
      ['R-CI-2 a redirect', 302, { location: '/client-1.json' }],
      ['R-CI-2 no document', 404, {}],
      ['R-CI-2 another content type', 200, { 'content-type': 'text/html' }],
    ] as const)('%s', async (_name, status, headers) => {
      host.answer = (req, res) => {
        if (status === 200) documentFor({}, headers)(req, res);
        else res.writeHead(status, headers).end();
      };
      await expectPage(newClient(), 400);
      expect(host.requests).toHaveLength(1);
    });

    it('R-CI-4 one that is too large', async () => {
      host.answer = documentFor({ client_uri: `https://x.example/${'x'.repeat(6000)}` });
      await expectPage(newClient(), 400);
    });

    it('R-CI-1 AS-7 a URL that no document may have, without a connection to it', async () => {
      const before = host.connections();
      for (const path of ['', '?x', '/a/../c', '/a/%2e%2e/c', '/c#x']) {
        const client = { ...newClient(), id: host.url(path) };
        await expectPage(oauthClient(world.origin, client), 400);
      }
      const plain = host.url('/c.json').replace('https:', 'http:');
      await expectPage(oauthClient(world.origin, { ...newClient(), id: plain }), 400);
      expect(host.connections()).toBe(before);
    });
  });

  it.each(['shortcuts://run-shortcut', 'facetime-audio:x', 'newapp://callback'])(
    'FA-13: AS-16 a document with %s leads to a page without a link, and works with its other redirect URI',
    async (uri) => {
      const redirectUri = 'https://web.example/cb';
      host.answer = documentFor({ redirect_uris: [uri, redirectUri] });
      const client = newClient(redirectUri);
      const refused = await send(client.authorizeUrl({ redirect_uri: uri }));
      expect([refused.status, refused.headers.location]).toEqual([400, undefined]);
      expect(refused.text).not.toContain(uri);
      expect((await client.logIn()).get('code')).toBeTruthy();
    },
  );

  it("PX-25 PX-29 shows the consent page each time, also with consent: 'remember': many users share the id", async () => {
    const redirectUri = 'https://web.example/cb';
    host.answer = documentFor({ redirect_uris: [redirectUri] });
    const client = newClient(redirectUri);
    const browser = createBrowser();
    await client.logIn({ browser });
    // A link with the state of somebody else: the user's code would end up in their account at the client.
    const link = client.authorizeUrl({ state: 'of-an-attacker' });
    expect(isConsentPage(await browser.follow(link, { stopBefore: redirectUri }))).toBe(true);
  });

  it('R-CI-8 a redirect URI that was removed from the document is rejected, although it was approved', async () => {
    const redirectUri = 'https://web.example/cb';
    host.answer = documentFor({ redirect_uris: [redirectUri] }, { 'cache-control': 'max-age=60' });
    const client = newClient(redirectUri);
    const browser = createBrowser();
    await client.logIn({ browser });
    const stopBefore = redirectUri;
    host.answer = documentFor({ redirect_uris: ['https://web.example/new'] });
    advance(61);
    const refused = await browser.follow(client.authorizeUrl(), { stopBefore });
    expect(refused.status).toBe(400);
    expect(refused.next).toBeUndefined();
    const moved = await browser.follow(
      client.authorizeUrl({ redirect_uri: 'https://web.example/new' }),
      { stopBefore: 'https://web.example/new' },
    );
    expect(isConsentPage(moved)).toBe(true);
  });

  it('R-CI-9 code and refresh need no document: the host may be down after the login', async () => {
    host.answer = documentFor({}, { 'cache-control': 'no-store' });
    const client = newClient();
    const code = (await client.logIn()).get('code') ?? '';
    const connections = host.connections();
    host.answer = (_req, res) => res.destroy();
    const tokens = await client.redeem(code);
    expect(tokens.status).toBe(200);
    advance(48 * 3600);
    const refreshed = await client.refresh(tokens.body.refresh_token);
    expect(refreshed.status).toBe(200);
    expect((await callTool(world.mcp, refreshed.body.access_token, 'whoami')).status).toBe(200);
    const revoked = await client.post('/revoke', {
      token: String(refreshed.body.refresh_token),
      client_id: client.id,
    });
    expect(revoked.status).toBe(200);
    expect((await callTool(world.mcp, refreshed.body.access_token, 'whoami')).status).toBe(401);
    expect(host.connections()).toBe(connections);
  });

  it('an outage of the host during a login shows a page that suggests a retry', async () => {
    host.answer = (_req, res) => res.destroy();
    const page = await send(newClient().authorizeUrl());
    expect(page.status).toBe(503);
    expect(page.headers['retry-after']).toMatch(/^\d+$/);
    expect(page.headers.location).toBeUndefined();
  });

  describe('with keys of their own', () => {
    it('R-CI-5 AS-1 prove it at the token endpoint, each time with a new assertion', async () => {
      const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
      const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
      host.answer = documentFor(
        {
          redirect_uris: ['https://chatgpt.com/connector/oauth/abc'],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: host.url('/keys.json'),
        },
        { 'cache-control': 'max-age=60' },
      );
      const document = host.answer;
      host.answer = (req, res) =>
        req.url === '/keys.json' ? json({ keys: [key] })(req, res) : document(req, res);
      const client = newClient('https://chatgpt.com/connector/oauth/abc');
      const code = (await client.logIn()).get('code') ?? '';

      const assertion = (claims: Record<string, unknown> = {}): Promise<string> =>
        new SignJWT({ jti: randomUUID(), ...claims })
          .setProtectedHeader({ alg: 'ES256', kid: 'one' })
          .setIssuer(client.id)
          .setSubject(client.id)
          .setAudience(String(claims.aud ?? world.origin))
          .setIssuedAt(now())
          .setExpirationTime(now() + 60)
          .sign(privateKey);
      const redeem = (extra: Record<string, string>): Promise<RawAnswer> =>
        sendForm(`${world.origin}/token`, {
          grant_type: 'authorization_code',
          code,
          code_verifier: VERIFIER,
          ...extra,
        });
      const proof = async (claims = {}) => ({
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await assertion(claims),
      });

      for (const unproved of [
        { client_id: client.id },
        { client_id: client.id, client_secret: 'x' },
        { client_id: client.id, ...(await proof({ aud: 'https://elsewhere.example' })) },
        { client_id: client.id, ...(await proof({ aud: `${world.origin}/token` })) },
        { client_id: client.id, client_assertion_type: ASSERTION_TYPE, client_assertion: 'a.b.c' },
      ]) {
        const response = await redeem(unproved);
        expect([response.status, response.json().error]).toEqual([401, 'invalid_client']);
      }
      const used = await proof();
      const tokens = await redeem(used);
      expect(tokens.status).toBe(200);
      const refresh = (extra: Record<string, string>): Promise<RawAnswer> =>
        sendForm(`${world.origin}/token`, {
          grant_type: 'refresh_token',
          refresh_token: String(tokens.json().refresh_token),
          client_id: client.id,
          ...extra,
        });
      expect((await refresh(used)).json().error).toBe('invalid_client');
      expect((await refresh({})).json().error).toBe('invalid_client');
      expect((await refresh(await proof())).status).toBe(200);
      // R-CI-9: the copy of document and keys stands in while the host is down.
      host.answer = (_req, res) => res.destroy();
      expect((await refresh(await proof())).status).toBe(200);
    });
  });
});

describe('metadata documents without what specs may have', () => {
  it('AS-12 are never fetched from a loopback address', async () => {
    const host = await startTlsHost();
    const world = await startWorld();
    for (const name of [`127.0.0.1:${host.port}`, `[::1]:${host.port}`, `localhost:${host.port}`]) {
      const client = oauthClient(world.origin, {
        id: `https://${name}/c.json`,
        secret: undefined,
        redirectUri: 'http://127.0.0.1/callback',
      });
      const page = await send(client.authorizeUrl());
      expect([400, 503]).toContain(page.status);
      expect(page.headers.location).toBeUndefined();
    }
    expect(host.connections()).toBe(0);
    expect(() => auth0Mcp({ allowedNetwork: host.network() } as object)).toThrow('allowedNetwork');
    await world.close();
    await host.close();
  });

  it('AS-33 can be restricted to hosts: another is rejected without a fetch', async () => {
    const host = await startTlsHost();
    host.answer = documentFor();
    const world = await startWorld({
      options: { allowedClientMetadataHosts: ['*.client.example'] },
      host: { allowedNetwork: host.network() },
    });
    const pageOf = (id: string): Promise<RawAnswer> =>
      send(
        oauthClient(world.origin, {
          id,
          secret: undefined,
          redirectUri: 'http://127.0.0.1/callback',
        }).authorizeUrl(),
      );
    expect((await pageOf(host.url('/c.json'))).status).toBe(400);
    expect(host.connections()).toBe(0);
    expect((await pageOf(host.url('/c.json', 'apps'))).status).toBe(200);
    await world.close();
    await host.close();
  });

  it('CLI-14 AS-6 can be switched off: then a URL is an unknown client, and nothing is fetched', async () => {
    const host = await startTlsHost();
    host.answer = documentFor();
    const world = await startWorld({
      options: { clientIdMetadataDocuments: false },
      host: { allowedNetwork: host.network() },
    });
    const id = host.url('/c.json');
    const client = oauthClient(world.origin, {
      id,
      secret: undefined,
      redirectUri: 'http://127.0.0.1/callback',
    });
    expect((await send(client.authorizeUrl())).status).toBe(400);
    const response = await client.refresh('x');
    expect([response.status, response.body.error]).toEqual([401, 'invalid_client']);
    expect(host.connections()).toBe(0);
    await world.close();
    await host.close();
  });

  it('R-CI-7 one address that causes fetches at /token does not block logins of others', async () => {
    const host = await startTlsHost();
    // Half of its hosts hold the line, the others have a document to push ours out with.
    const response = documentFor({}, { 'cache-control': 'max-age=86400' });
    host.answer = (req, res) => {
      if (req.url?.startsWith('/held') !== true) response(req, res);
    };
    const world = await startWorld({
      host: { allowedNetwork: host.network({ timeoutMs: 500 }) },
      before: (app) => app.set('trust proxy', 1),
    });
    const attack = (path: string, name: string) =>
      send(`${world.origin}/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-forwarded-for': '198.51.100.1',
        },
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: 'x',
          client_id: host.url(path, name),
          client_assertion: 'x',
          client_assertion_type: ASSERTION_TYPE,
        }).toString(),
      });
    const login = (path: string) => {
      const id = host.url(path, 'honest');
      const client = { id, secret: undefined, redirectUri: 'http://127.0.0.1/callback' };
      return send(oauthClient(world.origin, client).authorizeUrl(), {
        headers: { 'x-forwarded-for': '203.0.113.9' },
      });
    };
    expect((await login('/c.json')).status).toBe(200);
    const held = Array.from({ length: 120 }, (_, n) => attack(`/held${n}`, `h${n}`));
    const pushed = Array.from({ length: 60 }, (_, n) => attack(`/junk${n}`, 'honest'));
    expect((await login('/c.json')).status).toBe(200);
    expect((await login('/another.json')).status).toBe(200);
    const statuses = (await Promise.all([...held, ...pushed])).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503).length).toBeLessThanOrEqual(30);
    expect(host.requests.length).toBeLessThanOrEqual(32);
    await world.close();
    await host.close();
  });

  it('FA-26: fetches are charged to the address, whatever tokens the form holds', async () => {
    const host = await startTlsHost();
    host.answer = documentFor({}, { 'cache-control': 'no-store' });
    const world = await startWorld({
      host: { allowedNetwork: host.network() },
      before: (app) => app.set('trust proxy', 1),
    });
    const forms: Record<string, string>[] = [];
    for (let n = 0; n < 3; n += 1) {
      const client = oauthClient(world.origin, {
        id: host.url(`/own-${n}.json`),
        secret: undefined,
        redirectUri: 'http://127.0.0.1:1/callback',
      });
      const { refresh_token } = await client.tokens();
      forms.push({ refresh_token: String(refresh_token), client_id: client.id });
    }
    const fetched = host.requests.length;
    for (let n = 0; n < 120; n += 1) {
      const own = forms[n % forms.length];
      const form = { grant_type: 'refresh_token', client_assertion: 'a.b.c', ...own };
      const elsewhere = { ...form, client_id: host.url(`/other-${n}.json`) };
      await sendForm(
        `${world.origin}/token`,
        { client_assertion_type: ASSERTION_TYPE, ...(n % 2 === 0 ? form : elsewhere) },
        { 'x-forwarded-for': '203.0.113.1' },
      );
    }
    expect(host.requests.length - fetched).toBe(30);
    await world.close();
    await host.close();
  });

  it('FA-26: failing paths of a host, requested from many addresses, do not block other paths for others', async () => {
    const host = await startTlsHost();
    const response = documentFor();
    host.answer = (req, res) =>
      req.url?.startsWith('/gone') === true ? res.writeHead(404).end() : response(req, res);
    const world = await startWorld({
      host: { allowedNetwork: host.network() },
      before: (app) => app.set('trust proxy', 1),
    });
    const visit = (path: string, address: string): Promise<RawAnswer> => {
      const client = { id: host.url(path), secret: undefined };
      const redirectUri = 'http://127.0.0.1/callback';
      const headers = { 'x-forwarded-for': address, accept: 'text/html' };
      const url = oauthClient(world.origin, { ...client, redirectUri }).authorizeUrl();
      return send(url, { headers });
    };
    for (let n = 0; n < 150; n += 1) await visit(`/gone-${n}`, `203.0.113.${n % 5}`);
    for (let n = 0; n < 30; n += 1) await visit('/gone', `203.0.113.${100 + n}`);
    expect((await visit('/there.json', '198.51.100.1')).status).toBe(200);
    expect((await visit('/there-too.json', '198.51.100.2')).status).toBe(200);
    await world.close();
    await host.close();
  });
});
