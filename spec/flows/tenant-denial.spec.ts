import { afterEach, describe, expect, it } from '@jest/globals';

import { approve, createBrowser, logIn } from '../../lib/testing/browser.js';
import { ADA, BOB, type Denial } from '../../lib/testing/options.js';
import { pressSignIn, signIn } from '../support/connected-apps.js';
import { registerClient } from '../support/oauth-client.js';
import { linesWith } from '../support/upstream.js';
import { type LogLine, startWorld, type World } from '../support/world.js';

/** RFC 6749 §4.1.2.1: what an error_description may be made of. */
const DESCRIPTION = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

/** What the default logger prints: warnings and errors. */
const printed = (world: World): readonly LogLine[] =>
  world.log.filter(({ level }) => level === 'warn' || level === 'error');

describe('a login that the tenant denies', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(denyLogins?: Denial): Promise<void> {
    world = await startWorld({ connectedApps: true, tenant: { denyLogins } });
  }

  async function deniedLogin(): Promise<URLSearchParams> {
    const client = await registerClient(world.origin);
    const response = await client.logIn({ parameters: { state: 'the-state' } });
    expect(response.get('code')).toBeNull();
    expect([response.get('state'), response.get('iss')]).toEqual(['the-state', world.origin]);
    expect(response.get('error_description')).toMatch(DESCRIPTION);
    return response;
  }

  const ORGANIZATION =
    'client requires organization membership, but user does not belong to any organization';

  it.each<[string, string]>([
    ['access_denied', 'Please verify your e-mail address before you sign in.'],
    ['access_denied', 'Your subscription ended on 2026-11-01. Write to billing@example.com!'],
    ['access_denied', 'user auth0|6650f0c2a1 is not part of the org_k3Wq organization'],
    ['access_denied', 'The specified account is not allowed to accept the current invitation'],
    ['unauthorized', 'user is blocked'],
    ['unauthorized', 'The verification link has expired.'],
    ['invalid_request', ORGANIZATION],
    ['unauthorized_client', ORGANIZATION],
    ['invalid_request', 'invitation not found or already used'],
    ['login_required', 'Login required'],
    ['interaction_required', 'Multifactor authentication required'],
  ])(
    'FA-15 R-UP-4: %s “%s” reaches the client, the log and the event',
    async (error, description) => {
      await start({ error, description });
      const response = await deniedLogin();
      expect(response.get('error')).toBe('access_denied');
      expect(response.get('error_description')).toBe(`The login was denied: ${description}`);
      expect(world.events).toContainEqual(
        expect.objectContaining({
          type: 'login_failed',
          reason: 'denied',
          tenantMessage: description,
        }),
      );
      expect(printed(world)).toEqual([
        expect.objectContaining({
          fields: expect.objectContaining({ error: 'access_denied', tenantMessage: description }),
        }),
      ]);
    },
  );

  it('FA-15: a blocked user sees the reason', async () => {
    world = await startWorld({ tenant: { users: [{ ...BOB, blocked: true }] } });
    const client = await registerClient(world.origin);
    const response = await client.logIn({ user: BOB });
    expect(response.get('error')).toBe('access_denied');
    expect(response.get('error_description')).toContain('user is blocked');
  });

  it.each<[string, string, string]>([
    ['Bestätigen Sie „Ihre“ Größe \\ "jetzt"', "Bestatigen Sie 'Ihre' Grosse ' 'jetzt'", 'Größe'],
    ['two\r\nlines\tand a\u0000null', 'two lines and a null', 'two lines and a null'],
    ['\u202Edesrever\u202C\u200B', 'desrever', 'desrever'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>', '&lt;script&gt;'],
    ['Подтвердите адрес (verify)', '??????????? ????? (verify)', 'Подтвердите'],
  ])(
    'FA-15 R-AZ-17: %j is cleaned for the redirect and escaped on the page',
    async (description, sent, shown) => {
      await start({ description });
      expect((await deniedLogin()).get('error_description')).toBe(`The login was denied: ${sent}`);
      const page = await signIn(createBrowser(), world.origin);
      expect(page.status).toBe(403);
      expect(page.body).toContain(shown);
      expect(page.body.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]|<script/u);
    },
  );

  it('FA-15: a text without any permitted letter is replaced by the general one', async () => {
    await start({ description: 'メールアドレスを確認してください' });
    expect((await deniedLogin()).get('error_description')).toBe('The login was denied');
    expect(JSON.stringify(world.events)).toContain('メールアドレスを確認してください');
  });

  it('FA-15: a long text is truncated', async () => {
    await start({ description: 'long '.repeat(1000) });
    const response = await deniedLogin();
    expect(response.get('error_description')?.length).toBeLessThan(350);
    expect((await signIn(createBrowser(), world.origin)).body.length).toBeLessThan(20_000);
    expect(printed(world).every((line) => JSON.stringify(line).length < 2000)).toBe(true);
  });

  it('FA-15: the page of connected apps quotes it as text of the login service', async () => {
    await start({ description: 'Please verify your e-mail address first.' });
    const page = await signIn(createBrowser(), world.origin);
    expect(page.status).toBe(403);
    expect(page.body).toMatch(
      /<h2>The login service says<\/h2><p><q><bdi>Please verify your e-mail address first\.<\/bdi><\/q>/,
    );
    expect(page.body).toContain('Try again');
    expect(world.events).toContainEqual(
      expect.objectContaining({
        type: 'sign_in_failed',
        reason: 'denied',
        tenantMessage: 'Please verify your e-mail address first.',
      }),
    );
    expect(printed(world)).toHaveLength(1);
  });

  it('FA-15: a user who cancels sees no reason, and causes no warning', async () => {
    await start({ description: 'User did not authorize the request' });
    expect((await deniedLogin()).get('error_description')).toBe('The login was denied');
    expect(printed(world)).toEqual([]);
    expect(linesWith(world, 'User did not authorize')).toHaveLength(1);
  });

  it.each<[string, string, string]>([
    ['access_denied', 'Service not found: https://api.example.test/other', 'Identifier'],
    [
      'access_denied',
      'Client "demo-app" is not authorized to access resource server "https://api.example.test"',
      'Application Access',
    ],
    ['invalid_request', 'parameter organization is required for this client', 'Organizations'],
    ['invalid_request', 'parameter organization is not allowed for this client', 'Organizations'],
    ['an_error_nobody_knows', 'Something else', 'Something else'],
  ])(
    'R-UP-4: %s “%s” is a misconfiguration: server_error, and the text is in the log only',
    async (error, description, remedy) => {
      await start({ error, description });
      const response = await deniedLogin();
      expect(response.get('error')).toBe('server_error');
      expect(response.get('error_description')).not.toContain(description);
      expect(linesWith(world, remedy).length).toBeGreaterThan(0);
      expect(world.events.some((event) => 'tenantMessage' in event)).toBe(false);
    },
  );
});

