/** The doctor at our own server: mounted wrongly, blocked by a proxy, with another configuration. */
import { afterEach, describe, expect, it } from '@jest/globals';

import type { RequestHandler } from 'express';

import type { CheckName } from '../../lib/doctor/finding.js';
import { mcpRoute } from '../support/mcp-route.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';
import { environmentFor, failure, type Report, reportOf } from './run-checks.js';

const OF_SERVER: readonly CheckName[] = [
  'base-url',
  'challenge',
  'resource-metadata',
  'server-metadata',
  'endpoints',
  'client-agents',
  'browser-clients',
];

const worlds: World[] = [];

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function reportOfServer(
  setup: WorldOptions = {},
  changes: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const world = await startWorld(setup);
  worlds.push(world);
  const { configUrl } = world.tenant;
  const baseUrl = world.origin + (setup.basePath ?? '');
  const environment = { ...environmentFor({ configUrl, baseUrl }), ...changes };
  return reportOf(environment, { withServer: true });
}

/** A step of a proxy: answers what `when` is true for. */
function inFront(
  when: (url: string, agent: string) => boolean,
  answer: RequestHandler,
): WorldOptions {
  return {
    before: (app) =>
      app.use((req, res, next) => {
        if (when(req.url, String(req.headers['user-agent']))) answer(req, res, next);
        else next();
      }),
  };
}

