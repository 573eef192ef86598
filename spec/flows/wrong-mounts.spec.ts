/**
 * Wrong mounts: each is noticed at the first request that suffers from it, and explained once.
 *
 * @module
 */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';

import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { mcpRoute } from '../support/mcp-route.js';
import { type Complaint, type MountedApp, startApp } from '../support/mounted-app.js';
import { callTool, registerClient, rpc } from '../support/oauth-client.js';

let app: MountedApp;
afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
});

/** Asks for the paths, the first twice; what the log then says. */
async function complaintsAfter(...paths: string[]): Promise<readonly Complaint[]> {
  for (const path of [...paths.slice(0, 1), ...paths]) await fetch(app.origin + path);
  // A 404 is looked at when it has been sent.
  await new Promise((resolve) => setImmediate(resolve));
  return app.complaints;
}

/** One complaint and no other, with these words in it. */
function explaining(...words: string[]): unknown {
  return [
    expect.objectContaining({ message: expect.stringMatching(new RegExp(words.join('.*'), 's')) }),
  ];
}

describe('a mount that cannot work is explained once', () => {
  it('FA-32 behind a proxy that strips the prefix silently: the remedy works when followed', async () => {
    const path = (url: string): string =>
      url.startsWith('/.well-known/') ? url : url.replace(/^\/api/, '') || '/';
    const server = async (strippedPrefix: string): Promise<number> => {
      app = await startApp(
        ({ app: host, auth, origin }) => {
          host.set('trust proxy', 1);
          host.use(auth({ baseUrl: `${origin}/api`, ...(strippedPrefix && { strippedPrefix }) }));
        },
        { path },
      );
      const mcp = await rpc(`${app.origin}/api/mcp`, undefined, { method: 'initialize' });
      expect(mcp.status).toBe(401);
      const body = JSON.stringify({ redirect_uris: ['https://c.example/cb'] });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${app.origin}/api/register`, { method: 'POST', headers, body })).status;
    };
    expect(await server('')).toBe(404);
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.complaints).toEqual(explaining('cuts that off', 'strippedPrefix to ./api'));
    await app.close();
    expect(await server('/api')).toBe(201);
    expect(app.complaints).toEqual([]);
  });

  it('below a prefix that baseUrl does not have', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use('/api', auth({ baseUrl: origin }));
    });
    expect(await complaintsAfter('/api/authorize?client_id=x', '/api/token')).toEqual(
      explaining('below /api', 'Add it to baseUrl'),
    );
    expect(app.complaints[0]?.fields).toEqual({ request: 'GET /api/authorize' });
  });

  it('below a prefix that baseUrl does not have, with the first 401 of the MCP endpoint', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const api = express();
      api.use(auth({ baseUrl: origin }));
      api.all('/mcp', express.json(), mcpRoute);
      host.use('/api', api);
    });
    const { status } = await rpc(`${app.origin}/api/mcp`, undefined, { method: 'initialize' });
    expect(status).toBe(401);
    expect(await complaintsAfter('/api/mcp', '/api/authorize', '/api/token')).toEqual(
      explaining('answered 401', 'below /api', 'Add it to baseUrl'),
    );
    expect(app.complaints[0]?.fields).toEqual({ request: 'POST /api/mcp' });
  });

  describe.each([
    ['at the endpoint', (host: Express, auth: RequestHandler) => host.use('/mcp', auth)],
    ['at the endpoint, with a slash', (host, auth) => host.use('/mcp/', auth)],
    ['in a Router at the endpoint', (host, auth) => host.use('/mcp', express.Router().use(auth))],
    ['in a sub-app at the endpoint', (host, auth) => host.use('/mcp', express().use(auth))],
    ['on the route', (host, auth) => host.all('/mcp', auth)],
    ['on a route of a Router', (host, auth) => host.use(express.Router().all('/mcp', auth))],
  ] as [string, (host: Express, auth: RequestHandler) => unknown][])(
    'FA-32 %s alone',
    (_where, mount) => {
      it('leads to one message, at the first request, and to no other whatever a client tries then', async () => {
        const clock = jest.spyOn(Date, 'now');
        const { now } = Date;
        app = await startApp(({ app: host, auth, origin }) => {
          mount(host, auth({ baseUrl: origin }));
          host.all('/mcp', express.json(), mcpRoute);
        });
        const { status } = await rpc(`${app.origin}/mcp`, undefined, { method: 'initialize' });
        expect(status).toBe(401);
        expect(app.complaints).toEqual(
          explaining('mounted at /mcp alone', 'mount auth at the root of the app'),
        );
        expect(app.complaints[0]).toMatchObject({
          level: 'warn',
          fields: { request: 'POST /mcp' },
          message: expect.stringContaining(
            `${app.origin}/.well-known/oauth-protected-resource/mcp`,
          ),
        });
        const seconds = now();
        clock.mockImplementation(() => seconds + 5000);
        const register = { method: 'POST', body: '{}' };
        expect((await fetch(`${app.origin}/register`, register)).status).toBe(404);
        await rpc(`${app.origin}/mcp`, undefined, { method: 'initialize' });
        await complaintsAfter('/mcp/.well-known/openid-configuration', '/mcp/token', '/authorize');
        expect(app.complaints).toHaveLength(1);
      });
    },
  );

  it('FA-32 at the endpoint alone: the remedy works when followed', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin }));
      host.all('/mcp', express.json(), mcpRoute);
    });
    const client = await registerClient(app.origin);
    const { access_token: token } = await client.tokens();
    expect((await callTool(`${app.origin}/mcp`, token, 'whoami')).status).toBe(200);
    expect(app.complaints).toEqual([]);
  });

  it('below a prefix that baseUrl does not have, whichever of its names a client was told', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use('/other', auth({ baseUrl: `${origin}/deep/api` }));
    });
    expect(await complaintsAfter('/other/mcp')).toEqual(explaining('below /other'));
  });

  it('behind a proxy that strips the prefix silently', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
    });
    expect(await complaintsAfter('/authorize', '/token')).toEqual(
      explaining('X-Forwarded-Prefix: /api', 'trust proxy', 'strippedPrefix'),
    );
  });

  it('R-PR-5 below the right prefix, but with the metadata there too', async () => {
    const now = Date.now;
    const clock = jest.spyOn(Date, 'now');
    app = await startApp(({ app: host, auth, origin }) => {
      host.use('/api', auth({ baseUrl: `${origin}/api` }));
    });
    const mcp = `${app.origin}/api/mcp`;
    await rpc(mcp, undefined, { method: 'initialize' });
    expect(app.complaints).toEqual([]);
    clock.mockImplementation(() => now() + 5000);
    await rpc(mcp, undefined, { method: 'initialize' });
    await rpc(mcp, undefined, { method: 'initialize' });
    expect(app.complaints).toEqual(
      explaining(
        `${app.origin}/.well-known/oauth-protected-resource/api/mcp`,
        'below /api only',
        'app.use\\(auth.metadata\\) at the root',
      ),
    );
  });

  it('after the route it has to guard, which is open then: that is an error', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.post('/mcp', express.json(), mcpRoute);
      host.use(auth({ baseUrl: origin }));
    });
    expect(await complaintsAfter('/.well-known/oauth-protected-resource')).toEqual(
      explaining('route /mcp comes before', 'open to everybody', 'Move app.use\\(auth\\)'),
    );
    expect(app.complaints[0]?.level).toBe('error');
  });

  it('twice', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin });
      host.use(server);
      host.use(server);
    });
    expect(await complaintsAfter('/', '/other')).toEqual(explaining('mounted twice'));
  });

  it.each([
    ['registration', '/register'],
    ['tokens', '/token'],
    ['login', '/authorize'],
    ['metadata', '/.well-known/oauth-protected-resource/mcp'],
  ] as const)('without auth.%s', async (missing, path) => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin });
      for (const part of ['metadata', 'registration', 'login', 'tokens'] as const) {
        if (part !== missing) host.use(server[part]);
      }
    });
    expect(await complaintsAfter(path)).toEqual(
      explaining(`auth.${missing} is not mounted`, `app.use\\(auth.${missing}\\)`),
    );
  });
});

describe('an MCP endpoint that no guard stands before', () => {
  const PARTS = ['metadata', 'registration', 'login', 'tokens'] as const;

  it('is an error in the log with the first call that it answers', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/api` });
      for (const part of PARTS) host.use(server[part]);
      host.all('/api/mcp', (_req, res) => void res.json({}));
    });
    for (const call of ['first', 'second']) {
      const { status } = await rpc(`${app.origin}/api/mcp`, undefined, { method: call });
      expect(status).toBe(200);
    }
    expect(await complaintsAfter('/else')).toEqual(
      explaining('answered 200', 'without a token', '/api/mcp', 'open to everybody', 'auth.bearer'),
    );
    expect(app.complaints[0]).toMatchObject({
      level: 'error',
      fields: { request: 'POST /api/mcp' },
    });
  });

  it.each([
    ['answers no call', undefined, (_req: Request, res: Response) => void res.status(404).json({})],
    ['has a check of the app’s own', undefined, (_req, res) => void res.status(401).json({})],
    ['is told who calls', 'Basic YTpi', (_req, res) => void res.json({})],
  ] as [string, string | undefined, RequestHandler][])(
    'is left alone where it %s',
    async (_what, authorization, route) => {
      app = await startApp(({ app: host, auth, origin }) => {
        const server = auth({ baseUrl: origin });
        for (const part of PARTS) host.use(server[part]);
        host.all('/mcp', route);
      });
      const headers = authorization === undefined ? {} : { authorization };
      await rpc(`${app.origin}/mcp`, undefined, { method: 'ping' }, headers);
      expect(await complaintsAfter('/else')).toEqual([]);
    },
  );

  it('is left alone where a guard lets strangers call, and a preflight is no call', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin, anonymous: { methods: ['ping'] } });
      host.use(server.metadata, server);
      host.all('/mcp', (_req, res) => void res.json({}));
    });
    const { status } = await rpc(`${app.origin}/mcp`, undefined, { method: 'ping' });
    expect(status).toBe(200);
    expect((await fetch(`${app.origin}/mcp`, { method: 'OPTIONS' })).status).toBe(204);
    expect(await complaintsAfter('/else')).toEqual([]);
  });
});

