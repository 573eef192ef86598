import { afterEach, describe, expect, it } from '@jest/globals';

import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { callTool, registerClient, toolResult } from '../support/oauth-client.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';

/** What the guide for FastMCP's Auth0Provider shows, done with this library. */
describe('the features of the FastMCP guide', () => {
  let world: World;
  afterEach(() => world.close());

  async function json(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(world.origin + path);
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  }

  it('a .env file is the whole configuration', async () => {
    world = await startWorld({
      environment: ({ tenant, baseUrl }) => ({
        FASTMCP_SERVER_AUTH: 'fastmcp.server.auth.providers.auth0.Auth0Provider',
        FASTMCP_SERVER_AUTH_AUTH0_CONFIG_URL: tenant.configUrl,
        FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID: DEMO_CLIENT_ID,
        FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET: DEMO_CLIENT_SECRET,
        FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE: DEMO_AUDIENCE,
        FASTMCP_SERVER_AUTH_AUTH0_BASE_URL: baseUrl,
        FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES: 'openid,email',
        FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY: SPEC_SIGNING_KEY,
      }),
    });
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    expect(tokens.scope).toBe('openid email');
    const info = await callTool(world.mcp, tokens.access_token, 'get_token_info');
    expect(toolResult(info)).toMatchObject({
      issuer: world.tenant.issuer,
      audience: expect.arrayContaining([DEMO_AUDIENCE]),
      scope: expect.stringContaining('openid'),
    });
  });

  it('redirect_path: another callback path', async () => {
    world = await startWorld({ options: { redirectPath: '/auth/auth0/callback' } });
    const client = await registerClient(world.origin);
    await client.tokens();
    const sent = world.tenant.requests.find(({ path }) => path === '/authorize');
    expect(JSON.stringify(sent)).toContain('/auth/auth0/callback');
  });

  it('base_url with a mount path: all endpoints below it, the metadata at the origin', async () => {
    world = await startWorld({ basePath: '/api' });
    expect(world.mcp).toBe(`${world.origin}/api/mcp`);
    const resource = await json('/.well-known/oauth-protected-resource/api/mcp');
    expect(resource).toMatchObject({
      resource: world.mcp,
      authorization_servers: [`${world.origin}/api`],
    });
    expect(await json('/.well-known/oauth-authorization-server/api')).toMatchObject({
      issuer: `${world.origin}/api`,
      token_endpoint: `${world.origin}/api/token`,
    });
    const { client } = await connect(world.mcp, new HeadlessProvider());
    expect(await callJson(client, 'whoami')).toMatchObject({ email: 'ada@example.com' });
    await client.close();
  });

  it('issuer_url at the root while mounted below a prefix', async () => {
    world = await startWorld({
      basePath: '/api',
      environment: ({ tenant, baseUrl }) => ({
        AUTH0_MCP_CONFIG_URL: tenant.configUrl,
        AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
        AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
        AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
        AUTH0_MCP_BASE_URL: baseUrl,
        AUTH0_MCP_ISSUER_URL: new URL(baseUrl).origin,
      }),
    });
    const metadata = await json('/.well-known/oauth-authorization-server');
    expect(metadata).toMatchObject({
      issuer: world.origin,
      authorization_endpoint: `${world.origin}/api/authorize`,
    });
    const client = await registerClient(`${world.origin}/api`);
    const response = await client.logIn();
    expect(response.get('iss')).toBe(world.origin);
  });

  it('without a client secret, for an application of the type Single Page Application', async () => {
    world = await startWorld({ options: { clientSecret: undefined } });
    const callbackUrls = [`${world.origin}/auth/callback`];
    world.tenant.configure({ applications: [{ clientId: DEMO_CLIENT_ID, callbackUrls }] });
    const client = await registerClient(world.origin);
    expect(await client.tokens()).toMatchObject({ token_type: 'Bearer' });
    const exchange = world.tenant.requests.find(({ path }) => path === '/oauth/token');
    expect(JSON.stringify(exchange)).not.toContain('client_secret');
  });
});
