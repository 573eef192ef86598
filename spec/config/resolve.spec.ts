import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { parseEnv } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { readEnvironment } from '../../lib/config/env.js';
import { OPTION_NAMES } from '../../lib/config/option-table.js';
import { resolveConfig, resolveResourceConfig } from '../../lib/config/resolve.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { codeBlocks, pageAt, section } from '../docs/markdown.js';
import {
  localStorage,
  REQUIRED,
  refusal,
  refusalOf,
  resolveExactly,
  resolveWith,
} from './resolve-with.js';

describe('resolveConfig', () => {
  it('has every default', () => {
    const { config, warnings } = resolveWith();
    expect(warnings).toEqual([]);
    expect({ ...config, logger: 0, onEvent: 0 }).toEqual({
      auth0: {
        discoveryUrl: new URL(REQUIRED.configUrl),
        expectedIssuer: 'https://tenant.us.auth0.com/',
        clientId: REQUIRED.clientId,
        authentication: { method: 'client_secret_post', secret: REQUIRED.clientSecret },
        audience: REQUIRED.audience,
        authorizeParams: {},
        timeoutMs: 10_000,
      },
      baseUrl: 'https://mcp.example.com',
      basePath: '',
      strippedPrefix: '',
      issuer: 'https://mcp.example.com',
      resource: 'https://mcp.example.com/mcp',
      resourcePath: '/mcp',
      callbackUrl: 'https://mcp.example.com/auth/callback',
      isHttps: true,
      scopes: {
        required: ['openid'],
        requiredWithoutUser: [],
        initial: ['openid'],
        supported: ['openid'],
        byTool: new Map(),
        authentication: new Map(),
        implied: new Map(),
        descriptions: new Map(),
      },
      consent: 'always',
      offerToolScopes: true,
      allowedClientRedirectUris: undefined,
      clientRegistration: true,
      clientIdMetadataDocuments: true,
      allowedClientMetadataHosts: undefined,
      clients: [],
      connections: new Map(),
      grantTypes: ['authorization_code', 'refresh_token'],
      enterprise: [],
      anonymous: undefined,
      allowedOrigins: [],
      maxMessageBytes: 4_194_304,
      outboundProxies: {
        exceptions: [],
        http: undefined,
        https: undefined,
        unusedVariable: undefined,
      },
      brand: expect.objectContaining({ name: 'mcp.example.com' }),
      catalogue: expect.objectContaining({ languages: ['en', 'de', 'fr', 'es'] }),
      lifetimes: {
        accessTokenSeconds: 3600,
        refreshTokenIdleSeconds: 2_592_000,
        refreshTokenSeconds: 31_536_000,
        refreshGraceSeconds: 120,
      },
      jwtSigningKeys: [],
      storageEncryptionKeys: [],
      storage: localStorage,
      logger: 0,
      onEvent: 0,
    });
  });

  it.each(['configUrl', 'clientId', 'audience', 'baseUrl'] as const)('%s is required', (option) => {
    const { [option]: _left, ...rest } = REQUIRED;
    const error = refusal(() => resolveExactly(rest));
    expect(error.option).toBe(option);
    expect(error.message).toMatch(/^\w+ \(environment: AUTH0_MCP_\w+ or FASTMCP_\w+\) is missing/);
  });

  it('reports all missing options at once, with their remedies', () => {
    const error = refusal(() => resolveExactly({ audience: REQUIRED.audience }));
    expect(error.option).toBe('configUrl');
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/^configUrl \(environment: .*is missing\. Set it, .* or set domain\.$/),
      expect.stringMatching(/^clientId .*is missing\. Copy it from the Auth0 dashboard/),
      expect.stringMatching(/^baseUrl .*is missing\. Set it to the public URL of this server/),
    ]);
  });

  it('reports empty options together with missing ones', () => {
    const error = refusal(() => resolveExactly({ configUrl: '', domain: ' ', audience: 'x' }));
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/^configUrl .*received an empty string\. Set it, such as/),
      expect.stringMatching(/^clientId .*is missing/),
      expect.stringMatching(/^baseUrl .*is missing/),
    ]);
  });

  it('reports missing options before wrong ones, and accepts domain for configUrl', () => {
    const error = refusal(() => resolveExactly({ domain: 'https://no.host.name', audience: 'x' }));
    expect(error.message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'clientId',
      'baseUrl',
    ]);
  });

  it.each(Object.keys(REQUIRED))('refuses an empty %s', (option) => {
    const error = refusal(() => resolveExactly({ ...REQUIRED, [option]: '' }));
    expect(error).toMatchObject({ option, message: expect.stringContaining('an empty string') });
  });

  it.each(Object.keys(REQUIRED))(
    'refuses null, a number, white space and a placeholder as %s',
    (option) => {
      for (const value of [null, 42, ' padded', 'vPYqbjemq...', 'YOUR_VALUE']) {
        expect(refusal(() => resolveExactly({ ...REQUIRED, [option]: value })).option).toBe(option);
      }
    },
  );

  it('reports all placeholders at once, after what is missing', () => {
    const { audience: _left, ...rest } = REQUIRED;
    const placeholders = { configUrl: 'https://TENANT.us.auth0.com/x', clientId: 'YOUR_CLIENT_ID' };
    const secret = { clientSecret: 'YOUR_CLIENT_SECRET' };
    const error = refusal(() => resolveExactly({ ...rest, ...placeholders, ...secret }));
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/^audience .*is missing/),
      expect.stringMatching(/^configUrl .*Replace TENANT by the name of your tenant/),
      expect.stringMatching(/^clientId .*placeholder of an example/),
      expect.stringMatching(/^clientSecret .*received a string of 18 characters/),
    ]);
  });

  it('throws for every placeholder of the README, with the remedy', () => {
    const dotEnv = codeBlocks(section(pageAt('README.md'), 'Quick start')).find(({ code }) =>
      code.startsWith('AUTH0_MCP_'),
    );
    const example = readEnvironment(parseEnv(dotEnv?.code ?? ''), OPTION_NAMES).options;
    expect(Object.keys(example).sort()).toEqual(Object.keys(REQUIRED).sort());
    for (const option of ['configUrl', 'clientId', 'clientSecret'] as const) {
      const error = refusalOf({ [option]: example[option] });
      expect(error).toMatchObject({
        option,
        message: expect.stringContaining('Applications, your application, Settings'),
      });
    }
  });

  it('rejects null for an option with a default', () => {
    for (const option of [
      'clientRegistration',
      'accessTokenTtlSeconds',
      'consent',
      'requiredScopes',
    ]) {
      expect(refusal(() => resolveExactly({ ...REQUIRED, [option]: null })).option).toBe(option);
    }
  });

  it.each([
    ['auth0Mcp()', (given: object) => resolveExactly(given)],
    ['auth0McpResource()', (given: object) => resolveResourceConfig(given, {})],
  ])('detects %s mounted without a call by the request that it receives', (name, resolve) => {
    const request = new IncomingMessage(new Socket());
    const { message } = refusal(() => resolve(request));
    expect(message).toContain(`app.use(${name}), with the parentheses`);
  });

  it('creates no storage if an option is wrong, since the embedded one creates a directory', () => {
    const made: string[] = [];
    const factories = {
      embeddedStorage: () => {
        made.push('embedded');
        return memoryStorage();
      },
      redisStorage: () => {
        made.push('redis');
        return memoryStorage();
      },
    };
    const options = { ...REQUIRED, accessTokenTtlSeconds: -1 };
    expect(refusal(() => resolveConfig(options, {}, factories)).option).toBe(
      'accessTokenTtlSeconds',
    );
    const url = { AUTH0_MCP_REDIS_URL: 'redis://h' };
    expect(refusal(() => resolveConfig(REQUIRED, url, factories)).option).toBe('jwtSigningKey');
    expect(made).toEqual([]);
  });

  it('cannot be changed afterwards', () => {
    const toolScopes = { delete_file: ['files:write'] };
    const { config } = resolveWith({
      toolScopes,
      anonymous: { tools: ['search'] },
      clients: [{ clientId: 'c', redirectUris: ['https://c.example.com/cb'], name: 'C' }],
      authorizeParams: { connection: 'corp' },
      jwtSigningKey: ['k'.repeat(32)],
    });
    const parts = [
      config,
      config.auth0,
      config.auth0.authentication,
      config.auth0.authorizeParams,
      config.scopes,
      config.scopes.required,
      config.clients,
      config.clients[0],
      config.clients[0]?.redirectUris,
      config.lifetimes,
      config.jwtSigningKeys,
    ];
    for (const part of parts) expect(Object.isFrozen(part)).toBe(true);
    expect(Object.isFrozen(config.storage)).toBe(false);
    expect(Object.isFrozen(config.logger)).toBe(false);
  });

  it('neither changes nor freezes the given options', () => {
    const requiredScopes = ['openid', 'openid', 'email'];
    const key = new Uint8Array(32).fill(1);
    const options = { ...REQUIRED, requiredScopes, jwtSigningKey: key };
    const config = resolveExactly(options);
    requiredScopes.push('later');
    key.fill(2);
    expect(config.scopes.required).toEqual(['openid', 'email']);
    expect(config.jwtSigningKeys[0]).toEqual(new Uint8Array(32).fill(1));
  });
});
