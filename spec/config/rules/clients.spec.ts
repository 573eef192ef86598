import { describe, expect, it } from '@jest/globals';

import { parseClientCredentials } from '../../../lib/oauth/client-credentials.js';
import { parseParameters } from '../../../lib/oauth/parameters.js';
import { refusalOf, resolveWith } from '../resolve-with.js';

const CLIENT = {
  clientId: 'reports',
  redirectUris: ['https://app.example.com/cb'],
  name: 'Reports',
};
const BY_CODE = {
  grants: ['authorization_code'],
  scopes: undefined,
  jwks: undefined,
  jwksUri: undefined,
  isAuth0Application: false,
};
const SECRET = 's'.repeat(32);

describe('pre-registered clients', () => {
  it('are public or confidential', () => {
    const clients = [CLIENT, { ...CLIENT, clientId: 'other', clientSecret: SECRET }];
    expect(resolveWith({ clients }).config.clients).toEqual([
      { ...CLIENT, ...BY_CODE, clientSecret: undefined },
      { ...CLIENT, ...BY_CODE, clientId: 'other', clientSecret: SECRET },
    ]);
  });

  it.each([
    'http://localhost/cb',
    'http://127.0.0.1:3000/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ])('may redirect to %s', (uri) => {
    expect(
      resolveWith({ clients: [{ ...CLIENT, redirectUris: [uri] }] }).config.clients,
    ).toHaveLength(1);
  });

  it.each([
    [
      'an id that is a URL',
      { clientId: 'https://app.example.com/client.json' },
      'clients[0].clientId',
    ],
    ['an id with a space', { clientId: 'my app' }, 'clients[0].clientId'],
    ['an id that is too long', { clientId: 'x'.repeat(256) }, 'clients[0].clientId'],
    ['no id', { clientId: undefined }, 'clients[0].clientId'],
    ['a short secret', { clientSecret: 'hunter2' }, 'clients[0].clientSecret'],
    ['an empty secret', { clientSecret: '' }, 'clients[0].clientSecret'],
    ['no name', { name: '' }, 'clients[0].name'],
    ['no redirect URIs', { redirectUris: undefined }, 'clients[0].redirectUris'],
    ['an empty list of them', { redirectUris: [] }, 'clients[0].redirectUris'],
    ['plain http', { redirectUris: ['http://app.example.com/cb'] }, 'clients[0].redirectUris'],
    ['a fragment', { redirectUris: ['https://app.example.com/cb#x'] }, 'clients[0].redirectUris'],
    ['a wildcard', { redirectUris: ['https://app.example.com/*'] }, 'clients[0].redirectUris'],
    ['a script', { redirectUris: ['javascript:alert(1)'] }, 'clients[0].redirectUris'],
    ['a misspelt field', { redirectUri: 'x' }, 'redirectUri'],
  ])('refuses %s', (_what, change, option) => {
    const error = refusalOf({ clients: [{ ...CLIENT, ...change }] });
    expect(error.option).toBe(option);
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    ['a colon', 'team:reports'],
    ['a percent sign', 'reports%41'],
  ])(
    'refuses %s in the id of one with a secret, since it is ambiguous in HTTP Basic',
    (_what, id) => {
      const withSecret = { ...CLIENT, clientId: id, clientSecret: SECRET };
      const error = refusalOf({ clients: [withSecret] });
      expect(error.option).toBe('clients[0].clientId');
      expect(error.message).toContain('choose an id without them, or remove clientSecret');
      const [client] = resolveWith({ clients: [{ ...CLIENT, clientId: id }] }).config.clients;
      expect(client?.clientId).toBe(id);
    },
  );

  it.each(['a space', '%', '%41'])('refuses %j in a secret, and does not show it', (part) => {
    const clientSecret = `${SECRET}${part}${SECRET}`;
    const error = refusalOf({ clients: [{ ...CLIENT, clientSecret }] });
    expect(error.option).toBe('clients[0].clientSecret');
    expect(error.message).toContain('openssl rand -hex 32');
    expect(error.message).not.toContain(SECRET);
  });

  /** What a program may take for the client, by the two ways in which clients fill the header. */
  const ways = [
    (text: string) => text,
    (text: string) => new URLSearchParams({ '': text }).toString().slice(1),
  ];

  it.each(ways)(
    'takes every other character of ASCII, which Basic carries raw and encoded',
    (way) => {
      const visible = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).join(
        '',
      );
      const clientId = visible.replace(/[:%]/g, '');
      const clientSecret = visible.replace('%', '');
      const { clients } = resolveWith({ clients: [{ ...CLIENT, clientId, clientSecret }] }).config;
      const header = Buffer.from(`${way(clientId)}:${way(clientSecret)}`).toString('base64');
      const read = parseClientCredentials(`Basic ${header}`, parseParameters(''));
      expect(clients).toMatchObject([{ clientId: read.clientId, clientSecret: read.proof }]);
    },
  );

  it('rejects two with one id, a single object, and entries that are not objects', () => {
    expect(refusalOf({ clients: [CLIENT, CLIENT] }).message).toContain('unique');
    expect(refusalOf({ clients: CLIENT }).option).toBe('clients');
    expect(refusalOf({ clients: ['reports'] }).option).toBe('clients[0]');
  });
});

