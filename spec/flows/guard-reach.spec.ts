import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';

import { createBrowser } from '../../lib/testing/browser.js';
import { mcpRoute } from '../support/mcp-route.js';
import { registerClient, rpc } from '../support/oauth-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

/** A set-up that does not fit must close the endpoint, never open it. */
describe('the guard with a mount path that differs from baseUrl', () => {
  let world: World;
  afterEach(() => world.close());

  async function statusAt(path: string, options: WorldOptions, headers = {}): Promise<number> {
    world = await startWorld(options);
    return (await rpc(world.origin + path, undefined, { method: 'tools/list' }, headers)).status;
  }

  const below = (prefix: string | string[]): NonNullable<WorldOptions['mount']> =>
    function mountBelow(app: Express, auth) {
      const sub = express();
      sub.use(auth);
      sub.all('/mcp', express.json(), mcpRoute);
      app.use(prefix, sub);
    };

  it('RS-1 requires a token below a prefix that baseUrl lacks', async () => {
    expect(await statusAt('/api/mcp', { mount: below('/api') })).toBe(401);
  });

  it('RS-1 requires a token below each of several prefixes', async () => {
    const mount = below(['/api', '/v1']);
    expect(await statusAt('/v1/mcp', { basePath: '/api', mount })).toBe(401);
  });

  it('RS-1 requires a token if a proxy has stripped part of the prefix', async () => {
    const mount: NonNullable<WorldOptions['mount']> = (app, auth) => {
      app.use(auth);
      app.all('/b/mcp', express.json(), mcpRoute);
    };
    expect(await statusAt('/b/mcp', { basePath: '/a/b', mount })).toBe(401);
  });
});

describe('the guard in front of a route with parameters', () => {
  let world: World;
  afterEach(() => world.close());

  it.each([
    ['/:tenant/mcp', '/api', ['/api/mcp', '/%61pi/mcp', '/%61%70%69/mcp?a=%62', '/%41PI/MCP/']],
    ['/:endpoint', '', ['/mcp', '/%6dcp', '/mc%70', '/%4D%43%50', '/mc%70/', '/%6dcp?a=%62']],
  ])('RS-1 covers every spelling that %s matches', async (route, basePath, paths) => {
    world = await startWorld({
      basePath,
      mount(app, auth) {
        app.use(auth);
        app.all(route, (_req, res) => void res.sendStatus(204));
      },
    });
    const { access_token: token } = await (await registerClient(world.origin + basePath)).tokens();
    for (const path of paths) {
      const url = world.origin + path;
      const headers = { authorization: `Bearer ${token}` };
      const [without, withToken] = [await fetch(url), await fetch(url, { headers })];
      expect([path, without.status, withToken.status]).toEqual([path, 401, 204]);
    }
  });
});

describe('revocation and consent forms', () => {
  let world: World;
  afterEach(() => world.close());

  it('revokeAll() reaches a login whose code has not been redeemed yet', async () => {
    world = await startWorld();
    const client = await registerClient(world.origin);
    const response = await client.logIn();
    expect(await world.auth.grants.revokeAll({ clientId: client.id })).toBe(1);
    const { status, body } = await client.redeem(response.get('code') ?? '');
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
  });

  it('PX-13 a consent form of one server is invalid at another with the same key', async () => {
    world = await startWorld();
    const client = await registerClient(world.origin);
    const other = await startWorld({ options: { clientRegistration: false } });
    const browser = createBrowser();
    const page = await browser.get(client.authorizeUrl());
    const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const response = await browser.post(`${other.origin}/consent`, { request, decision: 'allow' });
    await other.close();
    expect(response.status).toBe(403);
  });
});
