import { describe, expect, it } from '@jest/globals';

import { RESERVED_PATHS } from '../../../lib/config/rules/urls.js';
import { refusalOf, resolveWith } from '../resolve-with.js';

describe('the public URLs', () => {
  it.each([
    // baseUrl, further options → resource, issuer, callback
    ['https://x.example', {}, 'https://x.example/mcp', 'https://x.example', '/auth/callback'],
    ['https://x.example/', {}, 'https://x.example/mcp', 'https://x.example', '/auth/callback'],
    [
      'https://x.example/api',
      {},
      'https://x.example/api/mcp',
      'https://x.example/api',
      '/api/auth/callback',
    ],
    [
      'https://x.example/api//',
      {},
      'https://x.example/api/mcp',
      'https://x.example/api',
      '/api/auth/callback',
    ],
    [
      'https://x.example/auth',
      {},
      'https://x.example/auth/mcp',
      'https://x.example/auth',
      '/auth/auth/callback',
    ],
    [
      'https://x.example/mcp',
      { resourcePath: '/' },
      'https://x.example/mcp',
      'https://x.example/mcp',
      '/mcp/auth/callback',
    ],
    [
      'https://x.example',
      { resourcePath: '/' },
      'https://x.example',
      'https://x.example',
      '/auth/callback',
    ],
    [
      'https://x.example',
      { resourcePath: 'v1/mcp/' },
      'https://x.example/v1/mcp',
      'https://x.example',
      '/auth/callback',
    ],
    [
      'https://x.example/api',
      { issuerUrl: 'https://x.example/' },
      'https://x.example/api/mcp',
      'https://x.example',
      '/api/auth/callback',
    ],
    [
      'https://x.example/api',
      { resourceBaseUrl: 'https://r.example/v1' },
      'https://r.example/v1/mcp',
      'https://x.example/api',
      '/api/auth/callback',
    ],
    [
      'https://x.example',
      { redirectPath: 'auth/auth0/callback' },
      'https://x.example/mcp',
      'https://x.example',
      '/auth/auth0/callback',
    ],
  ])('%s with %j guards %s', (baseUrl, options, resource, issuer, callback) => {
    const { config } = resolveWith({ baseUrl, ...options });
    expect(config.resource).toBe(resource);
    expect(config.resourcePath).toBe(new URL(resource).pathname);
    expect(config.issuer).toBe(issuer);
    expect(config.callbackUrl).toBe(`https://x.example${callback}`);
    expect(config.baseUrl + (config.basePath === '' ? '/' : '')).toBe(new URL(config.baseUrl).href);
  });

  it('RS-7 writes scheme and host in lower case, without the default port', () => {
    const { config } = resolveWith({ baseUrl: 'HTTPS://MCP.Example.COM:443/Api' });
    expect(config.baseUrl).toBe('https://mcp.example.com/Api');
  });

  it.each([
    'http://localhost:8000',
    'http://127.0.0.1:8000',
    'http://[::1]:8000',
    'http://mcp.localhost',
  ])('AS-15 allows plain http on this machine: %s', (baseUrl) => {
    const { config } = resolveWith({ baseUrl });
    expect(config).toMatchObject({ baseUrl, issuer: baseUrl, isHttps: false });
  });

  it.each([
    [
      'R-MD-1, AS-15: plain http elsewhere',
      'http://mcp.example.com',
      'Plain http is for localhost only',
    ],
    ['plain http on a look-alike', 'http://localhost.evil.example', 'Plain http'],
    ['plain http on all addresses', 'http://0.0.0.0:8000', 'Plain http'],
    ['R-MD-1: a query', 'https://mcp.example.com?x=1', 'Remove the query'],
    ['an empty query', 'https://mcp.example.com/?', 'Remove the query'],
    ['R-MD-1: a fragment', 'https://mcp.example.com/#top', 'Remove the query and the fragment'],
    ['user info', 'https://me@mcp.example.com', 'Remove user name'],
    ['no scheme', 'mcp.example.com', 'absolute URL'],
    ['another scheme', 'ftp://mcp.example.com', 'absolute URL'],
    ['a path alone', '/api', 'absolute URL'],
    ['dot segments', 'https://mcp.example.com/a/../b', 'The path may have'],
    ['percent-encoding', 'https://mcp.example.com/%61', 'The path may have'],
    ['an empty segment', 'https://mcp.example.com//a', 'The path may have'],
    ['a backslash', 'https://mcp.example.com\\a', 'Remove'],
    ['the placeholder of an example', 'https://.../api', 'abbreviated example'],
    ['a host with empty labels', 'https://a..example', 'not a valid host name'],
    ['a port that is none', 'https://mcp.example.com:99999', 'absolute URL'],
  ])('refuses %s in baseUrl, issuerUrl and resourceBaseUrl', (_what, url, remedy) => {
    for (const option of ['baseUrl', 'issuerUrl', 'resourceBaseUrl']) {
      const error = refusalOf({ [option]: url });
      expect(error).toMatchObject({ option, message: expect.stringContaining(remedy) });
    }
  });

  it('refuses an issuerUrl on another origin', () => {
    for (const issuerUrl of ['https://other.example.com', 'https://mcp.example.com:8443']) {
      expect(refusalOf({ issuerUrl }).message).toContain('on the origin of baseUrl');
    }
  });
});

