/**
 * Decides where people log in: at the tenant that the environment names, or at the stand-in.
 *
 * @module
 */
import type { Auth0McpOptions, Auth0McpResourceOptions } from 'express-auth0-mcp';

import { listenError } from './taken-port.js';
import type { TenantOptions } from './tenant/options.js';
import type { Tenant } from './tenant/tenant.js';

/** A tenant on this machine, and how to use it. */
export interface StandIn<Options = unknown> {
  /** What the library has to know about it. */
  readonly options: Options;
  /** Its address, with the slash at the end. */
  readonly issuer: string;
  /** Somebody who can log in there. */
  readonly person: { readonly email: string; readonly password: string };
}

/** Fixed, so that the issuer stays the same from one start to the next. */
const DEFAULT_PORT = 8001;

/** One of these is enough: a half-written configuration has to fail, not to be passed over. */
const NAMES_A_TENANT =
  /^(AUTH0_MCP|FASTMCP_SERVER_AUTH_AUTH0)_(CONFIG_URL|DOMAIN|CLIENT_ID|AUDIENCE)$/;

/**
 * Starts the stand-in on the loopback interface, port `TENANT_PORT` or 8001. It keeps everything in
 * memory: its sessions, keys and refresh tokens end with the process.
 *
 * @returns undefined where the environment names a tenant
 * @throws an error that names the port when it is taken
 */
export async function startStandIn(baseUrl: string): Promise<StandIn<Auth0McpOptions> | undefined> {
  const redirectPath = '/auth/callback';
  return await start(
    () => ({ callbackUrls: [baseUrl + redirectPath] }),
    ({ configUrl }, { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET }) => ({
      configUrl,
      clientId: DEMO_CLIENT_ID,
      clientSecret: DEMO_CLIENT_SECRET,
      audience: DEMO_AUDIENCE,
      redirectPath,
    }),
  );
}

/**
 * The same, set up to let MCP clients in by itself: an API for the MCP endpoint, open to applications
 * that register themselves.
 */
export async function startOpenStandIn(
  mcpUrl: string,
): Promise<StandIn<Auth0McpResourceOptions> | undefined> {
  return await start(
    ({ DEMO_SCOPES }) => ({
      apis: [{ identifier: mcpUrl, scopes: DEMO_SCOPES, thirdPartyScopes: DEMO_SCOPES }],
      applications: [],
      resourceParameterProfile: true,
      dynamicClientRegistration: true,
    }),
    ({ configUrl }) => ({ configUrl }),
  );
}

type Names = typeof import('./tenant/options.js');

async function start<Options>(
  settings: (names: Names) => TenantOptions,
  optionsFor: (tenant: Tenant, names: Names) => Options,
): Promise<StandIn<Options> | undefined> {
  const { env } = process;
  if (Object.keys(env).some((name) => NAMES_A_TENANT.test(name) && env[name]?.trim())) {
    return undefined;
  }
  // A server with a real tenant has no use for any of this, and should not load it.
  const { startTenant } = await import('./tenant/tenant.js');
  const names = await import('./tenant/options.js');
  const { ADA } = names;
  const port = Number(env['TENANT_PORT'] || DEFAULT_PORT);
  const tenant = await startTenant({
    port,
    loginNotice: `A stand-in for Auth0 on this machine. Log in as ${ADA.email}, password ${ADA.password}.`,
    ...settings(names),
  }).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, 'TENANT_PORT', port);
  });
  return { options: optionsFor(tenant, names), issuer: tenant.issuer, person: ADA };
}
