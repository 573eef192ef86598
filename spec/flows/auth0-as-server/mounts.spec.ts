/**
 * Ways to mount a resource of Auth0's, each with server and client of both SDKs, the login at the tenant; what
 * is said of wrong ones; and several servers on one origin. Runs on Express 4 too.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { requireBearerAuth as requireBearerAuthV2 } from '@modelcontextprotocol/express';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import express, { type Express, Router } from 'express';
import { auth0Mcp } from '../../../lib/auth0-mcp.js';
import { type Auth0McpResource, auth0McpResource } from '../../../lib/auth0-mcp-resource.js';
import type { Auth0McpResourceOptions } from '../../../lib/config/resource-options.js';
import { memoryStorage } from '../../../lib/storage/memory-storage.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../../lib/testing/tenant.js';
import { mcpRoute } from '../../support/mcp-route.js';
import { callTool, rpc } from '../../support/oauth-client.js';
import { tenantFor } from '../../support/resource-world.js';
import { callJson, connect, HeadlessProvider } from '../../support/sdk-client.js';
import { SDKS, type Sdk } from '../../support/sdks.js';
import { tenantKeys } from '../../support/tenant-keys.js';

interface Site {
  readonly app: Express;
  readonly origin: string;
  readonly tenant: Tenant;
  /** A server for this app, as an app makes it. */
  resource(options?: Partial<Auth0McpResourceOptions>): Auth0McpResource;
}

interface Complaint {
  readonly level: string;
  readonly message: string;
}

