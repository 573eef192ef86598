/**
 * An Express app of one's own making on a real port, with an Auth0 stand-in, and a proxy in front
 * where a spec wants one: for specs about where in an app the parts are mounted.
 */
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import express, { type Express } from 'express';
import { type Auth0Mcp, auth0Mcp } from '../../lib/auth0-mcp.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { close, listen } from './listen.js';
import { tenantKeys } from './tenant-keys.js';

/** A warning or error of the library's log. */
export interface Complaint {
  readonly level: 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** What an app under construction is given. */
export interface Site {
  readonly app: Express;
  /** Where clients reach it: the proxy, if there is one. */
  readonly origin: string;
  /** A server of the library for this app; options are added to complete ones. */
  auth(options: Partial<Auth0McpOptions> & { readonly baseUrl: string }): Auth0Mcp;
}

export interface MountedApp {
  readonly origin: string;
  /** Where the app itself listens. */
  readonly directOrigin: string;
  readonly tenant: Tenant;
  readonly complaints: readonly Complaint[];
  close(): Promise<void>;
}

/** A proxy: changes a request before it goes on. */
export interface ProxyOptions {
  /** The path that the app sees; undefined answers 404 without asking the app. */
  readonly path?: (url: string) => string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends TLS with this key. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function startApp(
  build: (site: Site) => void | Promise<void>,
  proxy?: ProxyOptions,
): Promise<MountedApp> {
  const app = express();
  const server = createServer(app);
  const directOrigin = `http://127.0.0.1:${await listen(server)}`;
  const front = proxy === undefined ? undefined : createProxy(directOrigin, proxy);
  const scheme = proxy?.tls === undefined ? 'http' : 'https';
  const origin =
    front === undefined ? directOrigin : `${scheme}://127.0.0.1:${await listen(front)}`;
  const complaints: Complaint[] = [];
  const auths: Auth0Mcp[] = [];
  const callbackUrls: string[] = [];
  const tenant = await startTenant({ callbackUrls, keys: tenantKeys() });
  await build({
    app,
    origin,
    auth(options) {
      callbackUrls.push(`${options.baseUrl}${options.redirectPath ?? '/auth/callback'}`);
      const auth = auth0Mcp({ ...complete(tenant, complaints), ...options });
      auths.push(auth);
      return auth;
    },
  });
  return {
    origin,
    directOrigin,
    tenant,
    complaints,
    async close() {
      await Promise.all(auths.map((auth) => auth.close()));
      await tenant.close();
      for (const one of front === undefined ? [server] : [front, server]) await close(one);
    },
  };
}

function complete(tenant: Tenant, complaints: Complaint[]): Auth0McpOptions {
  const at = (level: Complaint['level']) => (fields: Record<string, unknown>, message: string) =>
    void complaints.push({ level, fields, message });
  return {
    configUrl: tenant.configUrl,
    clientId: DEMO_CLIENT_ID,
    clientSecret: DEMO_CLIENT_SECRET,
    audience: DEMO_AUDIENCE,
    jwtSigningKey: 'a-signing-key-for-specs-only-0123456789',
    storage: memoryStorage(),
    logger: { debug: () => {}, info: () => {}, warn: at('warn'), error: at('error') },
  };
}

function createProxy(
  target: string,
  { path = (url) => url, headers = {}, tls }: ProxyOptions,
): Server {
  const forward = (req: IncomingMessage, res: import('node:http').ServerResponse): void => {
    const url = path(req.url ?? '/');
    if (url === undefined) {
      res.writeHead(404).end('the proxy knows no such path');
      return;
    }
    const onward = request(
      new URL(url, target),
      {
        method: req.method,
        headers: { ...req.headers, 'x-forwarded-for': '203.0.113.7', ...headers },
      },
      (response) => {
        res.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(res);
      },
    );
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  };
  return tls === undefined ? createServer(forward) : createTlsServer(tls, forward);
}