describe('the doctor, on our own server', () => {
  it.each([{ basePath: '' }, { basePath: '/api' }])(
    'passes one that is mounted correctly (%j)',
    async (setup) => {
      const report = await reportOfServer(setup);
      for (const check of OF_SERVER) expect(report[check]).toMatchObject({ outcome: 'passed' });
    },
  );

  it('passes one whose endpoint is the origin itself', async () => {
    const report = await reportOfServer(
      { options: { resourcePath: '/' } },
      { AUTH0_MCP_RESOURCE_PATH: '/' },
    );
    for (const check of OF_SERVER) expect(report[check]).toMatchObject({ outcome: 'passed' });
  });

  it('passes one whose first requests need no token', async () => {
    const anonymous = { methods: ['initialize'] };
    const world = await startWorld({ options: { anonymous } });
    worlds.push(world);
    const { configUrl } = world.tenant;
    const environment = environmentFor({ configUrl, baseUrl: world.origin });
    const report = await reportOf(environment, { withServer: true });
    expect(report.challenge).toMatchObject({ outcome: 'passed' });
  });

  it('base URL: says that no process listens there, and skips the rest', async () => {
    const world = await startWorld();
    const { configUrl } = world.tenant;
    const environment = environmentFor({ configUrl, baseUrl: world.origin });
    await world.close();
    const report = await reportOf(environment, { withServer: true });
    expect(report['base-url']).toMatchObject(
      failure('no process listens there', 'Start the server'),
    );
    for (const check of OF_SERVER.slice(1)) expect(report[check]?.outcome).toBe('skipped');
  });

  it('base URL: reports a redirect, which clients do not follow', async () => {
    const report = await reportOfServer(
      inFront(
        (url) => url === '/mcp',
        (_req, res) => res.redirect(301, 'https://www.mcp.example/mcp'),
      ),
    );
    expect(report['base-url']).toMatchObject(failure('https://www.mcp.example/mcp', 'final URL'));
  });

  it('challenge: reports an endpoint that is not protected', async () => {
    const report = await reportOfServer({
      mount: (app, auth) => {
        app.use(auth.metadata);
        app.all('/mcp', mcpRoute);
      },
    });
    expect(report.challenge).toMatchObject({ outcome: 'failed' });
    expect(report.challenge?.message).toMatch(
      /\/mcp (is not protected|responds \d+ instead of 401)/,
    );
  });

  it('challenge: reports another guard before ours', async () => {
    const report = await reportOfServer(
      inFront(
        (url) => url === '/mcp',
        (_req, res) => res.status(401).set('WWW-Authenticate', 'Basic realm="staging"').end(),
      ),
    );
    expect(report.challenge).toMatchObject(failure('without a Bearer challenge', 'guard'));
  });

  it('challenge: reports a server that names another metadata URL', async () => {
    const report = await reportOfServer({}, { AUTH0_MCP_RESOURCE_PATH: '/mcp/v2' });
    expect(report.challenge).toMatchObject(failure('/.well-known/oauth-protected-resource', ''));
  });

  it('metadata: reports a mount below a prefix that baseUrl does not have', async () => {
    const report = await reportOfServer({ mount: (app, auth) => app.use('/inner', auth) });
    expect(report['resource-metadata']).toMatchObject(failure('status 404', 'root of the app'));
    expect(report['server-metadata']).toMatchObject(failure('status 404', 'root of the app'));
    expect(report['browser-clients']).toMatchObject(
      failure('preflight of a browser is 404', 'root of the app'),
    );
  });

  it.each([
    ['metadata', 'jwks.json'],
    ['registration', '/register'],
    ['login', '/authorize'],
    ['tokens', '/token'],
  ] as const)('endpoints: reports that auth.%s is not mounted', async (missing, path) => {
    const report = await reportOfServer({
      mount(app, auth) {
        for (const part of ['metadata', 'registration', 'login', 'tokens'] as const) {
          if (part !== missing) app.use(auth[part]);
        }
        app.all('/mcp', auth.bearer(), mcpRoute);
      },
    });
    expect(report.endpoints).toMatchObject(failure(path, `app.use(auth.${missing})`));
  });

  it('endpoints: names the remedy where a proxy strips the prefix', async () => {
    const report = await reportOfServer({
      basePath: '/api',
      before: (app) =>
        app.use((req, _res, next) => {
          req.url = req.url.replace(/^\/api\//, '/');
          req.originalUrl = req.url;
          next();
        }),
    });
    expect(report.challenge).toMatchObject({ outcome: 'passed' });
    expect(report.endpoints).toMatchObject(failure('/api/', "strippedPrefix to '/api'"));
  });

  it('metadata: reports a page of the host app where the document should be', async () => {
    const report = await reportOfServer(
      inFront(
        (url) => url.startsWith('/.well-known/'),
        (_req, res) => res.send('<!doctype html><title>A single-page app</title>'),
      ),
    );
    expect(report['resource-metadata']).toMatchObject(failure('no JSON document', ''));
  });

  it('metadata: compares published values with the configuration exactly', async () => {
    const report = await reportOfServer({}, { AUTH0_MCP_RESOURCE_PATH: '/other' });
    expect(report['resource-metadata']).toMatchObject({ outcome: 'failed' });
    const wrongIssuer = await reportOfServer(
      inFront(
        (url) => url.startsWith('/.well-known/oauth-authorization-server'),
        (_req, res) => res.json({ issuer: 'http://other.example/' }),
      ),
    );
    expect(wrongIssuer['server-metadata']).toMatchObject(
      failure('has issuer "http://other.example/"', 'another configuration'),
    );
  });

  it('metadata: reports that pages of other origins may not read it', async () => {
    const report = await reportOfServer({
      before: (app) =>
        app.use((_req, res, next) => {
          const { setHeader } = res;
          res.setHeader = (name, value) =>
            /allow-origin/i.test(name) ? res : setHeader.call(res, name, value);
          next();
        }),
    });
    expect(report['resource-metadata']).toMatchObject(
      failure('pages of other origins', 'Access-Control-Allow-Origin'),
    );
  });

  it.each(['Claude-User', 'python-httpx'])('reports that %s is blocked as a bot', async (name) => {
    const report = await reportOfServer(
      inFront(
        (_url, agent) => agent.startsWith(name),
        (_req, res) => res.status(403).send('<title>Just a moment...</title>'),
      ),
    );
    expect(report['client-agents']).toMatchObject(failure(`${name}`, 'bots'));
    expect(report['resource-metadata']).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    ['a refusal', 403, /rejects every caller/],
    ['a staging password', 401, /rejects every caller/],
    ['a proxy without its server', 502, /a proxy cannot reach it/],
    ['a page of the app for everything unknown', 404, /root of the app/],
  ])(
    'FA-32 does not report bot protection if %s applies to every caller',
    async (_what, status, remedy) => {
      const report = await reportOfServer(
        inFront(
          (url) => url.startsWith('/.well-known/'),
          (_req, res) => res.status(status).send('no'),
        ),
      );
      expect(report['client-agents']).toMatchObject({
        outcome: 'skipped',
        message: expect.stringContaining('every caller'),
      });
      for (const check of ['resource-metadata', 'server-metadata'] as const) {
        expect(report[check]).toMatchObject({
          outcome: 'failed',
          message: expect.stringContaining(`status ${status}`),
          remedy: expect.stringMatching(remedy),
        });
      }
      const bots = report.all.filter(({ remedy: advice }) => advice?.includes('as bots'));
      expect(bots).toEqual([]);
    },
  );

  it('FA-32 reports an agent that is blocked from one document while another is blocked for all', async () => {
    const report = await reportOfServer(
      inFront(
        (url, agent) =>
          url.startsWith('/.well-known/oauth-protected-resource') || agent === 'Claude-User',
        (_req, res) => res.status(403).end(),
      ),
    );
    expect(report['client-agents']).toMatchObject(failure('Claude-User', 'bots'));
  });

  it('challenge: does not report the mount of a server that a proxy cannot reach', async () => {
    const report = await reportOfServer(
      inFront(
        () => true,
        (_req, res) => res.status(503).end(),
      ),
    );
    expect(report.challenge).toMatchObject(failure('responds 503', 'a proxy cannot reach it'));
  });
});

describe('FA-18 the doctor, for clients in browsers', () => {
  /** What `cors()` of npm does: answers each preflight itself, and marks the other responses. */
  const cors =
    (headers: Readonly<Record<string, string>>, status = 204): RequestHandler =>
    (req, res, next) => {
      res.set(headers);
      if (req.method === 'OPTIONS') res.status(status).end();
      else next();
    };
  const ANY = { 'Access-Control-Allow-Origin': '*' };

  it.each([
    [
      'forbids Authorization',
      {
        ...ANY,
        'Access-Control-Allow-Headers': 'Content-Type,Mcp-Protocol-Version,Mcp-Session-Id',
      },
      'does not allow authorization',
    ],
    [
      'means Authorization by a wildcard',
      { ...ANY, 'Access-Control-Allow-Headers': '*' },
      'does not allow authorization',
    ],
    ['allows no headers', ANY, 'does not allow authorization, content-type'],
    [
      'forbids a header of MCP',
      { ...ANY, 'Access-Control-Allow-Headers': 'Authorization, Content-Type' },
      'does not allow mcp-protocol-version, mcp-session-id',
    ],
    [
      'lets one other origin in',
      { 'Access-Control-Allow-Origin': 'https://app.example' },
      'other origins may not read',
    ],
    ['lets no origin in', {}, 'other origins may not read'],
  ] as [string, Record<string, string>, string][])(
    'reports cors() before the library that %s',
    async (_what, headers, says) => {
      const report = await reportOfServer({ before: (app) => app.use(cors(headers)) });
      expect(report['browser-clients']).toMatchObject(
        failure(says, 'mount the library before cors()'),
      );
    },
  );

  it('reports a preflight that a login page in front rejects', async () => {
    const report = await reportOfServer({ before: (app) => app.use(cors(ANY, 401)) });
    expect(report['browser-clients']).toMatchObject(
      failure('preflight of a browser is 401', 'before cors()'),
    );
  });

  it('reports cors() at the token endpoint alone', async () => {
    const narrow = cors({ ...ANY, 'Access-Control-Allow-Headers': 'content-type' });
    const report = await reportOfServer({ before: (app) => app.use('/token', narrow) });
    expect(report['browser-clients']).toMatchObject(failure('/token: the preflight', 'cors()'));
  });

  it('reports a proxy that hides the challenge from pages', async () => {
    const report = await reportOfServer({
      before: (app) =>
        app.use((_req, res, next) => {
          const { setHeader } = res;
          res.setHeader = (name, value) =>
            /expose-headers/i.test(name) ? res : setHeader.call(res, name, value);
          next();
        }),
    });
    expect(report['browser-clients']).toMatchObject(failure('WWW-Authenticate', 'cors()'));
  });

  it.each([
    [
      'allows what is asked for',
      'AUTHORIZATION, content-type, Mcp-Protocol-Version, Mcp-Session-Id',
    ],
    ['names Authorization beside a wildcard', 'Authorization, *'],
  ])('passes one that %s', async (_what, allowed) => {
    const headers = { ...ANY, 'Access-Control-Allow-Headers': allowed };
    const report = await reportOfServer({ before: (app) => app.use(cors(headers)) });
    expect(report['browser-clients']).toMatchObject({ outcome: 'passed' });
  });

  it('passes one after the library, and a server that narrows the origins of its endpoint', async () => {
    const report = await reportOfServer({
      options: { allowedOrigins: ['https://app.example.com'] },
      mount(app, auth) {
        app.use(auth, cors({ 'Access-Control-Allow-Headers': 'x' }));
        app.all('/mcp', mcpRoute);
      },
    });
    expect(report['browser-clients']).toMatchObject({ outcome: 'passed' });
  });
});
