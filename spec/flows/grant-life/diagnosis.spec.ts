import { afterEach, describe, expect, it } from '@jest/globals';
import type { Auth0McpOptions } from '../../../lib/config/options.js';
import { approve, createBrowser } from '../../../lib/testing/browser.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantOptions,
} from '../../../lib/testing/options.js';
import * as forge from '../../support/forgeries.js';
import { type OAuthClient, registerClient } from '../../support/oauth-client.js';
import { linesWith } from '../../support/upstream.js';
import { startWorld, type World } from '../../support/world.js';

interface Case {
  readonly title: string;
  readonly options?: Partial<Auth0McpOptions>;
  readonly tenant?: TenantOptions;
  /** What the client gets. */
  readonly error: string;
  /** What the log says about the remedy, in one line. */
  readonly remedy: string;
  /** Something of the setting at fault that the line names. */
  readonly names?: string;
}

const application = (change: object): TenantOptions => ({
  applications: [{ clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET, ...change }],
});

const CASES: readonly Case[] = [
  {
    title: 'an opaque access token, as Auth0 sends without a known audience',
    tenant: { forge: forge.opaqueAccessToken },
    error: 'server_error',
    remedy: 'audience must be exactly the identifier of an API',
  },
  {
    title: 'an access token without any structure',
    tenant: { forge: forge.randomAccessToken },
    error: 'server_error',
    remedy: 'audience must be exactly the identifier of an API',
  },
  {
    title: 'an access token encrypted for the API',
    tenant: {
      forge(draft) {
        const header = { alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'JWT' };
        const part = Buffer.from(JSON.stringify(header)).toString('base64url');
        draft.accessToken = `${part}.a2V5.aXY.dGV4dA.dGFn`;
      },
    },
    error: 'server_error',
    remedy: 'switch off JSON Web Encryption',
  },
  {
    title: '"Service not found": an audience the tenant does not have',
    options: { audience: `${DEMO_AUDIENCE}/` },
    error: 'server_error',
    remedy: 'including a trailing slash',
    names: 'Service not found',
  },
  {
    title: 'a wrong client secret',
    options: { clientSecret: 'quite-another-secret-quite-another' },
    error: 'server_error',
    remedy: 'Authentication Method',
  },
  {
    title: 'a secret sent by Basic where Post is set',
    options: { tokenEndpointAuthMethod: 'client_secret_basic' },
    error: 'server_error',
    remedy: 'Authentication Method',
  },
  {
    title: 'a secret for an application that has none (Single Page)',
    tenant: application({ clientSecret: undefined }),
    error: 'server_error',
    remedy: 'leave clientSecret out',
  },
  {
    title: 'no secret for an application that has one',
    options: { clientSecret: undefined },
    error: 'server_error',
    remedy: 'Authentication Method',
  },
  {
    title: 'an API that signs with HS256',
    tenant: {
      apis: [{ identifier: DEMO_AUDIENCE, signingAlg: 'HS256', signingSecret: 's'.repeat(32) }],
    },
    error: 'server_error',
    remedy: 'Signing Algorithm must be RS256',
  },
  {
    title: 'an application whose ID tokens are signed with HS256',
    tenant: application({ idTokenAlg: 'HS256' }),
    error: 'server_error',
    remedy: 'choose RS256',
  },
  {
    title: 'RBAC on, and the user has no role with the required scope',
    options: { requiredScopes: ['openid', 'files:write'] },
    tenant: {
      apis: [{ identifier: DEMO_AUDIENCE, scopes: ['files:write'], rbac: true }],
      users: [{ ...ADA, permissions: {} }],
    },
    error: 'access_denied',
    remedy: 'with RBAC on, give it to the user through a role',
    names: 'files:write',
  },
  {
    title: 'a required scope the API does not have',
    options: { requiredScopes: ['openid', 'no:such'] },
    error: 'access_denied',
    remedy: 'Applications > APIs > Permissions',
    names: 'no:such',
  },
];

describe('set-up problems are detected, logged with the remedy, and reported to the client in general terms', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(options: Partial<Auth0McpOptions> = {}, tenant: TenantOptions = {}) {
    world = await startWorld({ options, tenant });
    const { applications } = world.tenant.settings;
    if (tenant.applications !== undefined) {
      const callbackUrls = [`${world.origin}/auth/callback`];
      world.tenant.configure({
        applications: applications.map((one) => ({ callbackUrls, ...one })),
      });
    }
    return registerClient(world.origin);
  }

  it.each(CASES)('$title', async ({ options, tenant, error, remedy, names }) => {
    const client = await start(options, tenant);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const response = await client.logIn({ parameters: { state: 's' } });
      expect([response.get('error'), response.get('state')]).toEqual([error, 's']);
      expect(String(response)).not.toMatch(/dashboard|eyJ|secret/i);
    }
    expect(linesWith(world, remedy).length).toBeGreaterThan(0);
    if (names !== undefined) expect(linesWith(world, names).length).toBeGreaterThan(0);
    const told = world.log.filter(
      ({ level, message }) => level === 'error' && message === 'Auth0 is not set up correctly',
    );
    // Once, though it happened twice.
    expect(told.length).toBeLessThanOrEqual(1);
    expect(JSON.stringify(world.log)).not.toMatch(/eyJ\w+\.eyJ|quite-another-secret/);
  });

  it('the canonical domain is configured and a custom domain responds: the log names both', async () => {
    world = await startWorld();
    // The test tenant names the host of the request, as Auth0 does.
    world.tenant.fault('/.well-known/openid-configuration', {
      kind: 'respond',
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { issuer: 'https://login.example.com/' },
    });
    await expect(world.auth.ready()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('names "https://login.example.com/" instead of'),
      remedy: expect.stringContaining('custom domain'),
    });
    const client = await registerClient(world.origin);
    const page = await approvedPage(client);
    expect([page.status, page.body.includes('<h1>')]).toEqual([500, true]);
    expect(linesWith(world, 'https://login.example.com/').length).toBeGreaterThan(0);
  });

  it('a callback URL that is not registered ends on a page of Auth0; ready() finds it before', async () => {
    const client = await start({}, application({ callbackUrls: ['https://elsewhere.example/cb'] }));
    const page = await approvedPage(client);
    expect(page.body).toContain('Callback URL mismatch');
    await expect(world.auth.ready()).rejects.toMatchObject({
      kind: 'misconfigured',
      remedy: expect.stringContaining(`${world.origin}/auth/callback`),
    });
    expect(linesWith(world, 'Allowed Callback URLs').length).toBeGreaterThan(0);
  });

  it('ready() also finds an audience the tenant does not have', async () => {
    await start({ audience: 'https://no-such-api.example.test' });
    await expect(world.auth.ready()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('Service not found'),
    });
  });

  it('ready() resolves for a tenant that is set up correctly', async () => {
    await start();
    await world.auth.ready();
    await world.auth.ready();
  });

  async function approvedPage(client: OAuthClient) {
    const browser = createBrowser();
    return approve(browser, await browser.follow(client.authorizeUrl()));
  }
});
