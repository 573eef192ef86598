/** Starts the stand-in for an Auth0 tenant, unless the environment names a tenant. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Auth0McpOptions, Auth0McpResourceOptions } from 'express-auth0-mcp';
import type { TestTenant, TestTenantOptions } from 'express-auth0-mcp/testing';

import { AGENT } from './agent.js';
import { exitOnListenError, exitOnWrongSetting } from './start-errors.js';
import { OTHER_API } from './tools.js';

/** A running stand-in. */
export interface StandIn<Options = unknown> {
  /** Options for the library. */
  readonly options: Options;
  /** With a trailing slash. */
  readonly issuer: string;
  /** An account at the stand-in. */
  readonly user: { readonly email: string; readonly password: string };
}

/** The user of the stand-in. */
export const ADA = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'ada-demo-password',
} as const;

/** A machine-to-machine application of the stand-in, for `npm run demo:client -- --machine`. */
export const MACHINE = {
  clientId: 'demo-machine',
  clientSecret: 'demo-machine-secret-Vb8nY3kLw6QsXz1T',
} as const;

/** The API of the MCP endpoint. */
const API = {
  identifier: 'https://api.example.test/mcp-demo',
  scopes: ['read:notes', 'files:write', 'files:delete'],
};

/** Fixed, so that the issuer is the same after a restart. */
const DEFAULT_PORT = 8001;

/** One of these is enough: an incomplete configuration has to fail, not to start the stand-in. */
const NAMES_A_TENANT =
  /^(AUTH0_MCP|FASTMCP_SERVER_AUTH_AUTH0)_(CONFIG_URL|DOMAIN|CLIENT_ID|AUDIENCE)$/;

/**
 * Starts the stand-in on the loopback interface, port `TENANT_PORT` or 8001. Its state is in the home
 * directory, so that clients stay logged in over a restart.
 *
 * @returns undefined if the environment names a tenant
 * @throws an error that names a taken port
 */
export async function startStandIn(baseUrl: string): Promise<StandIn<Auth0McpOptions> | undefined> {
  const settings = {
    connections: [{ name: 'google-oauth2' }],
    apis: [API, { identifier: OTHER_API.audience, scopes: [OTHER_API.scope] }],
    application: {
      callbackUrls: [`${baseUrl}/auth/callback`, `${baseUrl}/connected-accounts/callback`],
      // Otherwise Auth0 gives no token for the other API.
      refreshTokenPolicies: [{ audience: OTHER_API.audience, scope: [OTHER_API.scope] }],
    },
    furtherApplications: [
      AGENT,
      { ...MACHINE, clientGrants: { [API.identifier]: ['files:write'] } },
    ],
  };
  return await start(settings, ({ options, issuer }) => {
    const { configUrl, clientId, clientSecret, audience } = options;
    return {
      ...{ configUrl, clientId, clientSecret, audience, redirectPath: '/auth/callback' },
      clients: [
        // For `npm run demo:client -- --enterprise`.
        { ...AGENT, grants: [] },
        // For `npm run demo:client -- --machine`.
        {
          clientId: MACHINE.clientId,
          name: 'Demo machine',
          grants: ['client_credentials'],
          auth0Application: true,
        },
      ],
      connections: { 'google-oauth2': { name: 'Google' } },
      enterprise: [{ issuer, clients: [AGENT.clientId], subject: ({ sub }) => sub }],
    };
  });
}

/** The issuer of the stand-in that a demo server in this environment has started. */
export function standInUrl(): string {
  return `http://127.0.0.1:${process.env['TENANT_PORT'] || DEFAULT_PORT}/`;
}

/** The same for `auth0McpResource()`: an API for the MCP endpoint, and open client registration. */
export async function startOpenStandIn(
  mcpUrl: string,
): Promise<StandIn<Auth0McpResourceOptions> | undefined> {
  const scopes = ['read:notes', 'files:write'];
  const settings = {
    apis: [{ identifier: mcpUrl, scopes, thirdPartyScopes: scopes }],
    resourceParameterProfile: true,
    dynamicClientRegistration: true,
  };
  return await start(settings, ({ configUrl }) => ({ configUrl }));
}

async function start<Options>(
  settings: TestTenantOptions,
  optionsFrom: (tenant: TestTenant) => Options,
): Promise<StandIn<Options> | undefined> {
  exitOnWrongSetting();
  const { env } = process;
  if (Object.keys(env).some((name) => NAMES_A_TENANT.test(name) && env[name]?.trim())) {
    return undefined;
  }
  // Loaded only if needed.
  const { startTenant } = await import('express-auth0-mcp/testing');
  const port = Number(env['TENANT_PORT'] || DEFAULT_PORT);
  const tenant = await startTenant({
    port,
    users: { ada: ADA },
    directory: join(homedir(), '.express-auth0-mcp-demo', `tenant-${port}`),
    loginNotice: `A stand-in for Auth0 on this machine. Log in as ${ADA.email}, password ${ADA.password}.`,
    ...settings,
  }).catch((error: NodeJS.ErrnoException) => {
    exitOnListenError(error, 'TENANT_PORT', port);
  });
  return { options: optionsFrom(tenant), issuer: tenant.issuer, user: ADA };
}
