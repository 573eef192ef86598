/** The parts, mounted one by one, behave as the bundle. */
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { ADA } from '../../lib/testing/options.js';
import { mcpRoute } from '../support/mcp-route.js';
import { callTool, rpc } from '../support/oauth-client.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World } from '../support/world.js';

let world: World;
afterEach(() => world.close());

const asBundle = (app: Express, auth: Auth0Mcp): void => {
  app.use(auth);
  app.all('/mcp', express.json(), mcpRoute);
};

const asParts = (app: Express, auth: Auth0Mcp): void => {
  app.all('/mcp', auth.bearer(), express.json(), mcpRoute);
  app.all('/admin', auth.bearer({ scopes: ['files:write'] }), (_req, res) => void res.json({}));
  app.use(auth.tokens);
  app.use(auth.metadata);
  app.use('/', auth.login);
  app.use(auth.registration);
};

/** What a stranger sees at every path that the bundle knows. */
async function fingerprint(mount: typeof asBundle): Promise<unknown> {
  world = await startWorld({ mount });
  const paths = [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
    '/register',
    '/authorize',
    '/consent',
    '/auth/callback',
    '/token',
    '/revoke',
    '/mcp',
    '/mcp/below',
  ];
  const seen: unknown[] = [];
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
      const { status, headers } = await fetch(world.origin + path, { method });
      const told = ['allow', 'www-authenticate', 'access-control-allow-origin', 'cache-control'];
      const values = told.map((name) => headers.get(name)?.replaceAll(world.origin, ''));
      seen.push([method, path, status, ...values]);
    }
  }
  await world.close();
  return seen;
}

describe('the parts', () => {
  it('respond like the bundle, path by path', async () => {
    const bundle = (await fingerprint(asBundle)) as unknown[][];
    const parts = (await fingerprint(asParts)) as unknown[][];
    world = await startWorld();
    // `auth.bearer()` guards its route; what lies below it is the app's own business.
    const compared = (seen: unknown[][]) => seen.filter(([, path]) => path !== '/mcp/below');
    expect(compared(parts)).toEqual(compared(bundle));
  });

  it('serve logins, and a separate guard requires its own scopes', async () => {
    world = await startWorld({ mount: asParts });
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    const token = provider.saved?.access_token;
    const refused = await callTool(`${world.origin}/admin`, token, 'any');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('scope="openid files:write"');
    await client.close();
  });

  it('reject calls without a token', async () => {
    world = await startWorld({ mount: asParts });
    for (const path of ['/mcp', '/admin']) {
      const { status } = await rpc(world.origin + path, undefined, { method: 'initialize' });
      expect(status).toBe(401);
    }
  });
});
