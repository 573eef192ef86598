import { describe, expect, it } from '@jest/globals';

import { REQUIRED, refusal, refusalOf, resolveExactly, resolveWith } from '../resolve-with.js';

describe('the tenant', () => {
  const { configUrl: _left, ...withoutUrl } = REQUIRED;

  it('can be named by its domain, a custom domain included', () => {
    const { auth0 } = resolveExactly({ ...withoutUrl, domain: 'Login.Example.com' });
    expect(auth0.discoveryUrl.href).toBe(
      'https://login.example.com/.well-known/openid-configuration',
    );
    expect(auth0.expectedIssuer).toBe('https://login.example.com/');
  });

  it('may have plain http on this machine only', () => {
    const configUrl = 'http://127.0.0.1:4000/.well-known/openid-configuration';
    expect(resolveWith({ configUrl }).config.auth0.expectedIssuer).toBe('http://127.0.0.1:4000/');
    expect(
      refusalOf({ configUrl: configUrl.replace('127.0.0.1', 'auth.example') }).message,
    ).toContain('has to be https');
  });

  it.each([
    ['https://tenant.auth0.com', 'has to end with'],
    ['https://tenant.auth0.com/.well-known/oauth-authorization-server', 'has to end with'],
    ['https://tenant.auth0.com/x/.well-known/openid-configuration', 'right after the host'],
    ['https://tenant.auth0.com/.well-known/openid-configuration?x=1', 'has to end with'],
    ['https://tenant.auth0.com/.well-known/openid-configuration/', 'has to end with'],
    ['tenant.auth0.com', 'host name alone belongs in domain'],
    ['https://.../.well-known/openid-configuration', 'abbreviated example'],
    ['https://TENANT.us.auth0.com/.well-known/openid-configuration', 'Settings, Domain'],
    ['https://a:b@tenant.auth0.com/.well-known/openid-configuration', 'user name'],
  ])('refuses the configUrl %s', (configUrl, remedy) => {
    expect(refusalOf({ configUrl })).toMatchObject({
      option: 'configUrl',
      message: expect.stringContaining(remedy),
    });
  });

  it.each([
    'https://tenant.auth0.com',
    'tenant.auth0.com/',
    'tenant.auth0.com:443',
    'tenant',
    'tenant..auth0.com',
    'a@b.example',
  ])('refuses the domain %s', (domain) => {
    const error = refusal(() => resolveExactly({ ...withoutUrl, domain }));
    expect(error.option).toBe('domain');
  });

  it('is not the placeholder TENANT of the examples', () => {
    const domain = 'TENANT.us.auth0.com';
    const error = refusal(() => resolveExactly({ ...withoutUrl, domain }));
    expect(error).toMatchObject({
      option: 'domain',
      message: expect.stringContaining('Replace TENANT by the name of your tenant'),
    });
    const { auth0 } = resolveExactly({ ...withoutUrl, domain: domain.toLowerCase() });
    expect(auth0.expectedIssuer).toBe('https://tenant.us.auth0.com/');
  });

  it('has one name, not two', () => {
    const { message } = refusalOf({ domain: 'other.eu.auth0.com' });
    expect(message).toContain('both name the tenant: remove one');
  });

  it('refuses a client id with characters that none has', () => {
    expect(refusalOf({ clientId: 'abc\ndef' }).option).toBe('clientId');
    expect(refusalOf({ clientId: 'clé' }).option).toBe('clientId');
  });

  it.each([1, 60])('waits %i s for Auth0', (upstreamTimeoutSeconds) => {
    const { config } = resolveWith({ upstreamTimeoutSeconds });
    expect(config.auth0.timeoutMs).toBe(upstreamTimeoutSeconds * 1000);
  });

  it.each([0, 61, 1.5, -1, Number.NaN, '10'])('refuses to wait %p s', (upstreamTimeoutSeconds) => {
    expect(refusalOf({ upstreamTimeoutSeconds }).option).toBe('upstreamTimeoutSeconds');
  });
});

describe('the audience', () => {
  it.each([
    'https://tenant.us.auth0.com/userinfo',
    'https://tenant.us.auth0.com/api/v2/',
    'https://tenant.us.auth0.com/api/v2',
    'https://canonical.eu.auth0.com/api/v2/',
  ])("refuses Auth0's own %s", (audience) => {
    expect(refusalOf({ audience }).message).toContain("one of Auth0's own APIs");
  });

  it.each(['api', 'API', 'mcp-server', 'default'])(
    'RS-29 warns of the generic name %s',
    (audience) => {
      const { config, warnings } = resolveWith({ audience });
      expect(config.auth0.audience).toBe(audience);
      expect(warnings).toEqual([expect.stringContaining('such a general audience')]);
    },
  );

  it.each([
    'https://api.example.com/',
    'urn:example:api',
    'files-of-acme',
    'https://api.example.com/api/v2/',
  ])('accepts %s exactly', (audience) => {
    const { config, warnings } = resolveWith({ audience });
    expect(config.auth0.audience).toBe(audience);
    expect(warnings).toEqual([]);
  });
});

describe('authorizeParams', () => {
  it('passes on parameters of Auth0 that an operator may set', () => {
    const authorizeParams = {
      connection: 'corp',
      organization: 'org_1',
      invitation: 'i',
      prompt: 'login',
      login_hint: 'a@b.example',
      screen_hint: 'signup',
      acr_values: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
      max_age: '3600',
      ui_locales: 'de fr',
      'ext-tenant-color': 'red',
    };
    expect(resolveWith({ authorizeParams }).config.auth0.authorizeParams).toEqual(authorizeParams);
  });

  it.each(
    (
      'client_id redirect_uri response_type response_mode scope state nonce audience resource ' +
      'code_challenge code_challenge_method request request_uri'
    ).split(' '),
  )('refuses %s, which is ours', (name) => {
    expect(refusalOf({ authorizeParams: { [name]: 'x' } }).message).toContain(
      'sets that parameter itself',
    );
  });

  it('rejects an unknown parameter, with the list of known ones', () => {
    const { message } = refusalOf({ authorizeParams: { conection: 'corp' } });
    expect(message).toContain('connection, organization');
  });

  it.each([{ max_age: 3600 }, { connection: '' }, { connection: ['a', 'b'] }])(
    'refuses %j',
    (authorizeParams) => {
      expect(refusalOf({ authorizeParams }).option).toMatch(/^authorizeParams\./);
    },
  );

  it('refuses a query string instead of an object', () => {
    expect(refusalOf({ authorizeParams: 'connection=corp' }).option).toBe('authorizeParams');
  });
});
