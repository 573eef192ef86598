import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Auth0McpConfigError, nearestName, wrongOption } from '../../lib/config/errors.js';
import { expectAlways } from '../fuzz/property.js';
import { refusal, refusalOf, resolveExactly } from './resolve-with.js';

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

  it('masks a password in any URL', () => {
    expect(refusalOf({ baseUrl: 'https://me:hunter2@h.example.com' }).message).not.toContain(
      'hunter2',
    );
    expect(refusalOf({ configUrl: 'https://me:hunter2@h/' }).message).not.toContain('hunter2');
  });

  it('shortens a long value', () => {
    expect(wrongOption('clientId', 'x'.repeat(5000), '').message.length).toBeLessThan(400);
  });

  it('no secret of any shape shows up, whatever is wrong with it', () => {
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

  it('lists all names where none is near', () => {
    expect(refusalOf({ pineapple: 1 }).message).toContain('Known are: configUrl, domain, clientId');
  });

  it.each([null, 'https://tenant.auth0.com', 42, []])(
    'refuses %j instead of an object',
    (options) => {
      expect(refusal(() => resolveExactly(options)).option).toBe('options');
    },
  );
});

describe('nearestName', () => {
  it('has no suggestion for what is far from everything', () => {
    expect(nearestName('pineapple', ['audience', 'baseUrl'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});
