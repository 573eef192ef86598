/** Auth0 through a forward proxy: the whole flow, and each way in which the proxy can fail. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.js';
import { type OAuthClient, registerClient } from '../support/oauth-client.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';

let proxy: ForwardProxy;
let world: World;
let client: OAuthClient;

beforeEach(async () => {
  proxy = await startForwardProxy();
});

afterEach(async () => {
  await world.close();
  await proxy.close();
});

async function start(variables: Record<string, string> = {}): Promise<void> {
  world = await startWorld({
    tenant: { apis: [{ identifier: DEMO_AUDIENCE, tokenLifetimeSeconds: 80 }] },
    environment: ({ tenant, baseUrl }) => ({
      AUTH0_MCP_CONFIG_URL: tenant.configUrl,
      AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
      AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
      AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
      AUTH0_MCP_BASE_URL: baseUrl,
      AUTH0_MCP_JWT_SIGNING_KEY: SPEC_SIGNING_KEY,
      AUTH0_MCP_UPSTREAM_TIMEOUT_SECONDS: '1',
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: `http://user:s3cr3t@127.0.0.1:${proxy.port}`,
      ...variables,
    }),
  });
  client = await registerClient(world.origin);
}

const tenantHost = (): string => new URL(world.tenant.configUrl).host;

function answerWith(answer: ForwardProxy['answer']): void {
  proxy.answer = answer;
}

/** Everything that an operator, a user or a client can read. */
function seen(): string {
  return JSON.stringify([world.log, world.events]);
}

describe('Auth0 through a proxy', () => {
  it('log in, refresh and revoke: every connection to Auth0 is a tunnel of the proxy', async () => {
    await start();
    const tokens = await client.tokens();
    world.advance(30);
    const refreshed = await client.refresh(tokens['refresh_token']);
    expect(refreshed.status).toBe(200);
    await client.post('/revoke', {
      client_id: client.id,
      token: String(refreshed.body['refresh_token']),
    });
    await world.auth.close();
    const paths = world.tenant.requests.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        '/.well-known/openid-configuration',
        '/.well-known/jwks.json',
        '/oauth/token',
        '/oauth/revoke',
      ]),
    );
    expect(new Set(proxy.targets)).toEqual(new Set([tenantHost()]));
    expect(proxy.authorization()).toBe(`Basic ${Buffer.from('user:s3cr3t').toString('base64')}`);
    expect(seen()).toContain(`"outboundProxy":"${proxy.url}"`);
    expect(seen()).not.toMatch(/s3cr3t|czNjcjN0/);
  });

  it('Auth0 in NO_PROXY is reached directly', async () => {
    await start({ NO_PROXY: 'example.com, 127.0.0.1' });
    await client.tokens();
    expect(proxy.targets).toEqual([]);
  });

  it('without NODE_USE_ENV_PROXY the variables change nothing, and an outage names the switch', async () => {
    await start({ NODE_USE_ENV_PROXY: '' });
    await client.tokens();
    expect(proxy.targets).toEqual([]);
    await world.tenant.close();
    await expect(world.context.auth0.refresh('a-token')).rejects.toMatchObject({
      remedy: expect.stringContaining('HTTP_PROXY is set but not used: set NODE_USE_ENV_PROXY=1'),
    });
  });
});

describe('an outage of the proxy', () => {
  it.each([
    ['is down', 'cannot be reached (ECONNREFUSED)', () => proxy.close()],
    ['wants another password', 'refused the connection', () => answerWith(407)],
    ['forbids the host', 'refused the connection', () => answerWith(403)],
  ])(
    'that %s costs time and no login; the log names the variable, without credentials',
    async (_what, reason, fail) => {
      await start();
      const tokens = await client.tokens();
      world.advance(81);
      await fail();
      // Connections that are open outlive the fault.
      await world.tenant.close();
      const answer = await client.refresh(tokens['refresh_token']);
      expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
      expect(answer.headers.get('retry-after')).not.toBeNull();
      expect(JSON.stringify(answer.body)).not.toMatch(/proxy/i);
      const line = world.log.findLast(({ message }) => message === 'Auth0 is unavailable');
      expect(line?.fields['reason']).toContain(reason);
      expect(line?.fields['reason']).toContain(`the proxy ${proxy.url} (HTTP_PROXY)`);
      expect(seen()).not.toMatch(/s3cr3t|czNjcjN0/);
    },
  );

  it('that stalls is a timeout that names the proxy', async () => {
    await start();
    proxy.answer = 'stalls';
    await expect(world.auth.ready()).rejects.toMatchObject({
      message: `discovery document: no complete response from ${tenantHost()} through the proxy ${proxy.url} (HTTP_PROXY) within 1000 ms`,
    });
  });
});