describe('other clients', () => {
  it.each(['clientRegistration', 'clientIdMetadataDocuments'] as const)(
    '%s is a switch',
    (option) => {
      expect(resolveWith({ [option]: false }).config[option]).toBe(false);
      for (const value of ['false', 0, 'on'])
        expect(refusalOf({ [option]: value }).option).toBe(option);
    },
  );

  it('warns if no client can log in', () => {
    const off = { clientRegistration: false, clientIdMetadataDocuments: false };
    expect(resolveWith(off).warnings).toEqual([expect.stringContaining('no client can log in')]);
    expect(resolveWith({ ...off, clients: [CLIENT] }).warnings).toEqual([]);
    expect(resolveWith({ allowedClientRedirectUris: [] }).warnings).toEqual([
      expect.stringContaining('no client can log in'),
    ]);
  });
});

describe('allowedClientMetadataHosts', () => {
  it('accepts host names, with *. for all below one, in lower case', () => {
    const allowedClientMetadataHosts = ['Claude.ai', '*.example.com'];
    const { config } = resolveWith({ allowedClientMetadataHosts });
    expect(config.allowedClientMetadataHosts).toEqual(['claude.ai', '*.example.com']);
    expect(resolveWith({ allowedClientMetadataHosts: 'claude.ai, zed.dev' }).config).toMatchObject({
      allowedClientMetadataHosts: ['claude.ai', 'zed.dev'],
    });
  });

  it.each([
    '*',
    'https://claude.ai',
    'claude.ai/x',
    'claude.ai:443',
    'cl*.ai',
    'localhost',
    'ä.de',
  ])('refuses %s, which no document can have', (host) => {
    expect(refusalOf({ allowedClientMetadataHosts: [host] })).toMatchObject({
      option: 'allowedClientMetadataHosts',
      message: expect.stringContaining('claude.ai or *.example.com'),
    });
  });
});

describe('allowedClientRedirectUris', () => {
  it.each([
    'https://*.example.com/*',
    'https://claude.ai/api/mcp/auth_callback',
    'https://app.example.com:*/cb',
    'http://localhost:*',
    'http://127.0.0.1/callback',
    'http://[::1]:*/callback',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ])('takes %s', (pattern) => {
    const { config } = resolveWith({ allowedClientRedirectUris: [pattern] });
    expect(config.allowedClientRedirectUris).toEqual([pattern]);
  });

  it.each([
    ['*', 'scheme://host'],
    ['https://*', 'remove the option'],
    ['https://app*.example.com/', 'allowed only at the start'],
    ['https://app.example.com/cb?x=1', 'query'],
    ['https://app.example.com/#x', 'fragment'],
    ['https://me@app.example.com/', 'user info'],
    ['http://app.example.com/cb', 'loopback'],
    ['javascript://x/%0aalert(1)', 'scheme'],
    ['shortcuts://run-shortcut', 'scheme'],
    ['https:///cb', 'Name the host'],
    ['app.example.com', 'scheme://host'],
    ['https://app.example.com:8x/', 'scheme://host'],
  ])('refuses %s, which matches nothing or anything', (pattern, remedy) => {
    expect(refusalOf({ allowedClientRedirectUris: [pattern] })).toMatchObject({
      option: 'allowedClientRedirectUris',
      message: expect.stringContaining(remedy),
    });
  });
});

