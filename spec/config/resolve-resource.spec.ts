import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import type { ResourceConfig } from '../../lib/config/config.js';
import type { Environment } from '../../lib/config/env.js';
import type { Auth0McpConfigError } from '../../lib/config/errors.js';
import { environmentNames, OPTION_NAMES } from '../../lib/config/option-table.js';
import { resolveResourceConfig } from '../../lib/config/resolve.js';
import { RESOURCE_OPTION_NAMES } from '../../lib/config/resource-options.js';
import { type LooseOptions, refusal } from './resolve-with.js';

const REQUIRED = {
  configUrl: 'https://tenant.us.auth0.com/.well-known/openid-configuration',
  baseUrl: 'https://mcp.example.com',
};

interface Resolved {
  readonly config: ResourceConfig;
  readonly warnings: string[];
}

function resolve(options: LooseOptions = {}, environment: Environment = {}): Resolved {
  const warnings: string[] = [];
  const quiet = (): void => {};
  const warn = (_fields: object, message: string) => void warnings.push(message);
  const logger = { debug: quiet, info: quiet, warn, error: quiet };
  return {
    config: resolveResourceConfig({ logger, ...REQUIRED, ...options } as object, environment),
    warnings,
  };
}

const refusalOf = (options: LooseOptions, environment: Environment = {}): Auth0McpConfigError =>
  refusal(() => resolve(options, environment));

const OF_AUTH0_MCP = OPTION_NAMES.filter((name) => !RESOURCE_OPTION_NAMES.includes(name));

