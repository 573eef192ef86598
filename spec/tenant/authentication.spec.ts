/** Second factors and the age of a login, as the ID tokens of Auth0 state them. */
import { describe, expect, it } from '@jest/globals';

import { MULTI_FACTOR } from '../../lib/testing/authentication.js';
import { createBrowser } from '../../lib/testing/browser.js';
import {
  ADA_LOGIN,
  authorizeUrl,
  CALLBACK,
  claimsOf,
  postToken,
  tokensOf,
} from './relying-party.js';
import { runTenant } from './running-tenant.js';

const { tenant } = runTenant();
const acr_values = MULTI_FACTOR;

const authenticationOf = (token: string | undefined) => {
  const { acr, amr, auth_time: authTime } = claimsOf(token);
  return { acr, amr, isTimed: typeof authTime === 'number' };
};
const NOTHING = { acr: undefined, amr: undefined, isTimed: false };

describe('the ID token', () => {
  it('states acr and amr after a second factor only, and auth_time with max_age or prompt=login only', async () => {
    expect(authenticationOf((await tokensOf(tenant)).id_token)).toEqual(NOTHING);
    expect(authenticationOf((await tokensOf(tenant, { acr_values })).id_token)).toEqual({
      acr: MULTI_FACTOR,
      amr: ['mfa'],
      isTimed: false,
    });
    for (const change of [{ max_age: '300' }, { prompt: 'login' }]) {
      expect(authenticationOf((await tokensOf(tenant, change)).id_token)).toEqual({
        ...NOTHING,
        isTimed: true,
      });
    }
  });

  it('does not state it again: not in a later login of the session, and not after a refresh', async () => {
    const browser = createBrowser();
    const tokens = await tokensOf(tenant, { acr_values }, browser);
    const later = await tokensOf(tenant, {}, browser);
    expect(authenticationOf(later.id_token)).toEqual(NOTHING);
    const refreshed = await postToken(tenant, {
      grant_type: 'refresh_token',
      refresh_token: String(tokens.refresh_token),
    });
    expect(authenticationOf(refreshed.body['id_token'])).toEqual(NOTHING);
  });

  it('states nothing where no Action requires the factor, or not again in a session', async () => {
    tenant.configure({ multiFactor: 'never' });
    expect(authenticationOf((await tokensOf(tenant, { acr_values })).id_token)).toEqual(NOTHING);
    tenant.configure({ multiFactor: 'once per session' });
    const browser = createBrowser();
    await tokensOf(tenant, { acr_values }, browser);
    const later = await tokensOf(tenant, { acr_values }, browser);
    expect(authenticationOf(later.id_token)).toEqual(NOTHING);
  });
});

describe('the login page', () => {
  it('asks for a code, also in a session without one, and accepts no other', async () => {
    const browser = createBrowser();
    await tokensOf(tenant, {}, browser);
    const page = await browser.follow(authorizeUrl(tenant, { acr_values }), {
      stopBefore: CALLBACK,
    });
    expect(page.body).toContain('One-time code (123456)');
    const wrong = { username: ADA_LOGIN.email, password: ADA_LOGIN.password, code: '000000' };
    const again = await browser.submit(page, wrong, {
      button: { name: 'action', value: 'continue' },
    });
    expect([again.status, again.body.includes('Wrong email, code or password')]).toEqual([
      400,
      true,
    ]);
  });
});
