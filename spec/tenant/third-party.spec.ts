import { describe, expect, it } from '@jest/globals';

import { completeLogin, createBrowser, deny, logIn } from '../../lib/testing/browser.js';
import { ADA, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import {
  ADA_LOGIN,
  authorizeUrl,
  CALLBACK,
  claimsOf,
  redeem as redeemCode,
} from './relying-party.js';
import { runTenant } from './running-tenant.js';

const { tenant, api } = runTenant();
const stopBefore = CALLBACK;

async function register(metadata: Record<string, unknown> = {}) {
  const response = await fetch(`${tenant.issuer}oidc/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Spec client',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      ...metadata,
    }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A client that registered itself, at an API that is open to such. */
async function newcomer(): Promise<string> {
  tenant.configure({ dynamicClientRegistration: true });
  api({ thirdPartyScopes: ['read:notes'] });
  return String((await register()).body['client_id']);
}

describe('registration at the tenant', () => {
  it('is rejected unless it is switched on, and always advertised', async () => {
    const metadata = await (await fetch(tenant.configUrl)).json();
    expect(metadata).toMatchObject({ registration_endpoint: `${tenant.issuer}oidc/register` });
    expect(await register()).toMatchObject({
      status: 400,
      body: { error_description: 'dynamic client registration is disabled' },
    });
  });

  it('creates a permanent third-party application', async () => {
    const clientId = await newcomer();
    expect(clientId).toMatch(/^tpc_\w{32}$/);
    expect(tenant.settings.applications.at(-1)).toMatchObject({ clientId, thirdParty: true });
  });

  it('returns what was granted, and a secret if one was requested', async () => {
    tenant.configure({ dynamicClientRegistration: true });
    expect((await register()).body).toEqual({
      client_name: 'Spec client',
      client_id: expect.any(String),
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
    expect((await register({ token_endpoint_auth_method: undefined })).body).toMatchObject({
      client_secret: expect.any(String),
      token_endpoint_auth_method: 'client_secret_post',
    });
    expect(await register({ redirect_uris: [] })).toMatchObject({ status: 400 });
  });
});

describe('a third-party application', () => {
  const scope = 'openid profile email offline_access read:notes files:write';

  it('requires consent once, and gets API scopes only: no ID token, no userinfo, for an hour', async () => {
    const client_id = await newcomer();
    const browser = createBrowser();
    const url = authorizeUrl(tenant, { client_id, scope });
    const login = await browser.follow(url, { stopBefore });
    const consent = await logIn(browser, login, ADA_LOGIN, { stopBefore });
    expect(consent.body).toContain('Spec client is requesting access');
    expect(consent.body.match(/<li>.*?<\/li>/g)).toEqual([
      '<li>read:notes</li>',
      '<li>files:write</li>',
    ]);
    const { next } = await completeLogin(browser, consent, ADA_LOGIN, { stopBefore });
    const tokens = await redeem(client_id, next?.searchParams.get('code'));
    expect(tokens).toMatchObject({ expires_in: 3600, refresh_token: expect.any(String) });
    expect(tokens).not.toHaveProperty('id_token');
    expect(claimsOf(tokens['access_token'])).toMatchObject({
      aud: DEMO_AUDIENCE,
      azp: client_id,
      sub: ADA.sub,
      scope: 'offline_access read:notes',
    });
    expect((await browser.follow(url, { stopBefore })).next?.searchParams.get('code')).toBeTruthy();
  });

  it('gets a token without any scope if it requests none', async () => {
    const client_id = await newcomer();
    const browser = createBrowser();
    const first = await browser.follow(authorizeUrl(tenant, { client_id, scope: undefined }));
    const { next } = await completeLogin(browser, first, ADA_LOGIN, { stopBefore });
    const { access_token } = await redeem(client_id, next?.searchParams.get('code'));
    expect(claimsOf(access_token)).toMatchObject({ aud: DEMO_AUDIENCE, scope: '' });
  });

  it('is not told about a failed login: the user gets an error page', async () => {
    const client_id = await newcomer();
    const browser = createBrowser();
    const login = await browser.follow(authorizeUrl(tenant, { client_id, scope }), { stopBefore });
    const consent = await logIn(browser, login, ADA_LOGIN, { stopBefore });
    const page = await deny(browser, consent, { stopBefore });
    expect([page.status, page.next]).toEqual([400, undefined]);
    expect(page.body).toContain('access_denied');
  });

  it.each([
    ['a parameter that is not for it', { screen_hint: 'signup' }, 'invalid_request'],
    ['no PKCE', { code_challenge: undefined }, 'invalid_request'],
  ])('is rejected with %s', async (_name, change, error) => {
    const client_id = await newcomer();
    const page = await createBrowser().follow(authorizeUrl(tenant, { client_id, ...change }));
    expect([page.status, page.body]).toEqual([403, expect.stringContaining(error)]);
  });

  it('is rejected for an API that is not opened to it', async () => {
    const client_id = await newcomer();
    api({ thirdPartyScopes: undefined });
    const page = await createBrowser().follow(authorizeUrl(tenant, { client_id, scope }));
    expect([page.status, page.body]).toEqual([403, expect.stringContaining('unauthorized_client')]);
  });

  it('names the API by resource with the compatibility profile', async () => {
    const client_id = await newcomer();
    const change = { client_id, scope: 'read:notes', audience: undefined, resource: DEMO_AUDIENCE };
    const audienceWith = async (resourceParameterProfile: boolean): Promise<unknown> => {
      tenant.configure({ resourceParameterProfile });
      const browser = createBrowser();
      const first = await browser.follow(authorizeUrl(tenant, change), { stopBefore });
      const { next } = await completeLogin(browser, first, ADA_LOGIN, { stopBefore });
      const { access_token = '' } = await redeem(client_id, next?.searchParams.get('code'));
      return access_token.split('.').length === 5 ? 'opaque' : claimsOf(access_token)['aud'];
    };
    expect(await audienceWith(true)).toBe(DEMO_AUDIENCE);
    expect(await audienceWith(false)).toBe('opaque');
  });

  it('with a metadata document has to be imported by an administrator', async () => {
    const clientId = 'https://client.example.test/client.json';
    tenant.configure({
      clientIdMetadataDocuments: true,
      applications: [{ clientId, thirdParty: true, callbackUrls: [CALLBACK] }],
    });
    api({ thirdPartyScopes: [] });
    const metadata = await (await fetch(tenant.configUrl)).json();
    expect(metadata).toMatchObject({ client_id_metadata_document_supported: true });
    const browser = createBrowser();
    const url = authorizeUrl(tenant, { client_id: clientId, scope });
    const first = await browser.follow(url, { stopBefore });
    const { next } = await completeLogin(browser, first, ADA_LOGIN, { stopBefore });
    const { access_token } = await redeem(clientId, next?.searchParams.get('code'));
    expect(claimsOf(access_token)).toMatchObject({ azp: clientId });
  });
});

/** The code for tokens, as a public client. */
async function redeem(client_id: string, code: unknown): Promise<Record<string, string>> {
  return (await redeemCode(tenant, String(code), { client_id })).body;
}
