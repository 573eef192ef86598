import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { currentEnvironment, readEnvironment } from '../../lib/config/env.js';
import { environmentNames, OPTION_NAMES } from '../../lib/config/option-table.js';
import { localStorage, refusal, resolveExactly, resolveWith } from './resolve-with.js';

const FASTMCP = {
  FASTMCP_SERVER_AUTH: 'fastmcp.server.auth.providers.auth0.Auth0Provider',
  FASTMCP_SERVER_AUTH_AUTH0_CONFIG_URL: 'https://t.eu.auth0.com/.well-known/openid-configuration',
  FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID: 'tv2ObNgaZAWWhhycr7Bz1LU2mxlnsmsB',
  FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET: 'vPYqbjemq-secret',
  FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE: 'https://api.example.com',
  FASTMCP_SERVER_AUTH_AUTH0_BASE_URL: 'https://your-server.com/api',
  FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES: 'openid,email',
};

describe('the environment', () => {
  it('is the whole configuration when auth0Mcp() gets no options, also with an env file of FastMCP', () => {
    const config = resolveExactly(undefined, {
      ...FASTMCP,
      FASTMCP_SERVER_AUTH_AUTH0_ISSUER_URL: 'https://your-server.com',
      FASTMCP_SERVER_AUTH_AUTH0_REDIRECT_PATH: '/auth/auth0/callback',
      FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY: 'k'.repeat(32),
      FASTMCP_SERVER_AUTH_AUTH0_ALLOWED_CLIENT_REDIRECT_URIS: '["http://localhost:*"]',
    });
    expect(config).toMatchObject({
      auth0: {
        expectedIssuer: 'https://t.eu.auth0.com/',
        clientId: 'tv2ObNgaZAWWhhycr7Bz1LU2mxlnsmsB',
        authentication: { method: 'client_secret_post', secret: 'vPYqbjemq-secret' },
        audience: 'https://api.example.com',
      },
      baseUrl: 'https://your-server.com/api',
      issuer: 'https://your-server.com',
      callbackUrl: 'https://your-server.com/api/auth/auth0/callback',
      scopes: { required: ['openid', 'email'] },
      allowedClientRedirectUris: ['http://localhost:*'],
    });
    expect(config.jwtSigningKeys).toEqual([new TextEncoder().encode('k'.repeat(32))]);
  });

  it('takes our name before the one of FastMCP, unless ours is empty', () => {
    const environment = { ...FASTMCP, AUTH0_MCP_CLIENT_ID: 'ours', AUTH0_MCP_AUDIENCE: ' ' };
    const { options } = readEnvironment(environment);
    expect(options).toMatchObject({ clientId: 'ours', audience: 'https://api.example.com' });
  });

  it('is overridden by code, option by option', () => {
    const { config } = resolveWith({ audience: 'urn:code' }, FASTMCP);
    expect(config.auth0.audience).toBe('urn:code');
    expect(config.scopes.required).toEqual(['openid', 'email']);
  });

  it('fills in for options that are undefined in code', () => {
    expect(resolveWith({ requiredScopes: undefined }, FASTMCP).config.scopes.required).toEqual([
      'openid',
      'email',
    ]);
  });

  it('counts configUrl and domain as one option, which code overrides', () => {
    const environment = { AUTH0_MCP_DOMAIN: 'other.auth0.com' };
    expect(resolveWith({}, environment).config.auth0.expectedIssuer).toBe(
      'https://tenant.us.auth0.com/',
    );
  });

  it.each([
    ['openid,email', ['openid', 'email']],
    ['openid email', ['openid', 'email']],
    [' openid ,  email ', ['openid', 'email']],
    ['["openid", "email"]', ['openid', 'email']],
    ['[]', []],
  ])('reads the list %j', (text, list) => {
    const { options } = readEnvironment({ AUTH0_MCP_REQUIRED_SCOPES: text });
    expect(options.requiredScopes).toEqual(list);
  });

  it('treats an empty list variable as the default, as FastMCP does', () => {
    const { config } = resolveWith({}, { AUTH0_MCP_REQUIRED_SCOPES: '' });
    expect(config.scopes.required).toEqual(['openid']);
  });

  it.each([
    ['true', true],
    ['ON', true],
    ['yes', true],
    ['1', true],
    ['false', false],
    ['off', false],
    ['No', false],
    ['0', false],
  ])('reads the switch %s', (text, value) => {
    const { options } = readEnvironment({ AUTH0_MCP_CLIENT_REGISTRATION: text });
    expect(options.clientRegistration).toBe(value);
  });

  it('takes several signing keys, the first to sign', () => {
    const keys = `${'n'.repeat(40)},${'o'.repeat(40)}`;
    const { config } = resolveWith({}, { AUTH0_MCP_JWT_SIGNING_KEY: keys });
    expect(config.jwtSigningKeys.map((key) => key[0])).toEqual([110, 111]);
  });

  it.each([
    ['AUTH0_MCP_CLIENT_REGISTRATION', 'enabled', 'clientRegistration'],
    ['AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS', '1h', 'accessTokenTtlSeconds'],
    ['AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS', '3.6e3', 'accessTokenTtlSeconds'],
    ['AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS', '0x100', 'accessTokenTtlSeconds'],
    ['AUTH0_MCP_REQUIRED_SCOPES', '["openid"', 'requiredScopes'],
    ['AUTH0_MCP_REQUIRED_SCOPES', '[1]', 'requiredScopes[0]'],
    ['AUTH0_MCP_BASE_URL', 'mcp.example.com', 'baseUrl'],
  ])('refuses %s=%s and names option and variable', (name, text, option) => {
    const error = refusal(() => resolveExactly(undefined, { ...FASTMCP, [name]: text }));
    expect(error.option).toBe(option);
    expect(error.message).toContain(name);
  });

  it('refuses a misspelt name and suggests the right one', () => {
    const error = refusal(() => readEnvironment({ AUTH0_MCP_REQUIRED_SCOPE: 'openid' }));
    expect(error.option).toBe('AUTH0_MCP_REQUIRED_SCOPE');
    expect(error.message).toContain('Did you mean AUTH0_MCP_REQUIRED_SCOPES?');
  });

  it('does not show the value of an unknown name, which may be a secret', () => {
    const error = refusal(() => readEnvironment({ AUTH0_MCP_SECRET_OF_CLIENT: 'hunter2-hunter2' }));
    expect(error.message).not.toContain('hunter2');
  });

  it("only remarks on an unknown name of FastMCP's, since that file has to work as it is", () => {
    const { config, warnings } = resolveWith({}, { FASTMCP_SERVER_AUTH_AUTH0_AUDIENCES: 'x' });
    expect(config.auth0.audience).toBe('https://api.example.com');
    expect(warnings).toEqual([
      'FASTMCP_SERVER_AUTH_AUTH0_AUDIENCES is not read; did you mean FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE?',
    ]);
  });

  it('refuses a FastMCP provider other than Auth0', () => {
    const provider = 'fastmcp.server.auth.providers.github.GitHubProvider';
    const error = refusal(() => readEnvironment({ FASTMCP_SERVER_AUTH: provider }));
    expect(error.option).toBe('FASTMCP_SERVER_AUTH');
    expect(error.message).toContain('auth0.Auth0Provider');
  });

  it('ignores the Redis variables of the host app', () => {
    const { config } = resolveWith({}, { REDIS_URL: 'redis://app.example.com' });
    expect(config.storage).toBe(localStorage);
  });

  it('uses AUTH0_MCP_REDIS_URL, unless code sets a storage', () => {
    const environment = {
      AUTH0_MCP_REDIS_URL: 'redis://h:6379',
      AUTH0_MCP_JWT_SIGNING_KEY: 'k'.repeat(40),
    };
    expect(resolveWith({}, environment).config.storage.description).toBe('redis://h:6379');
    expect(resolveWith({ storage: localStorage }, environment).config.storage).toBe(localStorage);
  });

  it('is that of the process', () => {
    expect(currentEnvironment()['PATH']).toBe(process.env['PATH']);
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const names = [...text.matchAll(/^(?:# )?(AUTH0_MCP_\w+)=/gm)].map(([, name]) => name);

  it('has every variable once, and no other', () => {
    const known = OPTION_NAMES.flatMap(environmentNames).filter((name) =>
      name.startsWith('AUTH0_'),
    );
    expect([...names].sort()).toEqual([...known].sort());
  });

  it('reports what is missing when it is used unchanged', () => {
    const lines = [...text.matchAll(/^(AUTH0_MCP_\w+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const error = refusal(() => resolveExactly(undefined, Object.fromEntries(lines)));
    expect(error.message).toMatch(
      /^configUrl \(environment: AUTH0_MCP_CONFIG_URL or .* is missing/,
    );
  });
});
