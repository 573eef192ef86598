import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import {
  CHALLENGE,
  callTool,
  isConsentPage,
  type OAuthClient,
  registerClient,
} from '../support/oauth-client.js';
import { type RawAnswer, send, sendForm } from '../support/raw-http.js';
import { startWorld, type World } from '../support/world.js';

describe('the authorization endpoint', () => {
  let world: World;
  /** An app on this machine: it is told of errors at its redirect URI. */
  let client: OAuthClient;

  beforeAll(async () => {
    world = await startWorld({
      options: {
        scopesSupported: ['read:notes'],
        toolScopes: { write_file: ['files:write'] },
      },
      tenant: {
        apis: [{ identifier: DEMO_AUDIENCE, scopes: ['read:notes', 'files:write'], rbac: true }],
      },
    });
    client = await registerClient(world.origin);
  });
  afterAll(() => world.close());

  const authorize = (overrides: Record<string, string | undefined> = {}): Promise<RawAnswer> =>
    send(client.authorizeUrl({ state: 'the-state', ...overrides }));

  /** Parameters of the redirect to the client. */
  function sentBack(response: RawAnswer, redirectUri = client.redirectUri): URLSearchParams {
    expect(response.status).toBe(303);
    const { location = '' } = response.headers;
    expect(location.startsWith(redirectUri)).toBe(true);
    return new URL(location).searchParams;
  }

  it.each([
    ['invalid_request', { response_type: undefined }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['unsupported_response_type', { response_type: 'code id_token' }],
    ['invalid_request', { response_mode: 'fragment' }],
    ['invalid_request', { response_mode: 'form_post' }],
    ['invalid_request', { code_challenge: undefined }],
    ['invalid_request', { code_challenge_method: undefined }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge: CHALLENGE.slice(1) }],
    ['invalid_request', { code_challenge: `${CHALLENGE}A` }],
    ['request_not_supported', { request: 'a.b.c' }],
    ['request_uri_not_supported', { request_uri: 'https://elsewhere.example/r' }],
    ['interaction_required', { prompt: 'none' }],
    ['invalid_target', { resource: 'https://elsewhere.example/mcp' }],
    ['invalid_target', { resource: '/mcp' }],
  ] as const)(
    'AS-17 AS-28 R-AZ-2 R-AZ-13 R-AZ-14 R-AZ-15 R-AZ-16 CLI-56 redirects with %s for %j',
    async (error, change) => {
      const response = sentBack(await authorize(change));
      expect([...response.keys()].sort()).toEqual(['error', 'error_description', 'iss', 'state']);
      expect(response.get('error')).toBe(error);
      expect(response.get('state')).toBe('the-state');
      expect(response.get('iss')).toBe(world.origin);
    },
  );

  it('R-AZ-15 rejects another resource among several, and a resource with a fragment', async () => {
    const url = client.authorizeUrl({ resource: world.mcp });
    const several = await send(`${url}&resource=https%3A%2F%2Felsewhere.example%2Fmcp`);
    expect(sentBack(several).get('error')).toBe('invalid_target');
    const fragment = sentBack(await authorize({ resource: `${world.mcp}#x` }));
    expect(fragment.get('error')).toBe('invalid_target');
  });

  it('R-AZ-2 preserves the query of a redirect URI exactly, and adds no state', async () => {
    const redirectUri = 'http://127.0.0.1:45454/cb?a=b&c=%2F+d';
    const own = await registerClient(world.origin, { redirect_uris: [redirectUri] });
    const { headers } = await send(
      own.authorizeUrl({ code_challenge: undefined, state: undefined }),
    );
    expect(headers.location).toMatch(/^http:\/\/127\.0\.0\.1:45454\/cb\?a=b&c=%2F\+d&error=/);
    expect(headers.location).not.toContain('state=');
  });

  it('AS-24 AS-25 AS-26 RS-19 CLI-30 accepts this server as resource in every spelling, and issues a token for it', async () => {
    const { port } = new URL(world.origin);
    for (const resource of [
      undefined,
      world.mcp,
      `${world.mcp}/`,
      `${world.mcp}?session=1`,
      `${world.origin}/`,
      world.origin,
      `HTTP://127.0.0.1:${port}/mcp`,
    ]) {
      const tokens = await client.tokens({ parameters: { resource } });
      const info = await world.auth.verifyAccessToken(String(tokens.access_token));
      expect(info.resource?.href).toBe(world.mcp);
      const refreshed = await client.refresh(tokens.refresh_token, { resource });
      expect(refreshed.status).toBe(200);
      const { access_token } = refreshed.body;
      expect((await callTool(world.mcp, access_token, 'whoami')).status).toBe(200);
      expect(tokens.scope).toBe('openid');
    }
  });

  it('R-AZ-3 rejects a repeated parameter: with a page if it decides the redirect, else with a redirect', async () => {
    const url = client.authorizeUrl({ state: 'the-state', scope: 'openid' });
    for (const twice of ['state=x', 'scope=openid', 'response_type=code', 'code_challenge=y']) {
      const response = sentBack(await send(`${url}&${twice}`));
      expect(response.get('error')).toBe('invalid_request');
    }
    for (const twice of [`client_id=${client.id}`, `redirect_uri=${client.redirectUri}`]) {
      const answer = await send(`${url}&${twice}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.location).toBeUndefined();
    }
  });

  it('R-AZ-4 treats an empty parameter as absent, and ignores unknown ones', async () => {
    const response = await send(
      `${client.authorizeUrl()}&scope=&foo=1&foo=2&__proto__=x&claims=%7B%7D&nonce=n&max_age=1`,
    );
    expect(response.status).toBe(200);
  });

  it('R-AZ-5 does not require redirect_uri if one is registered; shows a page if several are', async () => {
    const tokens = await client.tokens({ parameters: { redirect_uri: undefined } });
    expect(tokens.token_type).toBe('Bearer');
    const several = await registerClient(world.origin, {
      redirect_uris: ['http://127.0.0.1:1/a', 'http://127.0.0.1:1/b'],
    });
    const response = await send(several.authorizeUrl({ redirect_uri: undefined }));
    expect(response.status).toBe(400);
    expect(response.headers.location).toBeUndefined();
  });

  it('R-AZ-6 accepts GET and a form POST only', async () => {
    const url = new URL(client.authorizeUrl());
    expect((await send(url)).status).toBe(200);
    const posted = await sendForm(url.origin + url.pathname, url.searchParams);
    expect(posted.status).toBe(200);
    expect(posted.text).toContain('name="decision"');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const crossSite = await send(url.origin + url.pathname, {
      method: 'POST',
      headers: { ...headers, origin: 'https://x.example' },
      body: url.search.slice(1),
    });
    expect(crossSite.status).toBe(303);
    expect(new URL(crossSite.headers.location ?? '', url).href).toBe(url.href);
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const other = await send(url, { method });
      expect(other.status).toBe(405);
      expect(other.headers.allow).toBe('GET, POST, HEAD');
    }
  });

  it('R-AZ-7 R-AZ-9 rejects a preflight, and responds to a form with 303', async () => {
    const headers = { origin: 'https://x.example', 'access-control-request-method': 'POST' };
    for (const path of ['/authorize', '/consent', '/auth/callback']) {
      const preflight = await send(world.origin + path, { method: 'OPTIONS', headers });
      expect(preflight.status).toBe(405);
      expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
    }
    const browser = createBrowser();
    for (const decision of ['allow', 'deny']) {
      const page = await browser.get(client.authorizeUrl());
      const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
      const response = await browser.post(`${world.origin}/consent`, { request, decision });
      expect(response.status).toBe(303);
    }
  });

  it('R-AZ-8 CLI-55 returns state and redirect URI unchanged', async () => {
    const state = `${'aB+/='.repeat(400)} %25%2B&é=漢`;
    expect((await client.logIn({ parameters: { state } })).get('state')).toBe(state);
    const own = await registerClient(world.origin, {
      redirect_uris: ['http://localhost:3334/oauth/callback'],
    });
    const redirectUri = 'http://localhost:49152/oauth/callback';
    const response = await own.logIn({ parameters: { redirect_uri: redirectUri } });
    const tokens = await own.redeem(response.get('code') ?? '', { redirect_uri: redirectUri });
    expect(tokens.status).toBe(200);
  });

  it.each([
    'http://127.0.0.1:45454/callback/',
    'http://127.0.0.1:45454/callback?x=1',
    'http://127.0.0.1:45454/Callback',
    'http://127.0.0.1:45454/call%62ack',
    'http://127.0.0.1:45454/a/../callback',
    'HTTP://127.0.0.1:45454/callback',
    'http://localhost:45454/callback',
    'https://127.0.0.1:45454/callback',
    'http://127.0.0.1:45454@evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
  ])('PX-14 PX-15 R-8252-4 shows a page without a link for the redirect URI %s', async (uri) => {
    const response = await authorize({ redirect_uri: uri });
    expect(response.status).toBe(400);
    expect(response.headers['content-type']).toContain('text/html');
    expect(response.headers.location).toBeUndefined();
    expect(response.text).not.toContain('evil.example');
  });

  it('R-AZ-17 returns no parameter as markup', async () => {
    const probe = `"'><script>alert(1)</script>`;
    const named = await registerClient(world.origin, { client_name: probe });
    const pages = [
      await send(named.authorizeUrl({ scope: probe, ui_locales: probe, login_hint: probe })),
      await authorize({ client_id: probe }),
      await authorize({ redirect_uri: probe }),
      await authorize({ state: probe, redirect_uri: 'https://x.example/' }),
      await send(`${world.origin}/auth/callback?error=${encodeURIComponent(probe)}&state=x`),
      await send(
        `${world.origin}/auth/callback?error=x&error_description=${encodeURIComponent(probe)}`,
      ),
      await sendForm(`${world.origin}/consent`, { request: probe, decision: probe }),
    ];
    for (const page of pages) {
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.text).not.toMatch(/<script/i);
    }
  });

  it('R-AZ-12 accepts every character allowed in a verifier, and only the verifier of the challenge', async () => {
    const code = async () => (await client.logIn()).get('code') ?? '';
    for (const code_verifier of ['a'.repeat(42), 'a'.repeat(129), 'ä'.repeat(43), 'a'.repeat(43)]) {
      const { status, body } = await client.redeem(await code(), { code_verifier });
      expect([status, body.error]).toEqual([400, 'invalid_grant']);
    }
    const missing = await client.redeem(await code(), { code_verifier: undefined });
    expect([missing.status, missing.body.error]).toEqual([400, 'invalid_request']);
    expect((await client.redeem(await code())).status).toBe(200);
  });

  describe('scopes', () => {
    it('CLI-31 CLI-34 drops unknown scopes, and returns the remaining ones', async () => {
      for (const [scope, granted] of [
        ['claudeai', 'openid'],
        ['openid email profile', 'openid'],
        ['offline_access read:notes unknown', 'openid read:notes'],
        ['"\\ \u00e9', 'openid'],
      ] as const) {
        const tokens = await client.tokens({ parameters: { scope } });
        expect([scope, tokens.scope]).toEqual([scope, granted]);
      }
    });

    it('RS-16 CLI-32 accepts the scopes of a challenge, although the client registered fewer', async () => {
      const small = await registerClient(world.origin, { scope: 'openid' });
      const first = await small.tokens();
      const refused = await callTool(world.mcp, first.access_token, 'write_file');
      expect(refused.status).toBe(403);
      const challenge = refused.headers.get('www-authenticate') ?? '';
      const [, scope = ''] = /scope="([^"]+)"/.exec(challenge) ?? [];
      expect(scope).toBe('openid files:write');
      const second = await small.tokens({ parameters: { scope } });
      expect(second.scope).toBe(scope);
      expect((await callTool(world.mcp, second.access_token, 'write_file')).status).toBe(200);
    });

    it('CLI-36 a step-up that Auth0 does not grant: the scope is missing in the response, and the call is rejected as before', async () => {
      const tokens = await client.tokens({
        user: BOB,
        parameters: { scope: 'openid read:notes files:write' },
      });
      expect(tokens.scope).toBe('openid read:notes');
      const refused = await callTool(world.mcp, tokens.access_token, 'write_file');
      expect(refused.status).toBe(403);
      expect(refused.headers.get('www-authenticate')).toContain(
        'scope="openid read:notes files:write", error="insufficient_scope"',
      );
    });

    it('CLI-35 a client that only refreshes after a 403 keeps its scopes, and gets no further one', async () => {
      const tokens = await client.tokens({ parameters: { scope: 'read:notes' } });
      expect((await callTool(world.mcp, tokens.access_token, 'write_file')).status).toBe(403);
      // Rejected once, so that it may ask the user; this client tries again.
      expect((await client.refresh(tokens.refresh_token)).body.error).toBe('server_error');
      const refreshed = await client.refresh(tokens.refresh_token);
      expect(refreshed.body.scope).toBe('openid read:notes');
      const again = await callTool(world.mcp, refreshed.body.access_token, 'write_file');
      expect(again.status).toBe(403);
    });
  });
});