let complaints: Complaint[] = [];
let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** @param paths of the MCP endpoints, each an API of the tenant */
async function start(paths: readonly string[], build: (site: Site) => void): Promise<Site> {
  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tenant = await startTenant({
    ...tenantFor(...paths.map((path) => origin + path)),
    keys: tenantKeys(),
  });
  complaints = [];
  const at = (level: string) => (_fields: object, message: string) =>
    void complaints.push({ level, message });
  const quiet = (): void => {};
  const logger = { debug: quiet, info: quiet, warn: at('warn'), error: at('error') };
  const servers: Auth0McpResource[] = [];
  const site: Site = {
    app,
    origin,
    tenant,
    resource(options = {}) {
      const made = auth0McpResource({
        configUrl: tenant.configUrl,
        baseUrl: origin,
        logger,
        ...options,
      });
      servers.push(made);
      return made;
    },
  };
  build(site);
  close = async () => {
    await Promise.all(servers.map((one) => one.close()));
    await tenant.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return site;
}

const SHAPES: readonly {
  readonly name: string;
  readonly mcp: string;
  readonly build: (site: Site, sdk: Sdk) => void;
}[] = [
  {
    name: 'at the root',
    mcp: '/mcp',
    build({ app, resource }, sdk) {
      app.use(resource());
      app.all('/mcp', express.json(), sdk.route());
    },
  },
  {
    name: 'at the root, baseUrl with a path',
    mcp: '/api/mcp',
    build({ app, resource, origin }, sdk) {
      app.use(resource({ baseUrl: `${origin}/api` }));
      app.all('/api/mcp', express.json(), sdk.route());
    },
  },
  {
    name: 'in a sub-app below a prefix, with sessions, the metadata at the root',
    mcp: '/api/mcp',
    build({ app, resource, origin }, sdk) {
      const server = resource({ baseUrl: `${origin}/api` });
      const api = express();
      api.use(server);
      api.all('/mcp', express.json(), sdk.sessionRoute());
      app.use(server.metadata);
      app.use('/api', api);
    },
  },
  {
    name: 'in a Router, where a proxy strips the prefix',
    mcp: '/api/mcp',
    build({ app, resource, origin }, sdk) {
      app.use((req, _res, next) => {
        req.url = req.url.replace(/^\/api\//, '/');
        next();
      });
      app.use(Router().use(resource({ baseUrl: `${origin}/api`, strippedPrefix: '/api' })));
      app.all('/mcp', express.json(), sdk.route());
    },
  },
  {
    name: 'part by part',
    mcp: '/mcp',
    build({ app, resource }, sdk) {
      const server = resource();
      app.post('/mcp', server.bearer(), express.json(), sdk.route());
      app.use(server.metadata);
    },
  },
  {
    name: 'with the check of SDK v1',
    mcp: '/mcp',
    build({ app, resource, origin }, sdk) {
      const server = resource();
      app.use(server.metadata);
      const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
      const verifier = server.verifierFor({ InvalidTokenError });
      app.use('/mcp', requireBearerAuthV1({ verifier, resourceMetadataUrl }));
      app.post('/mcp', express.json(), (req, _res, next) => server.bearer()(req, _res, next));
      app.post('/mcp', sdk.route());
    },
  },
  {
    name: 'with the check of SDK v2',
    mcp: '/mcp',
    build({ app, resource, origin }, sdk) {
      const server = resource();
      app.use(server.metadata);
      const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
      app.use('/mcp', requireBearerAuthV2({ verifier: server, resourceMetadataUrl }));
      app.post('/mcp', server.bearer(), express.json(), sdk.route());
    },
  },
  {
    name: 'with the resource away from baseUrl, behind body parser and other routes',
    mcp: '/tools',
    build({ app, resource, origin }, sdk) {
      app.use(express.json());
      app.get('/', (_req, res) => void res.send('home'));
      app.use(
        resource({ baseUrl: `${origin}/app`, resourceBaseUrl: origin, resourcePath: '/tools' }),
      );
      app.all('/tools', sdk.route());
    },
  },
];

const MOUNTED = SHAPES.flatMap((shape) => SDKS.map((sdk) => ({ ...shape, ...sdk })));

describe.each(MOUNTED)('mounted $name, with $sdk', ({ mcp, build, ...sdk }) => {
  it('R-PR-5 directs the client to the tenant, accepts its token, and logs no warning', async () => {
    const { origin } = await start([mcp], (site) => build(site, sdk));
    const { status, headers } = await rpc(origin + mcp, undefined, { method: 'initialize' });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain(
      `resource_metadata="${origin}/.well-known/oauth-protected-resource${mcp}"`,
    );
    expect((await rpc(origin + mcp, 'garbage', { method: 'initialize' })).status).toBe(401);
    const { call, leave } = await sdk.logIn(origin + mcp);
    expect(await call('whoami')).toMatchObject({ subject: ADA.sub });
    expect(await call('whoami')).toMatchObject({ subject: ADA.sub });
    await leave();
    expect(complaints).toEqual([]);
  });
});

describe('a wrong mount', () => {
  it('after the route that it has to guard is an error that names this function', async () => {
    const { origin } = await start(['/mcp'], ({ app, resource }) => {
      app.post('/mcp', express.json(), mcpRoute);
      app.use(resource());
    });
    await fetch(`${origin}/.well-known/oauth-protected-resource`);
    expect(complaints).toEqual([
      { level: 'error', message: expect.stringContaining('comes before auth0McpResource()') },
    ]);
  });

  it('below a prefix that baseUrl does not have puts the metadata out of reach, which is a warning', async () => {
    const { origin } = await start(['/mcp'], ({ app, resource }) => {
      app.use('/api', resource());
    });
    expect((await rpc(`${origin}/api/mcp`, undefined, { method: 'ping' })).status).toBe(401);
    await new Promise((resolve) => setImmediate(resolve));
    expect(complaints).toEqual([
      { level: 'warn', message: expect.stringContaining('mounted at another path') },
    ]);
  });
});

describe('the MCP endpoint without a guard', () => {
  it('is logged as an error at the first call without a token', async () => {
    const { origin } = await start(['/mcp'], ({ app, resource }) => {
      app.use(resource().metadata);
      app.post('/mcp', (_req, res) => void res.json({}));
    });
    expect((await rpc(`${origin}/mcp`, undefined, { method: 'ping' })).status).toBe(200);
    await new Promise((resolve) => setImmediate(resolve));
    expect(complaints).toEqual([
      { level: 'error', message: expect.stringContaining('no guard protects the route') },
    ]);
  });
});

describe('several servers on one origin', () => {
  const ASM = '/.well-known/oauth-authorization-server';
  const PRM = '/.well-known/oauth-protected-resource';

  it('guard one path each, also below one baseUrl; no token is valid for another', async () => {
    const { origin } = await start(['/one', '/two'], ({ app, resource }) => {
      for (const resourcePath of ['/one', '/two']) {
        app.use(resource({ resourcePath }));
        app.all(resourcePath, express.json(), mcpRoute);
      }
    });
    const provider = new HeadlessProvider();
    const { client } = await connect(`${origin}/one`, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    const token = provider.saved?.access_token;
    expect((await callTool(`${origin}/two`, token, 'whoami')).status).toBe(401);
    expect((await callTool(`${origin}/one`, token, 'whoami')).status).toBe(200);
    // The root would have to be one of them.
    expect((await fetch(origin + PRM)).status).toBe(404);
    expect((await fetch(origin + ASM)).status).toBe(404);
    expect(await (await fetch(`${origin}${PRM}/two`)).json()).toMatchObject({
      resource: `${origin}/two`,
    });
    await client.close();
    expect(complaints.map(({ message }) => message)).toEqual([
      // Of the token for the other one, which the tenant signed.
      expect.stringContaining(`it is for "${origin}/one"`),
    ]);
  });

  it('log that only one can be reached if they guard the same path', async () => {
    await start(['/mcp'], ({ app, resource }) => {
      app.use(resource());
      app.use(resource());
    });
    expect(complaints.map(({ message }) => message)).toEqual([
      expect.stringContaining('auth0McpResource() is called twice with this MCP endpoint'),
    ]);
  });

  it('coexist with a server of auth0Mcp(), which keeps the metadata at the root', async () => {
    const { origin, tenant } = await start(['/direct'], (site) => {
      const { app, resource } = site;
      const own = auth0Mcp({
        configUrl: site.tenant.configUrl,
        clientId: DEMO_CLIENT_ID,
        clientSecret: DEMO_CLIENT_SECRET,
        audience: DEMO_AUDIENCE,
        baseUrl: site.origin,
        storage: memoryStorage(),
        jwtSigningKey: 'a-signing-key-for-specs-only-0123456789',
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      });
      app.use(resource({ resourcePath: '/direct' }), own);
      for (const path of ['/direct', '/mcp']) app.all(path, express.json(), mcpRoute);
      const closeSite = close;
      close = async () => {
        await own.close();
        await closeSite();
      };
    });
    expect(await (await fetch(origin + ASM)).json()).toMatchObject({ issuer: origin });
    const servers = async (path: string) =>
      (await (await fetch(`${origin}${PRM}${path}`)).json()) as object;
    expect(await servers('/mcp')).toMatchObject({ authorization_servers: [origin] });
    expect(await servers('/direct')).toMatchObject({ authorization_servers: [tenant.issuer] });
    const provider = new HeadlessProvider();
    const { client } = await connect(`${origin}/direct`, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ subject: ADA.sub });
    const token = provider.saved?.access_token;
    expect((await callTool(`${origin}/mcp`, token, 'whoami')).status).toBe(401);
    await client.close();
    expect(complaints).toEqual([]);
  });
});
