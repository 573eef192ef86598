import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { auth0Mcp } from '../../lib/auth0-mcp.js';
import { auth0McpResource } from '../../lib/auth0-mcp-resource.js';
import { Auth0McpConfigError, nearestName, wrongOption } from '../../lib/config/errors.js';
import { expectAlways } from '../fuzz/property.js';
import { refusal, refusalOf, resolveExactly } from './resolve-with.js';

const CLIENT = { clientId: 'desk', name: 'Desk', redirectUris: ['https://desk.example/cb'] };

describe('Auth0McpConfigError', () => {
  it('names option, environment, received value and remedy', () => {
    const error = refusalOf({ baseUrl: 'localhost:8000' });
    expect(error).toBeInstanceOf(Auth0McpConfigError);
    expect(error).toMatchObject({ code: 'ERR_AUTH0_MCP_CONFIG', option: 'baseUrl' });
    expect(error.name).toBe('Auth0McpConfigError');
    expect(error.message).toBe(
      'baseUrl (environment: AUTH0_MCP_BASE_URL or FASTMCP_SERVER_AUTH_AUTH0_BASE_URL): received ' +
        '"localhost:8000". Give an absolute URL, such as https://mcp.example.com.',
    );
  });

  it.each([
    ['clientSecret', 'a string of 7 characters'],
    ['jwtSigningKey', 'a string of 7 characters'],
    ['jwtSigningKey[1]', 'a string of 7 characters'],
    ['storageEncryptionKey', 'a string of 7 characters'],
    ['auth0PrivateKey', 'a string of 7 characters'],
    ['clients[0].clientSecret', 'a string of 7 characters'],
    ['storage', 'a string of 7 characters'],
    ['options', 'a string of 7 characters'],
    ['clients', 'a string of 7 characters'],
    ['clients[0]', 'a string of 7 characters'],
    ['clients[12]', 'a string of 7 characters'],
    ['clients[0].clientSecret[1]', 'a string of 7 characters'],
    ['branding', 'a string of 7 characters'],
    ['authorizeParams', 'a string of 7 characters'],
    ['toolScopes', 'a string of 7 characters'],
    ['anonymous', 'a string of 7 characters'],
    ['texts', 'a string of 7 characters'],
    ['logger', 'a string of 7 characters'],
    ['onEvent', 'a string of 7 characters'],
  ])('never shows what %s holds', (option, description) => {
    const { message } = wrongOption(option, 'hunter2', 'Remedy.');
    expect(message).toContain(description);
    expect(message).not.toContain('hunter2');
  });

  it('never shows what is inside an object or a list', () => {
    const client = { clientId: 'a', clientSecret: 'hunter2' };
    const message =
      wrongOption('clients', [client], '').message + wrongOption('clients', client, '').message;
    expect(message).toMatch(/a list of 1 entry.*an object/);
    expect(message).not.toContain('hunter2');
  });

  it.each<[string, unknown]>([
    ['all of it', 'hunter2'],
    ['a list of texts', ['hunter2']],
    ['a text after a client', [CLIENT, 'hunter2']],
    ['a text in a list', [['hunter2']]],
    ['a secret with spaces', [{ ...CLIENT, clientSecret: 'hunter2 and more' }]],
    ['a secret in a list', [{ ...CLIENT, clientSecret: ['hunter2'] }]],
    ['a secret under another name', [{ ...CLIENT, secret: 'hunter2' }]],
    ['an object', { ...CLIENT, clientSecret: 'hunter2' }],
  ])('clients: never shows a secret in a wrong place: %s', (_what, clients) => {
    const { message } = refusalOf({ clients });
    expect(message).toMatch(/clients/);
    expect(message).not.toContain('hunter2');
  });

  it('shows no text that is given in place of the options, of an object or of a function', () => {
    for (const options of ['hunter2', ['hunter2']]) {
      expect(() => resolveExactly(options as object)).toThrow(Auth0McpConfigError);
      expect(() => resolveExactly(options as object)).not.toThrow('hunter2');
    }
    for (const option of ['toolScopes', 'texts', 'branding', 'logger', 'onEvent', 'storage']) {
      expect(refusalOf({ [option]: 'hunter2' }).message).not.toContain('hunter2');
    }
  });

  it('shows the value of a field that is not a secret', () => {
    const clients = [{ ...CLIENT, redirectUris: ['ftp://x.example/'] }];
    expect(refusalOf({ clients }).message).toContain('ftp://x.example/');
    expect(refusalOf({ toolScopes: { tool: 'a"b' } }).message).toContain('a\\"b');
  });

  it('masks credentials without a scheme, and a query', () => {
    for (const url of [
      'me:hunter2@h.example.com',
      'https://h.example.com/?key=hunter2',
      'h?hunter2',
    ]) {
      for (const option of ['baseUrl', 'configUrl', 'issuerUrl', 'resourceBaseUrl']) {
        expect(refusalOf({ [option]: url }).message).not.toContain('hunter2');
      }
    }
  });

  it('masks a password in any URL', () => {
    expect(refusalOf({ baseUrl: 'https://me:hunter2@h.example.com' }).message).not.toContain(
      'hunter2',
    );
    expect(refusalOf({ configUrl: 'https://me:hunter2@h/' }).message).not.toContain('hunter2');
  });

  it('shortens a long value', () => {
    expect(wrongOption('clientId', 'x'.repeat(5000), '').message.length).toBeLessThan(400);
  });

  it('shows no secret of any form, with any error', () => {
    const secrets = ['clientSecret', 'jwtSigningKey', 'storageEncryptionKey', 'auth0PrivateKey'];
    const secret = fc.string({ minLength: 1, maxLength: 20 }).map((text) => ` zq9${text}`);
    expectAlways(
      fc.property(fc.constantFrom(...secrets), secret, (option, value) => {
        expect(refusalOf({ [option]: value }).message).not.toContain('zq9');
      }),
    );
  });
});

