import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { exportJWK } from 'jose';
import type { Auth0McpOptions } from '../../../lib/config/options.js';
import { resolveConfig } from '../../../lib/config/resolve.js';
import { embeddedStorage } from '../../../lib/storage/embedded/embedded-storage.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import {
  type Application,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import { registerClient } from '../../support/oauth-client.js';
import { ALWAYS_DUE, givenBack, until } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const registered = {
  keys: [{ ...(await exportJWK(rsa.publicKey)), kid: 'ours', use: 'sig' }],
};
const jwk = { ...(await exportJWK(rsa.privateKey)), kid: 'ours', alg: 'PS256' };

type Case = readonly [string, Omit<Application, 'clientId'>, Partial<Auth0McpOptions>];

const CASES: readonly Case[] = [
  ['client_secret_post', { clientSecret: DEMO_CLIENT_SECRET }, {}],
  [
    'client_secret_basic',
    { clientSecret: DEMO_CLIENT_SECRET, tokenEndpointAuthMethod: 'client_secret_basic' },
    { tokenEndpointAuthMethod: 'client_secret_basic' },
  ],
  ['none, as Single Page applications', {}, { clientSecret: undefined }],
  [
    'private_key_jwt, a PEM',
    { jwks: registered },
    { clientSecret: undefined, auth0PrivateKey: pem },
  ],
  [
    'private_key_jwt, a PEM on one line as environments have it',
    { jwks: registered },
    { clientSecret: undefined, auth0PrivateKey: pem.replaceAll('\n', '\\n') },
  ],
  [
    'private_key_jwt, a JWK',
    { jwks: registered },
    { clientSecret: undefined, auth0PrivateKey: jwk },
  ],
  [
    'private_key_jwt, the JSON of a JWK',
    { jwks: registered },
    { clientSecret: undefined, auth0PrivateKey: JSON.stringify(jwk) },
  ],
];

describe('R-UP-6 authenticating to Auth0', () => {
  let world: World;
  afterEach(() => world.close());

  it.each(CASES)('%s: login, refresh and revocation', async (_title, application, options) => {
    world = await startWorld({ tenant: ALWAYS_DUE, options });
    const [{ callbackUrls = [] } = {}] = world.tenant.settings.applications;
    world.tenant.configure({
      applications: [{ clientId: DEMO_CLIENT_ID, callbackUrls, ...application }],
    });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200);
    await world.auth.grants.revokeAll({ clientId: client.id });
    await until(() => givenBack(world).length === 1);
    const calls = world.tenant.requests.filter(({ path }) => path.startsWith('/oauth/'));
    expect(calls.map(({ status }) => status)).toEqual([200, 200, 200]);
    const proofs = calls.map(({ form }) => form.client_assertion).filter(Boolean);
    expect(new Set(proofs).size).toBe(proofs.length);
    const secrets = [DEMO_CLIENT_SECRET, ...proofs].map(String);
    expect(secrets.some((secret) => JSON.stringify(world.log).includes(secret))).toBe(false);
  });
});

describe('the same from the environment', () => {
  const base = {
    AUTH0_MCP_DOMAIN: 'tenant.us.auth0.com',
    AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
    AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
    AUTH0_MCP_BASE_URL: 'https://mcp.example.test',
  };

  it.each([
    [{ AUTH0_MCP_CLIENT_SECRET: 'a-secret' }, 'client_secret_post'],
    [
      {
        AUTH0_MCP_CLIENT_SECRET: 'a-secret',
        AUTH0_MCP_TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_basic',
      },
      'client_secret_basic',
    ],
    [{}, 'none'],
    [{ AUTH0_MCP_AUTH0_PRIVATE_KEY: pem }, 'private_key_jwt'],
    [{ AUTH0_MCP_AUTH0_PRIVATE_KEY: JSON.stringify(jwk) }, 'private_key_jwt'],
  ])('%# is %s', (variables, method) => {
    const ports = { embeddedStorage, redisStorage };
    const config = resolveConfig(undefined, { ...base, ...variables }, ports);
    expect(config.auth0.authentication.method).toBe(method);
  });
});
