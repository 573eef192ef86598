import { afterEach, describe, expect, it } from '@jest/globals';
import type { ErrorRequestHandler } from 'express';
import express4 from 'express4';
import { Auth0SessionEndedError, getAccessToken } from '../../../lib/index.js';
import { ADA } from '../../../lib/testing/options.js';
import { callTool, registerClient, toolResult } from '../../support/oauth-client.js';
import { ALWAYS_DUE, pass, until, upstreamRefreshes } from '../../support/upstream.js';
import { startWorld, type World, type WorldOptions } from '../../support/world.js';

const DAY = 86_400;

describe('auth0Token()', () => {
  let world: World;
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}): Promise<unknown> {
    world = await startWorld(options);
    const client = await registerClient(world.origin);
    return (await client.tokens()).access_token;
  }

  it('returns the token of the login while it is valid, without a request to Auth0', async () => {
    const token = await start();
    expect(toolResult(await callTool(world.mcp, token, 'downstream'))).toEqual({ isJwt: true });
    expect(upstreamRefreshes(world)).toEqual([]);
  });

  it('refreshes it a minute before it expires, once for all callers', async () => {
    const seen = new Set<string>();
    const token = await start({
      options: { accessTokenTtlSeconds: DAY },
      mount(app, auth) {
        app.use(auth);
        app.get('/mcp', async (_req, res) => {
          seen.add(await getAccessToken().auth0Token());
          res.end();
        });
      },
    });
    const ask = () => fetch(world.mcp, { headers: { authorization: `Bearer ${token}` } });
    await ask();
    pass(world, DAY - 59);
    await Promise.all(Array.from({ length: 20 }, ask));
    expect(seen.size).toBe(2);
    expect(upstreamRefreshes(world)).toHaveLength(1);
  });

  const frameworks: [string, WorldOptions['mount']][] = [
    [
      'Express 5, a rejected promise',
      (app, auth) => {
        app.use(auth);
        app.get('/mcp', async (_req, res) => {
          res.send(await getAccessToken().auth0Token());
        });
      },
    ],
    [
      'Express 4, next(error)',
      (app, auth) => {
        const older = express4();
        // The types of two Express versions meet here; the function is the same.
        older.use(auth as unknown as Parameters<typeof older.use>[0]);
        older.get('/mcp', (_req, res, next) => {
          getAccessToken()
            .auth0Token()
            .then((token) => res.send(token), next);
        });
        app.use(older);
      },
    ],
    [
      "an error handler of the app's own",
      (app, auth) => {
        app.use(auth);
        app.get('/mcp', async (_req, res) => {
          res.send(await getAccessToken().auth0Token());
        });
        const answerError: ErrorRequestHandler = (error, _req, res, next) => {
          if (!(error instanceof Auth0SessionEndedError)) return next(error);
          res.status(error.status).set(error.headers).json({ error: error.code });
        };
        app.use(answerError);
      },
    ],
  ];

  it.each(frameworks)(
    'a session that is over becomes a 401 challenge: %s',
    async (_title, mount) => {
      const token = await start({ tenant: ALWAYS_DUE, ...(mount && { mount }) });
      world.tenant.revokeUser(ADA.sub);
      const ask = () => fetch(world.mcp, { headers: { authorization: `Bearer ${token}` } });
      const [first, second] = [await ask(), await ask()];
      for (const { status, headers } of [first, second]) {
        expect(status).toBe(401);
        expect(headers.get('www-authenticate')).toMatch(
          /^Bearer resource_metadata="[^"]+\/oauth-protected-resource\/mcp", scope="openid", error="invalid_token", /,
        );
      }
      expect(await first.text()).not.toContain(world.tenant.issuer);
    },
  );

  it('in a tool it is a tool error, and the next request with the same access token gets 401', async () => {
    const token = await start({ tenant: ALWAYS_DUE });
    world.tenant.revokeUser(ADA.sub);
    const call = await callTool(world.mcp, token, 'downstream');
    expect(call.status).toBe(200);
    expect(call.body.result).toMatchObject({
      isError: true,
      content: [{ text: 'The login has ended: log in again' }],
    });
    const next = await callTool(world.mcp, token, 'whoami');
    expect(next.status).toBe(401);
    expect(next.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('without offline access the grant ends when Auth0’s token expires', async () => {
    const [api] = ALWAYS_DUE.apis ?? [];
    if (api === undefined) throw new Error('no API');
    const token = await start({ tenant: { apis: [{ ...api, allowOfflineAccess: false }] } });
    expect((await callTool(world.mcp, token, 'downstream')).status).toBe(200);
    pass(world, 51);
    // A verified caller counts for a second, by a clock that does not move with the world's.
    await until(async () => (await callTool(world.mcp, token, 'downstream')).status === 401);
  });

  it('an outage is unnoticed while the old token is valid, and an error after that', async () => {
    const token = await start({ options: { accessTokenTtlSeconds: DAY } });
    pass(world, DAY - 40);
    world.tenant.fault('/oauth/token', { kind: 'respond', status: 503 });
    const call = await callTool(world.mcp, token, 'downstream');
    expect(toolResult(call)).toEqual({ isJwt: true });
    pass(world, 35);
    expect(toolResult(await callTool(world.mcp, token, 'downstream'))).toEqual({ isJwt: true });
    // Asked once, not at every call: the pause after a failure holds for all.
    expect(upstreamRefreshes(world).length).toBeLessThanOrEqual(2);
  });

  it('getAccessToken throws outside a request', async () => {
    await start();
    expect(() => getAccessToken()).toThrow(/outside of a guarded request/);
  });
});