describe('pre-registered clients without a user', () => {
  const MACHINE = {
    clientId: 'nightly',
    name: 'Nightly',
    grants: ['client_credentials'],
    scopes: ['files:read'],
    clientSecret: SECRET,
  };
  const KEYS = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] };

  it('enable the grant; it is off without one', () => {
    expect(resolveWith({ clients: [CLIENT] }).config.grantTypes).not.toContain(
      'client_credentials',
    );
    const { config } = resolveWith({ clients: [MACHINE] });
    expect(config.grantTypes).toContain('client_credentials');
    expect(config.clients).toEqual([
      {
        ...MACHINE,
        redirectUris: [],
        jwks: undefined,
        jwksUri: undefined,
        isAuth0Application: false,
      },
    ]);
  });

  it('may have users as well', () => {
    const both = { ...CLIENT, ...MACHINE, grants: ['authorization_code', 'client_credentials'] };
    expect(resolveWith({ clients: [both] }).config.clients).toHaveLength(1);
  });

  it('need no scopes if Auth0 grants them', () => {
    const { clientSecret: _, scopes: __, ...application } = MACHINE;
    const clients = [{ ...application, auth0Application: true as const }];
    expect(resolveWith({ clients }).config.clients).toMatchObject([
      { scopes: undefined, isAuth0Application: true },
    ]);
  });

  it.each([
    ['no credentials: a public client', { clientSecret: undefined }, 'clientSecret'],
    ['a secret and keys', { jwks: KEYS }, 'jwks'],
    ['a secret at two places', { auth0Application: true }, 'auth0Application'],
    ['no scopes', { scopes: undefined }, 'scopes'],
    ['a scope about a user', { scopes: ['files:read', 'email'] }, 'scopes'],
    ['a malformed scope', { scopes: ['files "read"'] }, 'scopes'],
    ['offline_access', { scopes: ['offline_access'] }, 'scopes'],
    ['a redirect URI that nothing uses', { redirectUris: CLIENT.redirectUris }, 'redirectUris'],
    ['an id that a user could have', { clientId: 'auth0|1' }, 'clientId'],
    ['an unknown grant', { grants: ['client_credentials', 'password'] }, 'grants'],
    ['scopes for no grant', { grants: [] }, 'scopes'],
    [
      'a switch that is off',
      { clientSecret: undefined, auth0Application: false },
      'auth0Application',
    ],
  ])('are refused with %s', (_what, change, field) => {
    const error = refusalOf({ clients: [{ ...MACHINE, ...change }] } as never);
    expect(error.option).toBe(`clients[0].${field}`);
    expect(error.message).not.toContain(SECRET);
  });

  it('are refused at Auth0 for users', () => {
    const { clientSecret: _, ...application } = MACHINE;
    const both = {
      ...CLIENT,
      ...application,
      grants: ['authorization_code', 'client_credentials'],
    };
    const error = refusalOf({ clients: [{ ...both, auth0Application: true }] } as never);
    expect(error.option).toBe('clients[0].auth0Application');
  });

  it('scopes are refused for a client that has users only', () => {
    const error = refusalOf({ clients: [{ ...CLIENT, scopes: ['files:read'] }] });
    expect(error.option).toBe('clients[0].scopes');
  });

  it('need the required scopes, of which openid alone does not concern them', () => {
    const clients = [MACHINE] as never;
    expect(refusalOf({ clients, requiredScopes: ['openid', 'email'] }).message).toContain(
      'toolScopes',
    );
    expect(refusalOf({ clients, requiredScopes: ['mcp:use'] }).message).toContain('add it here');
    const requiredScopes = ['openid', 'files:read'];
    expect(resolveWith({ clients, requiredScopes }).config.clients).toHaveLength(1);
    const implied = {
      clients,
      requiredScopes: ['mcp:use'],
      impliedScopes: { 'files:read': ['mcp:use'] },
    };
    expect(resolveWith(implied).config.clients).toHaveLength(1);
  });

  it('have no scope that requires a login of its own', () => {
    const error = refusalOf({
      clients: [MACHINE] as never,
      scopesSupported: ['files:read'],
      scopeAuthentication: { 'files:read': { maxAgeSeconds: 300 } },
    });
    expect(error.option).toBe('clients[0].scopes');
  });
});
