/** FA-16: the consent page offers scopes of tools that the client did not request. */
import { afterEach, describe, expect, it } from '@jest/globals';

import type { Auth0McpOptions } from '../../lib/config/options.js';
import { createBrowser, logIn, type Page } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from '../support/oauth-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

const OPTIONS = {
  scopesSupported: ['openid', 'read:notes'],
  toolScopes: { write_file: ['files:write'], whoami: ['openid'] },
  scopeDescriptions: { 'files:write': 'Change <your> files' },
};

let world: World;
let client: OAuthClient;
let browser: ReturnType<typeof createBrowser>;

afterEach(() => world.close());

async function start(
  options: Partial<Auth0McpOptions> = {},
  more: Omit<WorldOptions, 'options'> = {},
): Promise<void> {
  world = await startWorld({ options: { ...OPTIONS, ...options }, ...more });
  client = await registerClient(world.origin);
  browser = createBrowser();
}

const show = (parameters: Record<string, string> = { scope: 'openid' }): Promise<Page> =>
  browser.follow(client.authorizeUrl(parameters));

/** The form as the browser sends it, with these boxes ticked. */
async function decide(page: Page, decision: string, ticked: readonly string[]): Promise<Response> {
  const [, request = ''] = /name="request" value="([^"]+)"/.exec(page.body) ?? [];
  const url = new URL(`${world.origin}/consent`);
  const form = new URLSearchParams({ request, decision });
  for (const scope of ticked) form.append('scope', scope);
  return fetch(url, {
    method: 'POST',
    body: form,
    redirect: 'manual',
    headers: { cookie: browser.cookies.header({ url, method: 'POST', crossSite: false }) },
  });
}

const atAuth0 = (): number =>
  world.tenant.requests.filter(({ path }) => path === '/authorize').length;

async function tokensAfter(
  page: Page,
  ticked: Record<string, string>,
): Promise<Record<string, unknown>> {
  const stopBefore = client.redirectUri;
  const button = { name: 'decision', value: 'allow' };
  const login = await browser.submit(page, ticked, { button, stopBefore });
  const end = login.next === undefined ? await logIn(browser, login, ADA, { stopBefore }) : login;
  const code = new URL(end.next ?? '').searchParams.get('code');
  return (await client.redeem(String(code))).body;
}

describe('FA-16: the consent page', () => {
  it('FA-16: offers the scopes that tools need, with descriptions, in a closed list, none selected', async () => {
    await start();
    const { body } = await show();
    expect(body).toContain('<details class="offer"><summary>More permissions</summary>');
    expect(body).toContain('<bdi>Spec client</bdi> did not ask for these.');
    expect(body.match(/<input type="checkbox"[^>]*>/g)).toEqual([
      '<input type="checkbox" name="scope" value="files:write">',
    ]);
    expect(body).toContain('<span>Change &lt;your&gt; files</span><code>files:write</code>');
  });

  it.each<[string, Partial<Auth0McpOptions>, Record<string, string>]>([
    ['what the client requests', {}, { scope: 'openid files:write' }],
    [
      'what the request implies',
      { impliedScopes: { 'read:notes': ['files:write'] } },
      { scope: 'openid read:notes' },
    ],
    ['what no tool needs', { toolScopes: {} }, { scope: 'openid' }],
    ['anything with offerToolScopes: false', { offerToolScopes: false }, { scope: 'openid' }],
  ])('FA-16: does not offer %s', async (_what, options, parameters) => {
    await start(options);
    expect((await show(parameters)).body).not.toMatch(/checkbox|<details/);
  });

  it('FA-16: selects nothing for parameters of the client', async () => {
    await start();
    const { body } = await show({
      scope: 'openid',
      offered_scope: 'files:write',
      prompt: 'consent',
    });
    expect(body).not.toMatch(/checked|<details[^>]* open/);
  });

  it.each([
    ['a scope that no tool needs', {}, ['read:notes']],
    ['a scope that is not known here', {}, ['admin:all']],
    ['several in one field', {}, ['files:write admin:all']],
    ['a valid and an invalid one', {}, ['files:write', 'read:notes']],
    ['an offered one with offerToolScopes: false', { offerToolScopes: false }, ['files:write']],
  ])('FA-16: rejects %s, and nothing reaches Auth0', async (_what, options, ticked) => {
    await start(options);
    expect((await decide(await show(), 'allow', ticked)).status).toBe(400);
    expect(atAuth0()).toBe(0);
  });

  it('FA-16: Deny is Deny, whatever is selected', async () => {
    await start();
    const { headers } = await decide(await show(), 'deny', ['files:write']);
    expect(String(headers.get('location'))).not.toMatch(/[?&]code=/);
    expect(atAuth0()).toBe(0);
  });

  it('FA-16: is shown again with nothing selected if Allow came too soon', async () => {
    await start({}, { host: { minReadingMs: 60_000 } });
    const again = await decide(await show(), 'allow', ['files:write']);
    const body = await again.text();
    expect([again.status, atAuth0()]).toEqual([200, 0]);
    expect(body).toContain('name="scope" value="files:write"');
    expect(body).not.toContain('checked');
  });
});

describe('FA-16: the login', () => {
  it('FA-16: requests what was requested and selected, and the token response states what was granted', async () => {
    await start();
    const tokens = await tokensAfter(await show(), { scope: 'files:write' });
    expect(tokens['scope']).toBe('openid files:write');
    const [login] = world.tenant.requests.filter(({ path }) => path === '/authorize');
    expect(String(new URLSearchParams(login?.query).get('scope')).split(' ')).toContain(
      'files:write',
    );
    expect((await callTool(world.mcp, tokens['access_token'], 'write_file')).status).toBe(200);
  });

  it('FA-16: requests nothing further if nothing is selected', async () => {
    await start();
    const tokens = await tokensAfter(await show(), {});
    expect(tokens['scope']).toBe('openid');
    const [login] = world.tenant.requests.filter(({ path }) => path === '/authorize');
    expect(JSON.stringify(login)).not.toContain('files:write');
    expect((await callTool(world.mcp, tokens['access_token'], 'write_file')).status).toBe(403);
  });

  it('CLI-37 repairs a client that requests its first scopes at each login', async () => {
    await start();
    const first = await tokensAfter(await show(), {});
    expect((await callTool(world.mcp, first['access_token'], 'write_file')).status).toBe(403);
    browser = createBrowser();
    const second = await tokensAfter(await show(), { scope: 'files:write' });
    expect((await callTool(world.mcp, second['access_token'], 'write_file')).status).toBe(200);
    const refreshed = await client.refresh(second['refresh_token']);
    expect(refreshed.body['scope']).toBe('openid files:write');
  });
});