describe('resolveResourceConfig', () => {
  it('requires a tenant and a URL, and has defaults for the rest', () => {
    const { config, warnings } = resolve();
    expect(warnings).toEqual([]);
    expect({ ...config, logger: 0, onEvent: 0 }).toEqual({
      auth0: {
        discoveryUrl: new URL(REQUIRED.configUrl),
        expectedIssuer: 'https://tenant.us.auth0.com/',
        audience: 'https://mcp.example.com/mcp',
        timeoutMs: 10_000,
      },
      baseUrl: 'https://mcp.example.com',
      basePath: '',
      strippedPrefix: '',
      resource: 'https://mcp.example.com/mcp',
      resourcePath: '/mcp',
      isHttps: true,
      scopes: {
        requiredWithoutUser: [],
        required: [],
        initial: [],
        byTool: new Map(),
        implied: new Map(),
        authentication: new Map(),
      },
      anonymous: undefined,
      allowedOrigins: [],
      maxMessageBytes: 4_194_304,
      outboundProxies: {
        exceptions: [],
        http: undefined,
        https: undefined,
        unusedVariable: undefined,
      },
      logger: 0,
      onEvent: 0,
    });
  });

  it.each(['configUrl', 'baseUrl'] as const)('%s is required', (option) => {
    expect(refusalOf({ [option]: undefined }).message).toMatch(/^\w+ \(environment: .*is missing/);
  });

  it('reports both if both are missing', () => {
    expect(refusalOf({ configUrl: undefined, baseUrl: undefined }).message).toMatch(
      /^configUrl .*is missing.*\nbaseUrl .*is missing.*$/,
    );
  });

  it('can be set in the environment alone, our names before FastMCP’s', () => {
    const environment = {
      AUTH0_MCP_DOMAIN: 'tenant.us.auth0.com',
      AUTH0_MCP_BASE_URL: 'https://mcp.example.com/api',
      FASTMCP_SERVER_AUTH_AUTH0_BASE_URL: 'https://other.example.com',
      AUTH0_MCP_REQUIRED_SCOPES: 'read:notes',
    };
    expect(resolveResourceConfig(undefined, environment)).toMatchObject({
      resource: 'https://mcp.example.com/api/mcp',
      auth0: { audience: 'https://mcp.example.com/api/mcp' },
      scopes: { required: ['read:notes'], initial: ['read:notes'] },
    });
  });

  it('cannot be changed afterwards', () => {
    const { config } = resolve({ toolScopes: { write: ['files:write'] } });
    for (const part of [config, config.auth0, config.scopes, config.scopes.required]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('an option of auth0Mcp() alone', () => {
  it.each(OF_AUTH0_MCP)('%s is rejected in code, with the remedy', (option) => {
    const { message, option: named } = refusalOf({ [option]: 'a value that is nobody’s business' });
    expect(named).toBe(option);
    expect(message).toMatch(
      new RegExp(`^${option} is an option of auth0Mcp\\(\\), not of auth0McpResource\\(\\)\\. `),
    );
    expect(message).toContain('remove it, or use auth0Mcp()');
    expect(message).not.toContain('business');
  });

  it('counts as absent if it is undefined', () => {
    const values = OF_AUTH0_MCP.map((option) => [option, undefined]);
    expect(resolve(Object.fromEntries(values)).config.baseUrl).toBe(REQUIRED.baseUrl);
  });

  it('is ignored in the environment with any value: one .env serves both', () => {
    const names = OF_AUTH0_MCP.flatMap(environmentNames).map((name) => [name, 'no such value']);
    expect(names.length).toBeGreaterThan(20);
    const { warnings } = resolve({}, Object.fromEntries(names));
    expect(warnings).toEqual([]);
  });
});

describe('an unknown name', () => {
  it.each([
    ['audiance', 'audience'],
    ['config_url', 'configUrl'],
    ['requiredScope', 'requiredScopes'],
  ])('%s is rejected in code, and %s suggested', (name, meant) => {
    expect(refusalOf({ [name]: 'x' }).message).toContain(`Did you mean ${meant}?`);
  });

  it('is rejected in the environment', () => {
    const { message } = refusalOf({}, { AUTH0_MCP_AUDIANCE: 'x' });
    expect(message).toContain('Did you mean AUTH0_MCP_AUDIENCE?');
  });

  it('of FastMCP is reported with its name here', () => {
    expect(refusalOf({ timeout_seconds: 5 }).message).toContain('upstreamTimeoutSeconds');
  });
});

describe('audience', () => {
  it('may be another API, with a warning, since clients request tokens for the URL of the endpoint', () => {
    const { config, warnings } = resolve({ audience: 'https://api.example.com' });
    expect(config.auth0.audience).toBe('https://api.example.com');
    expect(warnings).toEqual([expect.stringContaining('is not the URL of the MCP endpoint')]);
  });

  it('of auth0Mcp() in a shared environment is reported with its variable, and code overrides it', () => {
    const environment = { AUTH0_MCP_AUDIENCE: 'https://api.example.com' };
    expect(resolve({}, environment).warnings).toEqual([
      expect.stringMatching(/AUTH0_MCP_AUDIENCE.*give that URL as audience in code/),
    ]);
    const audience = 'https://mcp.example.com/mcp';
    const { config, warnings } = resolve({ audience, requiredScopes: [] }, environment);
    expect(config.auth0.audience).toBe(audience);
    expect(warnings).toEqual([]);
  });

  it('may be the URL itself, or with the slash that some clients append to an origin', () => {
    const { warnings } = resolve({ audience: 'https://mcp.example.com/mcp' });
    const { config, warnings: ofOrigin } = resolve({
      resourcePath: '/',
      audience: 'https://mcp.example.com/',
    });
    expect([...warnings, ...ofOrigin]).toEqual([]);
    expect(config).toMatchObject({ resource: 'https://mcp.example.com', resourcePath: '/' });
  });

  it('may not be one of Auth0’s own APIs', () => {
    for (const path of ['userinfo', 'api/v2/']) {
      expect(refusalOf({ audience: `https://tenant.us.auth0.com/${path}` }).option).toBe(
        'audience',
      );
    }
  });
});

describe('the scopes', () => {
  it('required by default are none, since no scope is granted to every application', () => {
    expect(resolve().config.scopes.required).toEqual([]);
  });

  it('that third-party applications never get are reported if they are required', () => {
    const { warnings } = resolve({ requiredScopes: ['openid', 'read:notes', 'email'] });
    expect(warnings).toEqual([expect.stringContaining('requiredScopes contains OpenID scopes')]);
    expect(resolve({ defaultScopes: ['openid'] }).warnings).toEqual([]);
  });

  it('never have offline_access', () => {
    const { config, warnings } = resolve({ requiredScopes: ['offline_access', 'read:notes'] });
    expect(config.scopes.required).toEqual(['read:notes']);
    expect(warnings).toEqual([expect.stringContaining('offline_access in requiredScopes')]);
  });
});

describe('resourcePath', () => {
  it('may be a path of login endpoints, of which there are none here', () => {
    expect(resolve({ resourcePath: '/token' }).config.resourcePath).toBe('/token');
  });

  it('may be neither that of the metadata nor repeat the path of baseUrl', () => {
    expect(refusalOf({ resourcePath: '/.well-known/mcp' }).message).toContain(
      'reserved for metadata',
    );
    const doubled = { baseUrl: 'https://mcp.example.com/mcp', resourcePath: '/mcp' };
    expect(refusalOf(doubled).message).toContain('doubled');
  });
});

describe('Auth0McpResourceOptions', () => {
  const source = readFileSync(new URL('../../lib/config/resource-options.ts', import.meta.url), {
    encoding: 'utf8',
  });

  it.each(['audience', 'requiredScopes'] as const)(
    'documents its own %s: meaning, default, environment',
    (option) => {
      const [, doc = ''] =
        new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\s+readonly ${option}\\?:`, 's').exec(source) ?? [];
      expect(doc).toMatch(/ Default: \S/);
      for (const name of environmentNames(option)) expect(doc).toContain(`\`${name}\``);
    },
  );
});
