import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { environmentNames, isOptionName, OPTION_NAMES } from '../../lib/config/option-table.js';

const SOURCE = readFileSync(new URL('../../lib/config/options.ts', import.meta.url), 'utf8');
const BODY = SOURCE.slice(SOURCE.indexOf('export interface Auth0McpOptions'));
const DOCS = new Map(
  [...BODY.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly (\w+)\?:/gs)].map(
    ([, doc = '', name = '']) => [name, doc.replace(/\s*\*\s+/g, ' ')],
  ),
);

describe('Auth0McpOptions', () => {
  it('documents every option, and no other', () => {
    const fields = [...BODY.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
    expect([...DOCS.keys()].sort()).toEqual(fields.sort());
    expect([...DOCS.keys()].sort()).toEqual([...OPTION_NAMES].sort());
  });

  it.each([...DOCS])('%s documents its meaning, default and environment names', (name, doc) => {
    expect(doc).toMatch(/^ [A-Z`].{10}/s);
    expect(doc).toMatch(/ (Default: \S|Required\b)/);
    const [, environment = ''] = /Environment: (.+)$/s.exec(doc) ?? [];
    const named = [...environment.matchAll(/`(\w+)`/g)].map(([, variable]) => variable);
    expect(isOptionName(name) && environmentNames(name)).toEqual(named);
    if (named.length === 0) expect(environment).toMatch(/^none\./);
  });

  it.each([...DOCS].filter(([name]) => /Seconds$/.test(name)))(
    '%s names its unit',
    (_name, doc) => {
      expect(doc).toContain('in seconds');
    },
  );

  it.each([
    ['configUrl', 'CONFIG_URL'],
    ['domain', 'DOMAIN'],
    ['clientId', 'CLIENT_ID'],
    ['clientSecret', 'CLIENT_SECRET'],
    ['tokenEndpointAuthMethod', 'TOKEN_ENDPOINT_AUTH_METHOD'],
    ['auth0PrivateKey', 'AUTH0_PRIVATE_KEY'],
    ['audience', 'AUDIENCE'],
    ['baseUrl', 'BASE_URL'],
    ['issuerUrl', 'ISSUER_URL'],
    ['resourcePath', 'RESOURCE_PATH'],
    ['redirectPath', 'REDIRECT_PATH'],
    ['strippedPrefix', 'STRIPPED_PREFIX'],
    ['allowedOrigins', 'ALLOWED_ORIGINS'],
    ['maxMessageBytes', 'MAX_MESSAGE_BYTES'],
    ['requiredScopes', 'REQUIRED_SCOPES'],
    ['defaultScopes', 'DEFAULT_SCOPES'],
    ['scopesSupported', 'SCOPES_SUPPORTED'],
    ['jwtSigningKey', 'JWT_SIGNING_KEY'],
    ['storage', 'REDIS_URL'],
    ['storageEncryptionKey', 'STORAGE_ENCRYPTION_KEY'],
    ['consent', 'CONSENT'],
    ['offerToolScopes', 'OFFER_TOOL_SCOPES'],
    ['allowedClientRedirectUris', 'ALLOWED_CLIENT_REDIRECT_URIS'],
    ['clientRegistration', 'CLIENT_REGISTRATION'],
    ['clientIdMetadataDocuments', 'CLIENT_ID_METADATA_DOCUMENTS'],
    ['allowedClientMetadataHosts', 'ALLOWED_CLIENT_METADATA_HOSTS'],
    ['resourceBaseUrl', 'RESOURCE_BASE_URL'],
    ['upstreamTimeoutSeconds', 'UPSTREAM_TIMEOUT_SECONDS'],
    ['accessTokenTtlSeconds', 'ACCESS_TOKEN_TTL_SECONDS'],
    ['refreshTokenIdleTtlSeconds', 'REFRESH_TOKEN_IDLE_TTL_SECONDS'],
    ['refreshTokenTtlSeconds', 'REFRESH_TOKEN_TTL_SECONDS'],
    ['refreshTokenGraceSeconds', 'REFRESH_TOKEN_GRACE_SECONDS'],
    ['branding', 'BRANDING_NAME'],
  ] as const)('%s is AUTH0_MCP_%s', (option, suffix) => {
    expect(environmentNames(option)[0]).toBe(`AUTH0_MCP_${suffix}`);
  });

  it.each([
    'toolScopes',
    'impliedScopes',
    'clients',
    'enterprise',
    'anonymous',
    'authorizeParams',
    'scopeDescriptions',
    'scopeAuthentication',
    'texts',
    'logger',
    'onEvent',
  ] as const)('%s is set in code only', (option) => {
    expect(environmentNames(option)).toEqual([]);
  });
});
