/**
 * A world where Auth0 is the authorization server: the stand-in set up for it, an Express app behind
 * `auth0McpResource()` with a real MCP route, and a clock that can be moved. And tokens of any kind, signed
 * by the tenant or by somebody else.
 */
import { createServer } from 'node:http';

import express, { type Express } from 'express';
import { createResourceContext, type ResourceContext } from '../../lib/app/resource-context.js';
import { type Auth0McpResource, assembleResource } from '../../lib/auth0-mcp-resource.js';
import type { Auth0McpEvent } from '../../lib/config/events.js';
import { resolveResourceConfig } from '../../lib/config/resolve.js';
import type { Auth0McpResourceOptions } from '../../lib/config/resource-options.js';
import type { HostEnvironment } from '../../lib/core.js';
import { ADA, type TenantOptions } from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { type Signer, signed } from '../../lib/testing/token-draft.js';
import { close, listen } from './listen.js';
import { mcpRoute } from './mcp-route.js';
import { tenantKeys } from './tenant-keys.js';
import type { LogLine } from './world.js';

/** What is different about a token. `undefined` takes a claim out. */
export interface TokenChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signer?: Signer;
}

export interface ResourceWorld {
  readonly tenant: Tenant;
  readonly auth: Auth0McpResource;
  readonly context: ResourceContext;
  readonly app: Express;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** The MCP endpoint, which is the identifier of the API. */
  readonly mcp: string;
  readonly log: readonly LogLine[];
  readonly events: readonly Auth0McpEvent[];
  /** An access token for the MCP endpoint as the tenant issues them, but for what is changed. */
  token(change?: TokenChange): Promise<string>;
  /** Moves our clock; Auth0's stays. */
  advance(seconds: number): void;
  close(): Promise<void>;
}

export interface ResourceWorldOptions {
  readonly options?: Partial<Auth0McpResourceOptions>;
  readonly tenant?: TenantOptions;
  /** Replaces `app.use(auth)` and the MCP route. */
  readonly mount?: (app: Express, auth: Auth0McpResource) => void;
  /** What else the library takes from the world outside. */
  readonly host?: Partial<HostEnvironment>;
}

/** The application that is named in tokens made by {@link ResourceWorld.token}. */
export const CLIENT = 'tpc_spec_client';

/** The scopes of the API, all open to third-party applications. */
export const SCOPES = ['read:notes', 'files:write'];

export async function startResourceWorld(world: ResourceWorldOptions = {}): Promise<ResourceWorld> {
  const app = express();
  const server = createServer(app);
  const origin = `http://127.0.0.1:${await listen(server)}`;
  const mcp = `${origin}/mcp`;
  const tenant = await startTenant({ ...tenantFor(mcp), keys: tenantKeys(), ...world.tenant });
  const log: LogLine[] = [];
  const events: Auth0McpEvent[] = [];
  let offset = 0;
  const config = resolveResourceConfig(
    {
      configUrl: tenant.configUrl,
      baseUrl: origin,
      logger: recorder(log),
      onEvent: (event) => events.push(event),
      ...world.options,
    },
    {},
  );
  const now = (): number => Math.floor(Date.now() / 1000) + offset;
  const context = createResourceContext(config, { now, ...world.host });
  const auth = assembleResource(context);
  if (world.mount === undefined) {
    app.use(auth);
    app.all('/mcp', express.json(), mcpRoute);
  } else {
    world.mount(app, auth);
  }
  return {
    tenant,
    auth,
    context,
    app,
    origin,
    mcp,
    log,
    events,
    token: (change) => tokenOf(tenant, mcp, change),
    advance(seconds) {
      offset += seconds;
    },
    async close() {
      await auth.close();
      await tenant.close();
      await close(server);
    },
  };
}

/** The settings that an administrator makes for an MCP endpoint: the API, and clients let in. */
export function tenantFor(...identifiers: readonly string[]): TenantOptions {
  return {
    apis: identifiers.map((identifier) => ({
      identifier,
      scopes: SCOPES,
      thirdPartyScopes: SCOPES,
    })),
    resourceParameterProfile: true,
    dynamicClientRegistration: true,
  };
}

async function tokenOf(tenant: Tenant, mcp: string, change: TokenChange = {}): Promise<string> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = {
    iss: tenant.issuer,
    sub: ADA.sub,
    aud: mcp,
    iat: issuedAt,
    exp: issuedAt + 3600,
    scope: 'read:notes',
    azp: CLIENT,
    ...change.claims,
  };
  const header = { alg: 'RS256', typ: 'JWT', ...change.header };
  const signer = change.signer ?? 'current';
  return (await signed({ header, claims, signer }, tenant.keys)) ?? '';
}

function recorder(log: LogLine[]) {
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) => {
    log.push({ level, fields, message });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
