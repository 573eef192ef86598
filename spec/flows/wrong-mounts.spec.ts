/** The two wrong mounts that the log reports, once each: an open MCP endpoint, and metadata out of reach. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';

import type { Auth0Mcp } from '../../lib/auth0-mcp.js';
import { mcpRoute } from '../support/mcp-route.js';
import { type Complaint, type MountedApp, startApp } from '../support/mounted-app.js';
import { callTool, registerClient, rpc } from '../support/oauth-client.js';

const PARTS = ['metadata', 'registration', 'login', 'tokens'] as const;
const PRM = '/.well-known/oauth-protected-resource';

let app: MountedApp;
afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
});

/** The log after one request to each path, and two to the first. */
async function complaintsAfter(...paths: string[]): Promise<readonly Complaint[]> {
  for (const path of [...paths.slice(0, 1), ...paths]) await fetch(app.origin + path);
  // Responses are checked once they are sent.
  await new Promise((resolve) => setImmediate(resolve));
  return app.complaints;
}

const statusOf = async (path: string): Promise<number> =>
  (await rpc(app.origin + path, undefined, { method: 'initialize' })).status;

/** One message with these words in it, and no other. */
function complaint(level: Complaint['level'], ...words: string[]): unknown {
  const message = expect.stringMatching(new RegExp(words.join('.*'), 's'));
  return [expect.objectContaining({ level, message })];
}

function passTime(seconds: number): void {
  const { now } = Date;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000);
}