describe('nothing is explained where nothing is wrong', () => {
  it('a route before the bundle that has a guard of its own', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin });
      host.post('/mcp', server.bearer(), express.json(), mcpRoute);
      host.use(server);
    });
    expect(await complaintsAfter('/.well-known/oauth-protected-resource', '/else')).toEqual([]);
  });

  it('a request without a token below the right mount, or below a part of the prefix', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/deep/api` });
      host.use(server.metadata);
      host.use('/deep/api', server);
      host.use('/api', server);
    });
    for (const path of ['/deep/api/mcp', '/api/mcp']) {
      const { status } = await rpc(app.origin + path, undefined, { method: 'initialize' });
      expect(status).toBe(401);
    }
    expect(await complaintsAfter('/deep/api/mcp', '/api/mcp')).toEqual([]);
  });

  it.each([
    [
      'its parts at the root besides',
      (host: Express, auth: Auth0Mcp) => {
        host.use('/mcp', auth);
        host.use(auth.metadata, auth.registration, auth.login, auth.tokens);
      },
    ],
    [
      'a list of all its paths',
      (host, auth) => host.use(['/mcp', '/.well-known', '/register', '/authorize', '/token'], auth),
    ],
    ['every path, on a route', (host, auth) => host.all(/.*/, auth)],
    ['a sub-app at the root', (host, auth) => host.use(express().use(auth))],
    [
      'a function of the app, at the root',
      (host, auth) => host.use((req, res, next) => auth(req, res, next)),
    ],
    [
      'the endpoint in a sub-app, beside its parts there',
      (host, auth) => host.use(express().use('/mcp', auth).use(auth.metadata, auth.registration)),
    ],
  ] as [string, (host: Express, auth: Auth0Mcp) => unknown][])(
    'FA-32 a mount at %s',
    async (_where, mount) => {
      app = await startApp(({ app: host, auth, origin }) => {
        mount(host, auth({ baseUrl: origin }));
      });
      expect((await rpc(`${app.origin}/mcp`, undefined, { method: 'initialize' })).status).toBe(
        401,
      );
      expect((await fetch(`${app.origin}/.well-known/oauth-protected-resource/mcp`)).status).toBe(
        200,
      );
      expect(app.complaints).toEqual([]);
    },
  );

  it.each([
    '/.well-known/jwks.json',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/register',
    '/authorize',
    '/token',
  ])(
    'FA-32 two servers on one origin, and a client that looks for %s at its root',
    async (path) => {
      app = await startApp(({ app: host, auth, origin }) => {
        host.use(auth({ baseUrl: `${origin}/one` }), auth({ baseUrl: `${origin}/two` }));
      });
      expect((await fetch(app.origin + path)).status).toBe(404);
      expect(await complaintsAfter(path)).toEqual([]);
    },
  );

  it('FA-32 documents looked for at the root, by whoever has not been anywhere else', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
    });
    expect(await complaintsAfter('/.well-known/jwks.json')).toEqual([]);
  });

  it('FA-32 a client of 2025-03-26 that guesses addresses at the root, after it has met the endpoint', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
    });
    await rpc(`${app.origin}/api/mcp`, undefined, { method: 'initialize' });
    expect(await complaintsAfter('/register', '/authorize', '/token')).toEqual([]);
  });

  it('FA-32 metadata behind the sub-app that it belongs to, where nobody has asked for it yet', async () => {
    const now = Date.now;
    const clock = jest.spyOn(Date, 'now');
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/api` });
      host.use('/api', express().use(server));
      host.use(server.metadata);
    });
    // A monitor calls again and again, and never looks for the way in.
    await rpc(`${app.origin}/api/mcp`, undefined, { method: 'initialize' });
    clock.mockImplementation(() => now() + 5000);
    await rpc(`${app.origin}/api/mcp`, undefined, { method: 'initialize' });
    expect(app.complaints).toEqual([]);
  });

  it('the host app’s own 404s, and its own paths that end like ours', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin }));
      host.get('/users/token', (_req, res) => void res.json({}));
    });
    expect(await complaintsAfter('/nothing', '/users/token', '/users/register')).toEqual([]);
  });

  it('registration that is switched off', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin, clientRegistration: false }));
    });
    const metadata = await fetch(`${app.origin}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).not.toHaveProperty('registration_endpoint');
    expect(await complaintsAfter('/register')).toEqual([]);
  });
});