describe('unknown options', () => {
  it.each([
    ['configUri', 'configUrl'],
    ['client_id', 'clientId'],
    ['CLIENT_SECRET', 'clientSecret'],
    ['requiredScope', 'requiredScopes'],
    ['baseURL', 'baseUrl'],
    ['allowed_client_redirect_uris', 'allowedClientRedirectUris'],
  ])('%s is refused, %s is suggested', (name, suggestion) => {
    const error = refusalOf({ [name]: 'hunter2' });
    expect(error.option).toBe(name);
    expect(error.message).toBe(`Unknown option "${name}". Did you mean ${suggestion}?`);
  });

  it.each([
    ['client_storage', 'storage'],
    ['require_authorization_consent', 'consent'],
    ['enable_cimd', 'clientIdMetadataDocuments'],
  ])("FastMCP's %s is answered with %s", (name, ours) => {
    expect(refusalOf({ [name]: true }).message).toContain(`Its name here is ${ours}.`);
  });

  it('lists all names if none is similar', () => {
    expect(refusalOf({ pineapple: 1 }).message).toContain('Known are: configUrl, domain, clientId');
  });

  it.each([null, 'https://tenant.auth0.com', 42, []])(
    'refuses %j instead of an object',
    (options) => {
      expect(refusal(() => resolveExactly(options)).option).toBe('options');
    },
  );
});

describe('the stack of a configuration error', () => {
  it.each([
    ['auth0Mcp', auth0Mcp],
    ['auth0McpResource', auth0McpResource],
  ])('begins at the call of %s: the files of the package say nothing about it', (_name, entry) => {
    const { message, stack = '' } = refusal(() => entry({ baseUrl: 'nonsense' }));
    const [first, ...others] = stack.replace(message, '').match(/^ +at .*/gm) ?? [];
    expect(first).toContain('errors.spec.ts');
    expect(others.join()).not.toContain('/lib/');
  });
});

describe('nearestName', () => {
  it('has no suggestion for a name without a similar one', () => {
    expect(nearestName('pineapple', ['audience', 'baseUrl'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});
