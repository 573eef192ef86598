/** The command `tenant`: runs a stand-in for an Auth0 tenant on this machine until it is stopped. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Auth0McpConfigError, wrongOption } from '../config/errors.js';
import { resolveUrls } from '../config/rules/urls.js';
import { splitList } from '../config/values.js';
import { dataDirectoryFor } from '../storage/embedded/directory.js';
import {
  ADA,
  BOB,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_SCOPES,
} from '../testing/options.js';
import { startTenant, type Tenant } from '../testing/tenant.js';
import { type CommandHost, FAILED } from './host.js';

export const USAGE: string = `Usage: express-auth0-mcp tenant [options]

Runs a stand-in for an Auth0 tenant on this machine, for development without an Auth0 account.
Prints the lines for .env to standard output, its users to standard error. Ctrl+C stops it.

  --base-url URL     public URL of your server, default http://localhost:8000
  --port PORT        default 8001; part of the issuer, so keep it
  --audience ID      identifier of the API, default ${DEMO_AUDIENCE}
  --scopes LIST      scopes of the API, default ${DEMO_SCOPES.join(',')}
  --directory DIR    keeps keys, sessions and refresh tokens over restarts, default
                     tenant-PORT in the data directory of this user
  --help             print this

It needs the package oidc-provider: npm install --save-dev oidc-provider
`;

const OPTIONS = {
  'base-url': { type: 'string', default: 'http://localhost:8000' },
  port: { type: 'string', default: '8001' },
  audience: { type: 'string', default: DEMO_AUDIENCE },
  scopes: { type: 'string', default: DEMO_SCOPES.join(',') },
  directory: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

interface Settings {
  readonly baseUrl: string;
  readonly callbackUrl: string;
  readonly port: number;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly directory: string;
}

/** @returns the exit code, once the tenant has been stopped */
export async function runTenant(args: readonly string[], host: CommandHost): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) {
    host.write(USAGE);
    return 0;
  }
  try {
    const settings = settingsFrom(values);
    const tenant = await start(settings);
    announce(tenant, settings, host);
    await host.stopped();
    await tenant.close();
    return 0;
  } catch (error) {
    const reason = reasonOf(error, values.port);
    if (reason === undefined) throw error;
    host.writeError(`${reason}\n`);
    return FAILED;
  }
}

type Values = Readonly<Record<'base-url' | 'port' | 'audience' | 'scopes', string>> & {
  readonly directory?: string | undefined;
};

function settingsFrom(values: Values): Settings {
  const { audience, scopes, directory } = values;
  const port = Number(values.port);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw wrongOption('port', values.port, 'It has to be a number from 1 to 65535.');
  }
  const { baseUrl, callbackUrl } = resolveUrls({ baseUrl: values['base-url'] });
  return {
    baseUrl,
    callbackUrl,
    port,
    audience,
    scopes: splitList(scopes, 'scopes').map(String),
    directory: directory ?? join(dataDirectoryFor(), `tenant-${port}`),
  };
}

function start({
  callbackUrl,
  port,
  audience,
  scopes,
  directory,
  baseUrl,
}: Settings): Promise<Tenant> {
  return startTenant({
    port,
    directory,
    callbackUrls: [callbackUrl],
    // The server may move to another port.
    loopbackCallbacks: true,
    backchannelLogoutUri: `${baseUrl}/backchannel-logout`,
    apis: [{ identifier: audience, scopes }],
    loginNotice: `A stand-in for Auth0 on this machine. Log in as ${ADA.email}, password ${ADA.password}.`,
  });
}

function announce({ configUrl, issuer }: Tenant, settings: Settings, host: CommandHost): void {
  const { baseUrl, callbackUrl, audience, directory } = settings;
  host.writeError(`Stand-in for an Auth0 tenant: ${issuer}

Log in as     ${ADA.email}, password ${ADA.password}
          or  ${BOB.email}, password ${BOB.password}
Callback URL  ${callbackUrl}
State         ${directory}

It is for development: its passwords and its client secret are public. Ctrl+C stops it.
Standard output has the lines for .env.

`);
  host.write(`AUTH0_MCP_CONFIG_URL=${configUrl}
AUTH0_MCP_CLIENT_ID=${DEMO_CLIENT_ID}
AUTH0_MCP_CLIENT_SECRET=${DEMO_CLIENT_SECRET}
AUTH0_MCP_AUDIENCE=${audience}
AUTH0_MCP_BASE_URL=${baseUrl}
`);
}

/** Undefined for a defect. */
function reasonOf(error: unknown, port: string): string | undefined {
  if (error instanceof Auth0McpConfigError) return error.message;
  const { code, cause, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken. Choose another one: --port ${Number(port) + 10}`;
  }
  return code === undefined && cause === undefined ? undefined : message;
}