describe('what a login leaves behind', () => {
  it('PX-18 PX-23 R-AZ-18 CLI-21 is nothing before the approval, however many requests there are', async () => {
    const writes: string[] = [];
    const memory = memoryStorage();
    const noting = <Given extends unknown[], Result>(verb: (...given: Given) => Result) =>
      function noteAndDo(...given: Given): Result {
        writes.push(verb.name);
        return verb(...given);
      };
    const { set, add, update, addMember } = memory;
    const storage: Storage = {
      ...memory,
      set: noting(set),
      add: noting(add),
      update: noting(update),
      addMember: noting(addMember),
    };
    const world = await startWorld({ options: { storage } });
    const client = await registerClient(world.origin);
    const browser = createBrowser();
    const url = client.authorizeUrl();
    for (let time = 0; time < 3; time += 1) {
      await send(url);
      await send(url, { method: 'HEAD' });
      await browser.get(url);
      await sendForm(`${world.origin}/consent`, { decision: 'allow', request: 'AAAA' });
      await send(`${world.origin}/auth/callback?code=x&state=y`);
    }
    expect(writes).toEqual([]);
    expect(world.tenant.requests).toEqual([]);
    await client.logIn({ browser });
    expect(writes.length).toBeGreaterThan(1);
    await world.close();
  });

  it('PX-13 PX-2 is an approval for that redirect URI and that client only', async () => {
    const world = await startWorld({ options: { consent: 'remember' } });
    const redirect_uris = ['https://client.example/one', 'https://client.example/two'];
    const client = await registerClient(world.origin, { redirect_uris });
    const browser = createBrowser();
    await client.logIn({ browser });
    const asks = async (redirect_uri: string): Promise<boolean> =>
      isConsentPage(
        await browser.follow(client.authorizeUrl({ redirect_uri }), { stopBefore: redirect_uri }),
      );
    expect(await asks('https://client.example/one')).toBe(false);
    expect(await asks('https://client.example/two')).toBe(true);
    await world.close();
  });
});

