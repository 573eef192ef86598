/** What `setup` prints for the settings of a server. The other tools themselves: `tools.long.spec.ts`. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { environmentNames, OPTION_NAMES } from '../../lib/config/option-table.js';
import { callsOf, ENVIRONMENT, runSetup } from './run-setup.js';

const FORMATS = ['cli', 'terraform', 'deploy'];

const PRIVATE_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString();

/** The two objects of the Management API in the printed commands. */
async function created(
  args: readonly string[],
  environment = ENVIRONMENT,
): Promise<{ api: object; application: object }> {
  const { code, out } = await runSetup(args, environment);
  expect(code).toBe(0);
  const [api, application, ...more] = callsOf(out);
  expect(api?.slice(0, 4)).toEqual(['api', 'post', 'resource-servers', '--data']);
  expect(application?.slice(0, 4)).toEqual(['api', 'post', 'clients', '--data']);
  expect([more, api?.length, application?.length]).toEqual([[], 5, 5]);
  return { api: api?.[4] as object, application: application?.[4] as object };
}

describe('setup, as commands of the Auth0 CLI', () => {
  it('creates the API and the application', async () => {
    expect(await created([])).toEqual({
      api: {
        name: 'mcp.example.com',
        identifier: 'https://api.example.com',
        signing_alg: 'RS256',
        allow_offline_access: true,
        skip_consent_for_verifiable_first_party_clients: true,
      },
      application: {
        name: 'mcp.example.com',
        app_type: 'regular_web',
        is_first_party: true,
        oidc_conformant: true,
        callbacks: ['https://mcp.example.com/auth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_post',
        jwt_configuration: { alg: 'RS256' },
        refresh_token: {
          rotation_type: 'non-rotating',
          expiration_type: 'expiring',
          token_lifetime: 31_536_000,
          idle_token_lifetime: 2_678_400,
        },
      },
    });
  });

  it('adds the scopes of the API, without those of OpenID', async () => {
    const environment = {
      ...ENVIRONMENT,
      AUTH0_MCP_REQUIRED_SCOPES: 'openid read:notes',
      AUTH0_MCP_SCOPES_SUPPORTED: 'email files:write',
    };
    const { api } = await created(['--scopes', 'files:delete'], environment);
    const scopes = ['read:notes', 'files:write', 'files:delete'].map((value) => ({ value }));
    expect(api).toMatchObject({ scopes: expect.arrayContaining(scopes) });
    expect(api).toHaveProperty('scopes.length', 3);
  });

  it('has the callback URL and the lifetimes of the options', async () => {
    const { application } = await created([], {
      ...ENVIRONMENT,
      AUTH0_MCP_BASE_URL: 'https://example.com/api',
      AUTH0_MCP_REDIRECT_PATH: '/back',
      AUTH0_MCP_REFRESH_TOKEN_TTL_SECONDS: '864000',
      AUTH0_MCP_REFRESH_TOKEN_IDLE_TTL_SECONDS: '864000',
    });
    expect(application).toMatchObject({
      callbacks: ['https://example.com/api/back'],
      // Auth0 refuses an idle lifetime that is not shorter.
      refresh_token: { token_lifetime: 864_000, idle_token_lifetime: 863_999 },
    });
  });

  it('has a policy for each other API that tools call', async () => {
    const { application } = await created(['--policy', 'https://billing.example read:bills pay']);
    const policy = { audience: 'https://billing.example', scope: ['read:bills', 'pay'] };
    expect(application).toMatchObject({ refresh_token: { policies: [policy] } });
    const { out } = await runSetup(['--format', 'terraform', '--policy', 'https://a.example b']);
    expect(out).toMatch(/policies \{\s+audience = "https:\/\/a.example"\s+scope\s+= \["b"\]/);
    expect((await runSetup(['--policy', 'https://a.example'])).aside).toContain('its scopes');
  });

  it('rotates the refresh tokens of an application without a secret (RFC 9700 §2.2.2)', async () => {
    const environment = { ...ENVIRONMENT, AUTH0_MCP_TOKEN_ENDPOINT_AUTH_METHOD: 'none' };
    const { application } = await created([], environment);
    expect(application).toMatchObject({
      token_endpoint_auth_method: 'none',
      refresh_token: { rotation_type: 'rotating', leeway: 60 },
    });
    const { out } = await runSetup([], environment);
    expect(out).toContain('AUTH0_MCP_CLIENT_ID');
    expect(out).not.toContain('AUTH0_MCP_CLIENT_SECRET');
  });

  it('registers the public key of a private one', async () => {
    const environment = { ...ENVIRONMENT, AUTH0_MCP_AUTH0_PRIVATE_KEY: PRIVATE_KEY };
    const { application } = await created([], environment);
    expect(application).not.toHaveProperty('token_endpoint_auth_method');
    expect(application).toMatchObject({
      client_authentication_methods: {
        private_key_jwt: {
          credentials: [
            {
              credential_type: 'public_key',
              alg: 'RS256',
              pem: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n/),
            },
          ],
        },
      },
    });
  });

  it('adds back-channel logout only when told to, since it needs an Enterprise plan', async () => {
    const { application } = await created(['--backchannel-logout']);
    expect(application).toMatchObject({
      oidc_logout: {
        backchannel_logout_urls: ['https://mcp.example.com/backchannel-logout'],
        backchannel_logout_initiators: { mode: 'custom' },
      },
    });
    // It would end every login with the browser session.
    expect(JSON.stringify(application)).not.toContain('session-expired');
  });

  it('quotes for the shell, and leaves out what Auth0 refuses in a name', async () => {
    const name = `Ada's "%{notes}" $(date) \`x\` <b>`;
    const { api } = await created([], { ...ENVIRONMENT, AUTH0_MCP_BRANDING_NAME: name });
    expect(api).toHaveProperty('name', name.replace(/[<>]/g, ''));
    const { out } = await runSetup(['--format', 'terraform'], {
      ...ENVIRONMENT,
      AUTH0_MCP_BRANDING_NAME: name,
    });
    expect(out).toContain(String.raw`"Ada's \"%%{notes}\" $(date)`);
  });
});

describe.each(FORMATS)('setup --format %s', (format) => {
  const run = (environment = ENVIRONMENT) => runSetup(['--format', format], environment);

  it('names what it is for, what to copy back and what comes next', async () => {
    const { out } = await run();
    expect(out).toMatch(/^# Auth0 settings for https:\/\/mcp\.example\.com\/mcp, /);
    expect(out).toMatch(/the two values to copy into \.env:\n# {3}AUTH0_MCP_CLIENT_ID: /);
    expect(out).toMatch(/\n# {3}AUTH0_MCP_CLIENT_SECRET: .*\n/);
    expect(out).toContain('AUTH0_MCP_DOMAIN=TENANT.us.auth0.com');
    expect(out).toMatch(/doctor --env \.env --without-server --login\n$/);
  });

  it('ignores the placeholders of .env.example, and names the tenant once it is known', async () => {
    const placeholders = {
      ...ENVIRONMENT,
      AUTH0_MCP_CONFIG_URL: 'https://TENANT.us.auth0.com/.well-known/openid-configuration',
      AUTH0_MCP_CLIENT_ID: 'YOUR_CLIENT_ID',
      AUTH0_MCP_CLIENT_SECRET: 'YOUR_CLIENT_SECRET',
    };
    expect(await run(placeholders)).toMatchObject({ code: 0, aside: '' });
    const { out } = await run({ ...ENVIRONMENT, AUTH0_MCP_DOMAIN: 'acme.eu.auth0.com' });
    expect(out).toContain('acme.eu.auth0.com');
    expect(out).not.toContain('TENANT');
  });

  it('is for a tenant of Auth0 where the environment names a stand-in, and says what to replace', async () => {
    const AUTH0_MCP_CONFIG_URL = 'http://127.0.0.1:8001/.well-known/openid-configuration';
    const { code, out } = await run({ ...ENVIRONMENT, AUTH0_MCP_CONFIG_URL });
    expect(code).toBe(0);
    expect(out).not.toContain('127.0.0.1');
    expect(out).toContain(
      '\n#   AUTH0_MCP_CONFIG_URL=https://TENANT.us.auth0.com/.well-known/openid-configuration\n',
    );
  });

  it('prints no secret of the environment', async () => {
    const secrets = {
      AUTH0_MCP_JWT_SIGNING_KEY: 'a-signing-key-of-more-than-32-characters',
      AUTH0_MCP_STORAGE_ENCRYPTION_KEY: 'an-encryption-key-of-more-than-32-characters',
      AUTH0_MCP_REDIS_URL: 'redis://user:a-password@127.0.0.1:1',
    };
    const withSecret = { AUTH0_MCP_CLIENT_SECRET: 'the-client-secret' };
    const withKey = { AUTH0_MCP_AUTH0_PRIVATE_KEY: PRIVATE_KEY };
    for (const credential of [withSecret, withKey]) {
      const { code, out, aside } = await run({ ...ENVIRONMENT, ...secrets, ...credential });
      expect(code).toBe(0);
      for (const secret of Object.values({ ...secrets, ...credential, name: 'PRIVATE KEY' })) {
        expect(out + aside).not.toContain(secret);
      }
    }
  });

  it('says what the tool cannot set of a key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'key-number-1' });
    const { out } = await run({ ...ENVIRONMENT, AUTH0_MCP_AUTH0_PRIVATE_KEY: jwk });
    expect(out.includes('cannot set the "kid"')).toBe(format !== 'cli');
  });
});

describe('setup, as YAML', () => {
  it('has the same settings as the commands', async () => {
    for (const environment of [
      ENVIRONMENT,
      { ...ENVIRONMENT, AUTH0_MCP_AUTH0_PRIVATE_KEY: PRIVATE_KEY },
      { ...ENVIRONMENT, AUTH0_MCP_BRANDING_NAME: 'Ada\'s: "notes" # 1' },
    ]) {
      const args = ['--backchannel-logout', '--scopes', 'files:read files:write'];
      const { api, application } = await created(args, environment);
      const { out } = await runSetup([...args, '--format', 'deploy'], environment);
      expect(parse(out)).toEqual({ resourceServers: [api], clients: [application] });
    }
  });
});

describe('setup, its arguments', () => {
  it('reports everything that is missing at once', async () => {
    const { code, out, aside } = await runSetup([], {});
    expect([code, out]).toEqual([1, '']);
    expect(aside).toMatch(/^audience .*\nbaseUrl .*\nSee: express-auth0-mcp setup --help\n$/);
  });

  it('takes the settings that no file has yet, and lists them for it', async () => {
    const args = ['--audience', 'https://api.example.com', '--base-url', 'http://localhost:8000'];
    const { code, out } = await runSetup(args, {});
    expect(code).toBe(0);
    expect(out).toContain(
      '\n#   AUTH0_MCP_AUDIENCE=https://api.example.com\n#   AUTH0_MCP_BASE_URL=http://localhost:8000\n',
    );
  });

  it.each([
    [['--format', 'terrafrom'], {}, /Did you mean terraform\?/],
    [
      ['--backchannel-logout', '--base-url', 'http://localhost:8000'],
      {},
      /needs a public https URL/,
    ],
    [[], { AUTH0_MCP_AUDIENZ: 'x' }, /Did you mean AUTH0_MCP_AUDIENCE\?/],
    [['--base-url', 'mcp.example.com'], {}, /baseUrl/],
    [[], { AUTH0_MCP_DOMAIN: 'https://acme.eu.auth0.com' }, /domain/],
  ])('refuses %j with %j', async (args, changes, says) => {
    const { code, out, aside } = await runSetup(args, { ...ENVIRONMENT, ...changes });
    expect([code, out]).toEqual([1, '']);
    expect(aside).toMatch(says);
  });

  it('warns of an identifier that other services may use: Auth0 cannot rename it', async () => {
    const { code, aside } = await runSetup(['--audience', 'api']);
    expect(code).toBe(0);
    expect(aside).toMatch(/^Warning: Other services may use such a general audience/);
  });

  it('has a name of the environment for each of them', () => {
    const names = OPTION_NAMES.flatMap(environmentNames);
    for (const name of ['AUDIENCE', 'BASE_URL', 'SCOPES_SUPPORTED', 'DOMAIN']) {
      expect(names).toContain(`AUTH0_MCP_${name}`);
    }
  });
});