describe('a callback that belongs to no login of this browser', () => {
  const FORGED = 'error=access_denied&error_description=Call+0900-EVIL+now';
  let world: World;
  afterEach(() => world.close());

  /** Every page, log line and event so far. */
  const everywhere = (...pages: { body: string }[]): string =>
    JSON.stringify([pages.map(({ body }) => body), world.log, world.events]);

  it('FA-15: a forged callback adds no text to page, log or event', async () => {
    world = await startWorld({ connectedApps: true });
    const callback = `${world.origin}/auth/callback`;
    const browser = createBrowser();
    const client = await registerClient(world.origin);
    const loginPage = await approve(browser, await browser.follow(client.authorizeUrl()));
    const state = world.tenant.requests.findLast(({ path }) => path === '/authorize')?.query.state;
    const pages = [
      await createBrowser().get(`${callback}?${FORGED}`),
      await createBrowser().get(`${callback}?${FORGED}&state=${'x'.repeat(43)}`),
      // The state of a pending login, brought by another browser.
      await createBrowser().get(`${callback}?${FORGED}&state=${state}`),
      // The browser that has a pending login, with another state and with none.
      await browser.get(`${callback}?${FORGED}&state=${'x'.repeat(43)}`),
      await browser.get(`${callback}?${FORGED}`),
      await browser.get(`${callback}?${FORGED}&state=`),
    ];
    expect(pages.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
    expect(everywhere(...pages)).not.toContain('0900');
    // And none of them took the pending login.
    const end = await logIn(browser, loginPage, ADA, { stopBefore: client.redirectUri });
    expect(end.next?.searchParams.get('code')).not.toBeNull();
  });

  it('FA-15: a callback used before shows no text added later', async () => {
    world = await startWorld({ connectedApps: true });
    const browser = createBrowser();
    const stopBefore = `${world.origin}/auth/callback`;
    const loginPage = await pressSignIn(
      browser,
      await browser.follow(`${world.origin}/connected-apps`),
    );
    const callback = (await logIn(browser, loginPage, ADA, { stopBefore })).next ?? new URL('no:');
    await browser.get(callback);
    callback.searchParams.delete('code');
    const page = await browser.get(`${callback}&${FORGED}`);
    expect(page.status).toBe(400);
    expect(everywhere(page)).not.toContain('0900');
  });

  it.each([
    [
      'a verified e-mail address',
      '?supportSignUp=true&email=ada%40example.com&success=true&code=success&message=Your%20email%20was%20verified.%20You%20can%20continue%20using%20the%20application.',
    ],
    [
      'a verification link used twice',
      '?email=ada%40example.com&success=false&code=access_expired&message=This%20URL%20can%20be%20used%20only%20once',
    ],
    ['a changed password', '?success=true&message=You%20can%20now%20login'],
    ['an invitation', '?invitation=9GDcvZ&organization=org_1&organization_name=acme'],
    ['a login that the identity provider started', '?code=an-unsolicited-code'],
    ['nothing at all', ''],
  ])('FA-15: after %s the page says how to continue, and repeats nothing', async (_what, query) => {
    world = await startWorld();
    const page = await createBrowser().get(`${world.origin}/auth/callback${query}`);
    expect(page.status).toBe(400);
    expect(page.body).toContain('Go back to your app to sign in');
    expect(page.body).toContain('confirms your address');
    expect(page.body).not.toMatch(/started somewhere else|ada@|verified\.|org_1/);
  });
});