describe('an Auth0 tenant that sends iss in its response', () => {
  it('AS-20 AS-22 R-AZ-16 R-UP-3 PX-30 is not passed on: the client gets our iss only', async () => {
    const world = await startWorld({ tenant: { issInResponse: true } });
    const client = await registerClient(world.origin);
    const response = await client.logIn();
    expect(response.getAll('iss')).toEqual([world.origin]);
    expect(response.get('code')).toBeTruthy();
    await world.close();
  });
});

describe('cookies on https', () => {
  let world: World;
  beforeAll(async () => {
    // As behind a proxy that ends TLS: the app itself sees plain http.
    world = await startWorld({ options: { baseUrl: 'https://mcp.example.test' } });
  });
  afterAll(() => world.close());

  it('PX-10 PX-11 R-DP-3 AS-15 are Secure, HttpOnly, SameSite=Lax and __Host-, though the app sees http', async () => {
    const client = await registerClient(world.origin);
    const page = await send(client.authorizeUrl());
    expect(page.headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);
    const [formCookie = ''] = page.headers['set-cookie'] ?? [];
    const request = /name="request" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const response = await sendForm(
      `${world.origin}/consent`,
      { request, decision: 'allow' },
      { cookie: formCookie.split(';')[0] ?? '' },
    );
    expect(response.status).toBe(303);
    const cookies = [formCookie, ...(response.headers['set-cookie'] ?? [])];
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-auth0-mcp-[\w-]+=/);
      expect(cookie).toMatch(/; Path=\/(?:;|$)/);
      expect(cookie).toMatch(/; HttpOnly(?:;|$)/);
      expect(cookie).toMatch(/; Secure(?:;|$)/);
      expect(cookie).toMatch(/; SameSite=Lax(?:;|$)/);
      expect(cookie).not.toMatch(/Domain=/i);
    }
    expect(isConsentPage({ status: page.status, body: page.text } as never)).toBe(true);
  });
});
