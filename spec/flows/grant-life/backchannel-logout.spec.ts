import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import { StorageUnavailableError } from '../../../lib/storage/storage.js';
import { approve, type Browser, createBrowser } from '../../../lib/testing/browser.js';
import type { LogoutOverrides } from '../../../lib/testing/logout.js';
import { ADA, BOB } from '../../../lib/testing/options.js';
import { callTool, type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { givenBack, linesWith, until } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

describe('back-channel logout (OpenID Connect Back-Channel Logout 1.0)', () => {
  let world: World;
  let client: OAuthClient;
  beforeEach(() => start());
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}, basePath = ''): Promise<void> {
    world = await startWorld({ ...options, basePath });
    const [application] = world.tenant.settings.applications;
    if (application === undefined) throw new Error('no application');
    const backchannelLogoutUri = `${world.origin}${basePath}/backchannel-logout`;
    world.tenant.configure({ applications: [{ ...application, backchannelLogoutUri }] });
    client = await registerClient(world.origin + basePath);
  }

  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${world.origin}/backchannel-logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });

  async function logIn(
    user = ADA,
    browser = createBrowser(),
  ): Promise<{ token: unknown; sid: string }> {
    const { access_token: token } = await client.tokens({ user, browser });
    const grants = await world.context.grants.list({ subject: user.sub });
    const newest = grants.toSorted((a, b) => a.grant.createdAt - b.grant.createdAt).at(-1);
    return { token, sid: newest?.grant.sid ?? '' };
  }

  const status = async (token: unknown): Promise<number> =>
    (await callTool(world.mcp, token, 'whoami')).status;

  it('§2.7 a token with sid ends the logins of that session on every client, and no other', async () => {
    const laptop = await logIn();
    world.advance(1);
    const phone = await logIn();
    expect(laptop.sid).not.toBe(phone.sid);
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub, sid: laptop.sid })).toBe(200);
    expect([await status(laptop.token), await status(phone.token)]).toEqual([401, 200]);
    expect(await world.tenant.sendBackchannelLogout({ sid: phone.sid })).toBe(200);
    expect(await status(phone.token)).toBe(401);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'backchannel_logout', ended: 1, subject: ADA.sub }),
    );
    await until(() => givenBack(world).length === 2);
  });

  it('§2.4 a token with sub alone ends all logins of that user, and of no other', async () => {
    const [one, two, bob] = [await logIn(), await logIn(), await logIn(BOB)];
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    const after = [await status(one.token), await status(two.token), await status(bob.token)];
    expect(after).toEqual([401, 401, 200]);
  });

  it('§2.7 a login whose code is not redeemed yet ends too: the code is refused', async () => {
    const response = await client.logIn();
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    const { status: refused, body } = await client.redeem(response.get('code') ?? '');
    expect([refused, body.error]).toEqual([400, 'invalid_grant']);
  });

  describe('§2.7 a login that was at Auth0 when the session ended', () => {
    /** Goes to Auth0 and back, and stops short of our callback. */
    async function heldBack(user = ADA): Promise<{ back: string; browser: Browser; sid: string }> {
      const browser = createBrowser();
      const { sid } = await logIn(user, browser);
      world.advance(1);
      const page = await approve(browser, await browser.follow(client.authorizeUrl()), {
        stopBefore: `${world.origin}/auth/callback`,
      });
      return { back: String(page.next), browser, sid };
    }
    const arrive = async ({ back, browser }: { back: string; browser: Browser }) =>
      (await browser.follow(back, { stopBefore: client.redirectUri })).next?.searchParams;

    it.each([
      ['its sid', (sid: string) => ({ sub: ADA.sub, sid })],
      ['the sid alone', (sid: string) => ({ sid })],
      ['the user alone', () => ({ sub: ADA.sub })],
    ])('is refused afterwards, with a logout token that names %s', async (_what, logoutOf) => {
      const login = await heldBack();
      world.advance(1);
      expect(await world.tenant.sendBackchannelLogout(logoutOf(login.sid))).toBe(200);
      const response = await arrive(login);
      expect(response?.get('error')).toBe('access_denied');
      expect(response?.get('code')).toBeNull();
      expect(await world.context.grants.list({ subject: ADA.sub }, 'all')).toEqual([]);
      await until(() => givenBack(world).length === 2);
    });

    it.each([
      ['another session', () => ({ sub: ADA.sub, sid: 'another' })],
      ['another user', () => ({ sub: BOB.sub })],
      ['another user’s session of that id', (sid: string) => ({ sub: BOB.sub, sid })],
    ])('succeeds where %s has ended', async (_what, logoutOf) => {
      const login = await heldBack();
      expect(await world.tenant.sendBackchannelLogout(logoutOf(login.sid))).toBe(200);
      expect((await arrive(login))?.get('code')).toMatch(/./);
    });

    it('succeeds when it begins after the logout', async () => {
      const { sid } = await heldBack();
      world.advance(1);
      expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub, sid })).toBe(200);
      expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
      world.advance(10);
      expect(await status((await logIn()).token)).toBe(200);
    });
  });

  it('a sid of another user ends nothing', async () => {
    const bob = await logIn(BOB);
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub, sid: bob.sid })).toBe(200);
    expect(await status(bob.token)).toBe(200);
  });

  it('a user who logs out at Auth0 is logged out here', async () => {
    const { token } = await logIn();
    await world.tenant.logoutUser(ADA.sub);
    expect(await status(token)).toBe(401);
  });

  it('works on another instance than that of the login', async () => {
    await world.close();
    await start({ instances: 3 });
    const { token } = await logIn();
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    expect([await status(token), await status(token), await status(token)]).toEqual([
      401, 401, 401,
    ]);
  });

  it('is at the base path', async () => {
    await world.close();
    await start({}, '/api');
    const { token } = await logIn();
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    expect(await status(token)).toBe(401);
  });

  it('§2.6 a replay is refused and ends nothing that began since', async () => {
    const jti = 'the-same-twice';
    const about = { sub: ADA.sub };
    expect(await world.tenant.sendBackchannelLogout(about, { claims: { jti } })).toBe(200);
    world.advance(10);
    const { token } = await logIn();
    expect(await world.tenant.sendBackchannelLogout(about, { claims: { jti } })).toBe(400);
    expect(await status(token)).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  const FORGERIES: [string, LogoutOverrides][] = [
    ['a signature by a key Auth0 never published', { signer: 'foreign' }],
    ['no signature', { signer: 'none' }],
    ['a signature with a shared secret', { signer: { secret: 'x' }, header: { alg: 'HS256' } }],
    ['another issuer', { claims: { iss: 'https://evil.example/' } }],
    ["another application's audience", { claims: { aud: 'somebody-else' } }],
    ['no audience', { claims: { aud: undefined } }],
    ['no iat', { claims: { iat: undefined } }],
    ['an iat in the future', { claims: { iat: now + 3600, exp: now + 7200 } }],
    ['no exp', { claims: { exp: undefined } }],
    ['an exp long past', { claims: { exp: now - 3600 } }],
    ['no jti', { claims: { jti: undefined } }],
    ['no events', { claims: { events: undefined } }],
    ['another event', { claims: { events: { 'https://example.com/other': {} } } }],
    [
      'an event that is no object',
      { claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': 'yes' } } },
    ],
    ['a nonce, as an ID token has', { claims: { nonce: 'n' } }],
    ['neither sub nor sid', { claims: { sub: undefined } }],
    ['a sub that is no text', { claims: { sub: { $ne: '' } } }],
    ['the type of an access token', { header: { typ: 'at+jwt' } }],
    ['no JWT at all', { raw: 'garbage' }],
  ];

  it.each(FORGERIES)('§2.6 refuses %s with 400, and nothing ends', async (_title, overrides) => {
    const { token } = await logIn();
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub }, overrides)).toBe(400);
    expect(await status(token)).toBe(200);
  });

  it.each(['logout+jwt', 'application/logout+jwt', undefined])(
    '§2.4 accepts the type %s',
    async (typ) => {
      const { token } = await logIn();
      expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub }, { header: { typ } })).toBe(
        200,
      );
      expect(await status(token)).toBe(401);
    },
  );

  it('refuses access tokens of Auth0 and of this server as logout tokens', async () => {
    const { token } = await logIn();
    const [held] = await world.context.grants.list({ subject: ADA.sub });
    for (const raw of [String(token), String(held?.grant.auth0?.accessToken)]) {
      expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub }, { raw })).toBe(400);
    }
    expect(await status(token)).toBe(200);
  });

  it('§2.5 §2.8 requires one form field by POST: otherwise 400 or 405 as JSON, never cached', async () => {
    const bodies = ['', 'logout_token=', 'logout_token=a&logout_token=b'];
    for (const body of bodies) {
      const response = await post(body);
      expect([response.status, response.headers.get('cache-control')]).toEqual([400, 'no-store']);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
    const json = await post('{"logout_token":"a"}', { 'content-type': 'application/json' });
    expect(json.status).toBe(400);
    const big = await post(`logout_token=${'a'.repeat(20_000)}`);
    expect(big.status).toBe(413);
    expect((await fetch(`${world.origin}/backchannel-logout`)).status).toBe(405);
  });

  it('a logout that fails is 400 (§2.8), and the same token works afterwards', async () => {
    await world.close();
    let isAway = false;
    const inner = memoryStorage();
    const storage = {
      ...inner,
      async members(index: string) {
        if (isAway) throw new StorageUnavailableError('away');
        return inner.members(index);
      },
    };
    await start({ options: { storage } });
    const { token } = await logIn();
    isAway = true;
    const jti = { claims: { jti: 'once-more' } };
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub }, jti)).toBe(400);
    isAway = false;
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub }, jti)).toBe(200);
    expect(await status(token)).toBe(401);
  });

  it('without Auth0’s keys it is 400, the log names the reason, and a later one works', async () => {
    const { token } = await logIn();
    world.tenant.rotateSigningKeys();
    world.tenant.rotateSigningKeys();
    world.advance(31);
    const back = world.tenant.fault('/.well-known/jwks.json', { kind: 'respond', status: 503 });
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(400);
    expect(linesWith(world, 'signing keys').length).toBeGreaterThan(0);
    back();
    world.advance(31);
    expect(await world.tenant.sendBackchannelLogout({ sub: ADA.sub })).toBe(200);
    expect(await status(token)).toBe(401);
  });
});
