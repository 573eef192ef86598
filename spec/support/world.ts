/**
 * A whole world for flow specs: an Auth0 stand-in, an Express app behind `auth0Mcp()` with a real
 * MCP route, and a clock that can be moved.
 */
import { createServer, type Server } from 'node:http';

import express, { type Express } from 'express';
import { type Context, createContext } from '../../lib/app/context.js';
import { type Auth0Mcp, assemble } from '../../lib/auth0-mcp.js';
import type { Config } from '../../lib/config/config.js';
import type { Auth0McpEvent } from '../../lib/config/events.js';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { resolveConfig } from '../../lib/config/resolve.js';
import type { HostEnvironment } from '../../lib/core.js';
import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { redisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { Storage } from '../../lib/storage/storage.js';
import {
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantOptions,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { close, listen } from './listen.js';
import { mcpRoute } from './mcp-route.js';
import { tenantKeys } from './tenant-keys.js';

/** One line of the library's log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export interface World {
  readonly tenant: Tenant;
  readonly auth: Auth0Mcp;
  /** One for each instance at the start; `auth` is the first, also after a restart. */
  readonly auths: readonly Auth0Mcp[];
  /** The context of `auth`, for specs that go past HTTP. */
  readonly context: Context;
  readonly app: Express;
  readonly server: Server;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** The MCP endpoint. */
  readonly mcp: string;
  readonly log: readonly LogLine[];
  readonly events: readonly Auth0McpEvent[];
  /** Moves our clock; Auth0's stays. */
  advance(seconds: number): void;
  /** From now on a server with other options answers, at the same address and with the same store. */
  restart(options: Partial<Auth0McpOptions>): void;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly options?: Partial<Auth0McpOptions>;
  /** The environment instead of the options that name tenant and URLs. */
  readonly environment?: (place: { tenant: Tenant; baseUrl: string }) => Record<string, string>;
  readonly tenant?: TenantOptions;
  /** Runs before `auth` is mounted. */
  readonly before?: (app: Express) => void;
  /** Replaces `app.use(auth)` and the MCP route. */
  readonly mount?: (app: Express, auth: Auth0Mcp) => void;
  /** Mounts the page of connected apps as well. */
  readonly connectedApps?: boolean;
  /** Path of `baseUrl`. */
  readonly basePath?: string;
  /** What else the library takes from the world outside. */
  readonly host?: Partial<HostEnvironment>;
  /**
   * Instances behind one address, each with an app of its own, taking requests in turn (or by the
   * number in an `x-instance` header). Default 1.
   */
  readonly instances?: number;
  /** What each instance stores in. Default: one store in memory for all. */
  readonly storages?: readonly Storage[];
}

/** A key for specs: nothing is signed with it anywhere else. */
export const SPEC_SIGNING_KEY = 'a-signing-key-for-specs-only-0123456789';

export async function startWorld(world: WorldOptions = {}): Promise<World> {
  const server = createServer();
  const origin = `http://127.0.0.1:${await listen(server)}`;
  const baseUrl = origin + (world.basePath ?? '');
  const redirectPath = world.options?.redirectPath ?? '/auth/callback';
  const tenant = await startTenant({
    callbackUrls: [baseUrl + redirectPath],
    keys: tenantKeys(),
    ...world.tenant,
  });
  const log: LogLine[] = [];
  const events: Auth0McpEvent[] = [];
  let offset = 0;
  const byCode = {
    configUrl: tenant.configUrl,
    clientId: DEMO_CLIENT_ID,
    clientSecret: DEMO_CLIENT_SECRET,
    audience: DEMO_AUDIENCE,
    baseUrl,
    jwtSigningKey: SPEC_SIGNING_KEY,
  };
  const shared = memoryStorage();
  const configOf = (storage: Storage, options = world.options) =>
    resolveConfig(
      {
        ...(world.environment === undefined ? byCode : {}),
        storage,
        logger: recorder(log),
        onEvent: (event) => events.push(event),
        ...options,
      },
      world.environment?.({ tenant, baseUrl }) ?? {},
      { embeddedStorage, redisStorage },
    );
  const clock = {
    now: () => Math.floor(Date.now() / 1000) + offset,
    nowMs: () => Date.now() + offset * 1000,
  };
  const instances = Array.from({ length: world.instances ?? 1 }, (_, index) => {
    const config = configOf(world.storages?.[index] ?? shared);
    return { config, ...startInstance(config, clock, world) };
  });
  const [first] = instances;
  if (first === undefined) throw new RangeError('a world needs an instance');
  const { context, app, config } = first;
  const ended: Auth0Mcp[] = [];
  let turn = 0;
  server.on('request', (req, res) => {
    const chosen = Number(req.headers['x-instance'] ?? turn++ % instances.length);
    (instances[chosen] ?? first).app(req, res);
  });
  return {
    tenant,
    context,
    get auth() {
      return (instances[0] ?? first).auth;
    },
    auths: instances.map((instance) => instance.auth),
    app,
    server,
    origin,
    mcp: config.resource,
    log,
    events,
    advance(seconds) {
      offset += seconds;
    },
    restart(options) {
      const next = configOf(shared, options);
      const before = instances.splice(0, 1, {
        config: next,
        ...startInstance(next, clock, world),
      });
      ended.push(...before.map((instance) => instance.auth));
    },
    async close() {
      await Promise.all([...ended, ...instances.map((one) => one.auth)].map((one) => one.close()));
      await tenant.close();
      await close(server);
    },
  };
}

function startInstance(
  config: Config,
  clock: Pick<HostEnvironment, 'now' | 'nowMs'>,
  world: WorldOptions,
) {
  const context = createContext(config, { ...clock, ...world.host });
  const auth = assemble(context);
  const app = express();
  world.before?.(app);
  if (world.mount === undefined) {
    app.use(auth);
    if (world.connectedApps) app.use(auth.connectedApps);
    app.all(new URL(config.resource).pathname, express.json(), mcpRoute);
  } else {
    world.mount(app, auth);
  }
  return { context, auth, app };
}

function recorder(log: LogLine[]) {
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) => {
    log.push({ level, fields, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