describe('the paths', () => {
  it.each([
    ['https://x.example/mcp', undefined],
    ['https://x.example/api/mcp', '/mcp'],
    ['https://x.example/api/mcp/', 'mcp/'],
    ['https://x.example/api', '/api/mcp'],
    ['https://x.example/api/mcp', '/api/mcp'],
  ])('rejects a doubled path: %s and %s', (baseUrl, resourcePath) => {
    const error = refusalOf({ baseUrl, resourcePath });
    expect(error).toMatchObject({
      option: 'resourcePath',
      message: expect.stringContaining('doubled'),
    });
  });

  it('accepts a longer name with the same beginning', () => {
    expect(resolveWith({ baseUrl: 'https://x.example/my-mcp' }).config.resourcePath).toBe(
      '/my-mcp/mcp',
    );
  });

  const taken = [
    ...RESERVED_PATHS,
    ...RESERVED_PATHS.map((path) => `${path}/x`),
    '/Token',
    '/CONSENT/',
  ];
  it.each(taken)('refuses %s for the endpoint, mounted at the root or below', (resourcePath) => {
    for (const baseUrl of ['https://x.example', 'https://x.example/api']) {
      expect(refusalOf({ baseUrl, resourcePath }).message).toContain(
        'reserved for the login endpoints',
      );
    }
  });

  it.each(taken.filter((path) => !path.endsWith('/')))(
    'refuses %s for the callback',
    (redirectPath) => {
      const error = refusalOf({ redirectPath });
      expect(error.option).toBe('redirectPath');
    },
  );

  it('accepts paths that only begin like one of ours', () => {
    for (const resourcePath of ['/connect', '/tokens', '/authorize-mcp']) {
      expect(resolveWith({ resourcePath }).config.resourcePath).toBe(resourcePath);
    }
  });

  it("refuses the origin's /.well-known for a mounted router too", () => {
    const error = refusalOf({ baseUrl: 'https://x.example/.well-known', resourcePath: '/mcp' });
    expect(error.message).toContain('/.well-known is reserved');
  });

  it('refuses one path for endpoint and callback', () => {
    expect(refusalOf({ redirectPath: '/mcp' }).message).toContain('That is resourcePath');
    expect(refusalOf({ redirectPath: '/MCP' }).option).toBe('redirectPath');
  });

  it.each([
    ['/mcp?x=1', 'characters'],
    ['/mcp#x', 'characters'],
    ['/m cp', 'characters'],
    ['/:id', 'characters'],
    ['/mcp*', 'characters'],
    ['/%6dcp', 'characters'],
    ['/a/../b', 'dot segments'],
    ['/./b', 'dot segments'],
    ['/..', 'dot segments'],
    ['//evil.example', 'empty'],
    ['https://x.example/mcp', 'path alone'],
  ])('refuses %s', (path, remedy) => {
    for (const option of ['resourcePath', 'redirectPath']) {
      expect(refusalOf({ [option]: path })).toMatchObject({
        option,
        message: expect.stringContaining(remedy),
      });
    }
  });

  it('rejects a callback with a trailing slash, since Auth0 compares exactly', () => {
    expect(refusalOf({ redirectPath: '/auth/callback/' }).message).toContain(
      'without a trailing slash',
    );
    expect(refusalOf({ redirectPath: '/' }).option).toBe('redirectPath');
  });
});

describe('strippedPrefix', () => {
  const resolved = (baseUrl: string, strippedPrefix?: string): string =>
    resolveWith({ baseUrl, strippedPrefix }).config.strippedPrefix;

  it('is a prefix of the path of baseUrl, or empty', () => {
    expect(resolved('https://host.example/gateway/api')).toBe('');
    expect(resolved('https://host.example/gateway/api', '/gateway')).toBe('/gateway');
    expect(resolved('https://host.example/gateway/api', 'gateway/api/')).toBe('/gateway/api');
  });

  it.each([
    ['another path', 'https://host.example/api', '/other'],
    ['half a segment', 'https://host.example/api', '/ap'],
    ['more than the path', 'https://host.example/api', '/api/mcp'],
    ['nothing but a slash', 'https://host.example/api', '/'],
    ['anything where baseUrl has no path', 'https://host.example', '/api'],
  ])('refuses %s', (_what, baseUrl, strippedPrefix) => {
    const error = refusalOf({ baseUrl, strippedPrefix });
    expect(error.option).toBe('strippedPrefix');
    expect(error.message).toContain('baseUrl');
  });
});