describe('an MCP endpoint without a guard before it is an error', () => {
  it('where the route comes before the bundle', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.post('/mcp', express.json(), mcpRoute);
      host.use(auth({ baseUrl: origin }));
    });
    expect(await complaintsAfter(PRM)).toEqual(
      complaint('error', 'route /mcp comes before auth0Mcp', 'Move app.use\\(auth\\) before it'),
    );
  });

  it('where the parts are mounted without auth.bearer()', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/api` });
      for (const part of PARTS) host.use(server[part]);
      host.all('/api/mcp', (_req, res) => void res.json({}));
    });
    expect(await statusOf('/api/mcp')).toBe(200);
    expect(await statusOf('/api/mcp')).toBe(200);
    expect(await complaintsAfter('/else')).toEqual(
      complaint('error', 'without a token', '200', 'route /api/mcp', 'auth.bearer'),
    );
    expect(app.complaints[0]?.fields).toEqual({ request: 'POST /api/mcp' });
  });

  it('where the route is at a path that resourcePath does not name', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin }));
      host.post('/api/mcp', (_req, res) => void res.json({}));
      host.post('/closed/mcp', (_req, res) => void res.status(401).json({}));
    });
    expect(await statusOf('/closed/mcp')).toBe(401);
    expect((await fetch(`${app.origin}/api/mcp`, { method: 'POST' })).status).toBe(200);
    expect(app.complaints).toEqual([]);
    expect(await statusOf('/api/mcp')).toBe(200);
    expect(await complaintsAfter('/else')).toEqual(
      complaint('error', 'without a token', 'route /api/mcp', 'guard is at /mcp', 'resourcePath'),
    );
  });

  it('and so it is where a proxy strips the prefix', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/api`, strippedPrefix: '/api' });
      for (const part of PARTS) host.use(server[part]);
      host.all('/mcp', (_req, res) => void res.json({}));
    });
    expect(await statusOf('/mcp')).toBe(200);
    expect(await complaintsAfter('/else')).toEqual(complaint('error', 'route /mcp'));
  });

  it.each([
    ['a route that serves nothing', undefined, (_req: Request, res: Response) => res.status(404)],
    ['a check of the app’s own', undefined, (_req, res) => res.status(401)],
    ['a caller with credentials', 'Basic YTpi', (_req, res) => res.status(200)],
  ] as [string, string | undefined, (req: Request, res: Response) => Response][])(
    'but not %s',
    async (_what, authorization, route) => {
      app = await startApp(({ app: host, auth, origin }) => {
        const server = auth({ baseUrl: origin });
        for (const part of PARTS) host.use(server[part]);
        host.all('/mcp', (req, res) => void route(req, res).json({}));
      });
      const headers = authorization === undefined ? {} : { authorization };
      await rpc(`${app.origin}/mcp`, undefined, { method: 'ping' }, headers);
      expect(await complaintsAfter('/else')).toEqual([]);
    },
  );

  it('but not what `anonymous` opens, and not a preflight', async () => {
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

  it('but not what `anonymous` of another server opens, where its endpoint is ours without the prefix', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/api` }));
      host.use(auth({ baseUrl: origin, anonymous: { methods: ['initialize'] } }));
      host.all('/mcp', (_req, res) => void res.json({}));
    });
    expect(await statusOf('/mcp')).toBe(200);
    expect(await complaintsAfter('/else')).toEqual([]);
  });

  it('but not a route before the bundle that has a guard of its own', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: origin });
      host.post('/mcp', server.bearer(), express.json(), mcpRoute);
      host.use(server);
    });
    expect(await complaintsAfter(PRM, '/else')).toEqual([]);
  });
});

describe('FA-32 metadata that no client can reach is a warning with the first challenge', () => {
  it.each([
    ['at the endpoint', (host: Express, auth: RequestHandler) => host.use('/mcp', auth)],
    ['at the endpoint, with a slash', (host, auth) => host.use('/mcp/', auth)],
    ['in a Router at the endpoint', (host, auth) => host.use('/mcp', express.Router().use(auth))],
    ['in a sub-app at the endpoint', (host, auth) => host.use('/mcp', express().use(auth))],
    ['on the route', (host, auth) => host.all('/mcp', auth)],
    ['on a route of a Router', (host, auth) => host.use(express.Router().all('/mcp', auth))],
  ] as [string, (host: Express, auth: RequestHandler) => unknown][])(
    'where the bundle is mounted %s alone',
    async (_where, mount) => {
      app = await startApp(({ app: host, auth, origin }) => {
        mount(host, auth({ baseUrl: origin }));
        host.all('/mcp', express.json(), mcpRoute);
      });
      expect(await statusOf('/mcp')).toBe(401);
      expect(app.complaints).toEqual(
        complaint('warn', `${app.origin}${PRM}/mcp`, 'Mount auth at the root of the app'),
      );
      expect(app.complaints[0]?.fields).toEqual({ request: 'POST /mcp' });
      passTime(5);
      expect(await statusOf('/mcp')).toBe(401);
      await complaintsAfter('/mcp/.well-known/openid-configuration', '/mcp/token', '/authorize');
      expect(app.complaints).toHaveLength(1);
    },
  );

  it('where the remedy works when followed', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: origin }));
      host.all('/mcp', express.json(), mcpRoute);
    });
    const client = await registerClient(app.origin);
    const { access_token: token } = await client.tokens();
    expect((await callTool(`${app.origin}/mcp`, token, 'whoami')).status).toBe(200);
    expect(app.complaints).toEqual([]);
  });

  it.each([
    ['below a prefix that baseUrl does not have', ''],
    ['R-PR-5 below the right prefix, with the metadata there too', '/api'],
  ])('%s', async (_where, basePath) => {
    app = await startApp(({ app: host, auth, origin }) => {
      const api = express();
      api.use(auth({ baseUrl: origin + basePath }));
      api.all('/mcp', express.json(), mcpRoute);
      host.use('/api', api);
    });
    expect(await statusOf('/api/mcp')).toBe(401);
    expect(app.complaints).toEqual(
      complaint('warn', `${PRM}${basePath}/mcp`, 'another path', 'app.use\\(auth.metadata\\)'),
    );
  });

  it('where auth.metadata is not mounted, once clients have had the time to fetch it', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.post('/mcp', auth({ baseUrl: origin }).bearer(), mcpRoute);
    });
    expect(await statusOf('/mcp')).toBe(401);
    expect(app.complaints).toEqual([]);
    passTime(5);
    expect(await statusOf('/mcp')).toBe(401);
    expect(await statusOf('/mcp')).toBe(401);
    expect(app.complaints).toEqual(complaint('warn', 'not mounted', 'app.use\\(auth.metadata\\)'));
  });
});

describe('FA-32 nothing is logged', () => {
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
    'for a mount at %s',
    async (_where, mount) => {
      app = await startApp(({ app: host, auth, origin }) => {
        mount(host, auth({ baseUrl: origin }));
      });
      expect(await statusOf('/mcp')).toBe(401);
      passTime(5);
      expect(await statusOf('/mcp')).toBe(401);
      expect((await fetch(`${app.origin}${PRM}/mcp`)).status).toBe(200);
      expect(app.complaints).toEqual([]);
    },
  );

  it('for callers that never fetch the metadata, which is mounted after the sub-app of the rest', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/api` });
      host.use('/api', express().use(server));
      host.use(server.metadata);
    });
    expect(await statusOf('/api/mcp')).toBe(401);
    passTime(5);
    expect(await statusOf('/api/mcp')).toBe(401);
    expect(app.complaints).toEqual([]);
  });

  it('for requests below the right mount, or below a part of the prefix', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      const server = auth({ baseUrl: `${origin}/deep/api` });
      host.use(server.metadata);
      host.use('/deep/api', server);
      host.use('/api', server);
    });
    for (const path of ['/deep/api/mcp', '/api/mcp']) expect(await statusOf(path)).toBe(401);
    expect(await complaintsAfter('/deep/api/mcp', '/api/mcp')).toEqual([]);
  });

  it('for 404s: of the app, of a server that is not alone, of a part that is switched off', async () => {
    app = await startApp(({ app: host, auth, origin }) => {
      host.use(auth({ baseUrl: `${origin}/one`, clientRegistration: false }));
      host.use(auth({ baseUrl: `${origin}/two` }));
      host.get('/users/token', (_req, res) => void res.json({}));
    });
    const paths = [PRM, '/.well-known/oauth-authorization-server', '/register', '/authorize'];
    expect(await complaintsAfter(...paths, '/one/register', '/users/token', '/nothing')).toEqual(
      [],
    );
  });
});
