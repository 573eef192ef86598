import { afterEach, describe, expect, it } from '@jest/globals';

import { ADA } from '../../../demo/tenant/options.js';
import type { Auth0Login } from '../../../lib/auth0/auth0.js';
import type { ApprovedRequest } from '../../../lib/grants/login-transactions.js';
import { CHALLENGE, registerClient, VERIFIER } from '../../support/oauth-client.js';
import { givenBack, pass, until } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

describe('a user with more logins than Auth0 stores (200 refresh tokens for one application)', () => {
  let world: World;
  afterEach(() => world.close());

  /** A login past the rate limit: what the callback and the token endpoint do, without HTTP. */
  async function logInWith(clientId: string, refreshToken: string): Promise<void> {
    const { grants } = world.context;
    const now = Math.floor(Date.now() / 1000);
    const login: Auth0Login = {
      subject: ADA.sub,
      sid: undefined,
      claims: {},
      user: {},
      scopes: ['openid'],
      tokens: { accessToken: 'a.b.c', accessTokenExpiresAt: now + 86_400, refreshToken },
    };
    const request = {
      clientId,
      client: { id: clientId, name: undefined, authMethod: 'none', mayRefresh: true },
      scopes: ['openid'],
      redirectUri: 'http://127.0.0.1/cb',
      codeChallenge: CHALLENGE,
    };
    // The rest of the request is of no matter once it is approved.
    const { code } = await grants.begin(login, request as unknown as ApprovedRequest);
    await grants.redeemCode(
      {
        grantType: 'authorization_code',
        code,
        codeVerifier: VERIFIER,
        redirectUri: undefined,
      } as unknown as Parameters<typeof grants.redeemCode>[0],
      { id: clientId, isAuthenticated: false, fingerprint: clientId },
    );
  }

  it('the least recently used are revoked, before Auth0 drops one that is in use', async () => {
    world = await startWorld();
    const client = await registerClient(world.origin);
    // The oldest login of all, but used every day.
    let { refresh_token: daily } = await client.tokens();
    for (let index = 0; index < 189; index += 1) {
      if (index % 10 === 0) pass(world, 60);
      await logInWith('crowd', `v1.unused-${index}`);
    }
    daily = (await client.refresh(daily)).body.refresh_token;
    expect(givenBack(world)).toEqual([]);
    pass(world, 60);
    for (let index = 0; index < 5; index += 1) await logInWith('crowd', `v1.new-${index}`);
    await until(() => givenBack(world).length >= 5);
    expect(givenBack(world).every((token) => token.startsWith('v1.unused-'))).toBe(true);
    const gone = givenBack(world).map((token) => Number(token.replace('v1.unused-', '')));
    expect(Math.max(...gone)).toBeLessThan(10);
    expect(await world.auth.grants.list({ subject: ADA.sub })).toHaveLength(190);
    expect((await client.refresh(daily)).status).toBe(200);
    const causes = world.events.flatMap((event) => ('cause' in event ? [event.cause] : []));
    expect(new Set(causes)).toEqual(new Set(['auth0_limit']));
  });
});
